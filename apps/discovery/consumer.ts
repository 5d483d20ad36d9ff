// Admission on the bus: load, decide, save.
import { consumer } from '#bus/consumer';
import { deviceApprovalRequested } from '#events/approval';
import { deviceConflictDecisionRequested } from '#events/conflict';
import { deviceAnnounced } from '#events/announcement';
import { deviceRetireRequested } from '#events/device';
import { serialListChanged } from '#events/serial-list';
import { admit, type Heard } from './admit.js';
import { evolve, type Change, type Known } from './known.js';
import { claimedFingerprints } from './conflict-rows.js';
import { heldFingerprints } from './quarantine-rows.js';
import { loadKnown, saveKnown, serialsOf } from './rows.js';

export const admission = consumer<Known, Change, Heard>({
  name: 'discovery.admission',
  on: [
    deviceAnnounced,
    deviceApprovalRequested,
    deviceConflictDecisionRequested,
    deviceRetireRequested,
    serialListChanged,
  ],
  load: async (tx, events) => {
    const announced = events.flatMap((event) => (deviceAnnounced.is(event) ? [event.data] : []));
    const asked = events.flatMap((event) =>
      deviceRetireRequested.is(event) || deviceConflictDecisionRequested.is(event)
        ? [event.data.deviceId]
        : [],
    );
    const approved = events.flatMap((event) => (deviceApprovalRequested.is(event) ? event.data.serials : []));
    return loadKnown(tx, {
      serials: [
        ...announced.map(({ identity }) => identity.serial),
        ...approved,
        ...(await serialsOf(tx, asked)),
      ],
      fingerprints: [
        ...announced.flatMap(({ transport }) => transport.fingerprint ?? []),
        ...(await heldFingerprints(tx, approved)),
        ...(await claimedFingerprints(tx, asked)),
      ],
    });
  },
  decide: admit,
  evolve,
  save: saveKnown,
});
