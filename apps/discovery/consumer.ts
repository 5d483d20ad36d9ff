// Admission on the bus: load, decide, save.
import { consumer } from '#bus/consumer';
import { deviceAnnounced, deviceRetireRequested } from '#events/device';
import { serialListChanged } from '#events/serial-list';
import { admit, type Heard } from './admit.js';
import { evolve, type Change, type Known } from './known.js';
import { loadKnown, saveKnown, serialsOf } from './rows.js';

export const admission = consumer<Known, Change, Heard>({
  name: 'discovery.admission',
  on: [deviceAnnounced, deviceRetireRequested, serialListChanged],
  load: async (tx, events) => {
    const announced = events.flatMap((event) => (deviceAnnounced.is(event) ? [event.data] : []));
    const retired = events.flatMap((event) => (deviceRetireRequested.is(event) ? [event.data.deviceId] : []));
    return loadKnown(tx, {
      serials: [...announced.map(({ identity }) => identity.serial), ...(await serialsOf(tx, retired))],
      fingerprints: announced.flatMap(({ transport }) => transport.fingerprint ?? []),
    });
  },
  decide: admit,
  evolve,
  save: saveKnown,
});
