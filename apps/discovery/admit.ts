// Who is let in, who is new, and what changed (R30-R33): pure, one event at a time.
import { nothing, NotYet, type Decision } from '#bus/consumer';
import { deviceApprovalRequested, type DeviceApprovalRequested } from '#events/approval';
import { deviceConflictDecisionRequested, type DeviceConflictDecisionRequested } from '#events/conflict';
import { announcementFiltered, deviceAnnounced, type DeviceAnnounced } from '#events/announcement';
import {
  deviceDiscovered,
  deviceReconciled,
  deviceRetired,
  deviceRetireRequested,
  type DeviceRetireRequested,
} from '#events/device';
import type { Draft, Event } from '#events/event';
import { serialListChanged, type SerialListChanged } from '#events/serial-list';
import type { Settings } from '#events/settings';
import { approve, decideApproval } from './approval.js';
import { cameBy } from './arrival.js';
import { decideConflict, dismissed, dismissedAs, heardAgain, overWith } from './conflict.js';
import { countAnnouncement, startOfMinute } from './flapping.js';
import type { Arrival, Change, Device, Known, Proof } from './known.js';
import { apply, pinOf, proofOf, saysNothingNew, seeCertificate, type Certificates } from './move.js';

export type Heard =
  | DeviceAnnounced
  | DeviceApprovalRequested
  | DeviceConflictDecisionRequested
  | DeviceRetireRequested
  | SerialListChanged;

/** After a conflict the old address is asked again at most this often, whoever claims what. */
const askAgainAfterMs = 60_000;

export function admit(event: Event<Heard>, known: Known): Decision<Change> {
  if (deviceAnnounced.is(event)) return announced(bounded(event, known.now), known);
  if (deviceApprovalRequested.is(event)) return decideApproval(event, known, discover);
  if (deviceConflictDecisionRequested.is(event)) return decideConflict(event, known);
  if (deviceRetireRequested.is(event)) return retire(event, known);
  if (serialListChanged.is(event)) return list(event.data);
  return nothing;
}

/** Accepted no later than it came here: a gateway's clock may be ahead, and what it says must bar nothing that follows. */
function bounded(event: Event<DeviceAnnounced>, now: Date): Event<DeviceAnnounced> {
  if (new Date(event.data.acceptedAt) <= now) return event;
  return { ...event, data: { ...event.data, acceptedAt: now.toISOString() } };
}

type Arrived = Pick<Event<Arrival>, 'id' | 'data' | 'traceparent'>;

/** What follows from an announcement, or from what stands for one. */
export function announced(event: Arrived, known: Known): Decision<Change> {
  const { data, id } = event;
  if (!known.settings) throw new NotYet('the instant-on settings were not seen yet');
  if (!letIn(data, known.settings, known)) return keepOut(id, data, 'serialNotListed');
  const device = known.devices.get(data.identity.serial);
  if (!device)
    return isDeleted(data, known) ? keepOut(id, data, 'deviceDeleted') : approve(event, known, discover);
  if (data.probedBy && data.trigger !== 'discovered') return seenByProbe(event, device, known);
  const acceptedAt = new Date(data.acceptedAt);
  const proof = proofOf(data, device, known.certificates);
  if (!proof && !saysNothingNew(data, device, known.certificates)) return claim(event, device, known);
  // One that comes late needs the same proof, and changes nothing.
  if (acceptedAt < device.acceptedAt) return goOn(event, device, known);
  return proof ? reconcile(event, { device, proof, known }) : goOn(event, { ...device, acceptedAt }, known);
}

function keepOut(
  announcement: string,
  { identity }: DeviceAnnounced,
  reason: 'serialNotListed' | 'deviceDeleted',
): Decision<Change> {
  return { changes: [], events: [announcementFiltered.draft({ announcement, identity, reason })] };
}

/** The serial-number filter does not ask a device that has proved who it is. */
function letIn(data: DeviceAnnounced, settings: Settings, { list }: Known): boolean {
  if (!settings.serialFilter || data.authentication.outcome === 'verified') return true;
  return list.get(data.identity.serial)?.listed ?? false;
}

/** Accepted before the device was deleted: it does not bring the device back. `retiredAt` is never ahead of `now`. */
function isDeleted(data: DeviceAnnounced, { retiredAt }: Known): boolean {
  const at = retiredAt.get(data.identity.serial);
  return at !== undefined && new Date(data.acceptedAt) <= at;
}

/** The device gets its id from the announcement that it is discovered by. */
export function discover({ id, data }: Pick<Arrived, 'id' | 'data'>, known: Known): Decision<Change> {
  const { identity, acceptedAt, transport } = data;
  const { changes, certificates } = seeCertificate(data, known.certificates);
  const proof: Proof = data.authentication.outcome === 'verified' ? 'verified' : 'first';
  const shown = transport.fingerprint;
  const device: Device = {
    id,
    identity,
    fingerprint: shown === null || certificates.get(shown)?.shared ? null : shown,
    shown,
    acceptedAt: new Date(acceptedAt),
    proof,
    minute: startOfMinute(new Date(acceptedAt)),
    announced: 1,
    conflictedAt: null,
  };
  const event = deviceDiscovered.draft({
    ...fact(device, { id, data }, device.fingerprint),
    proof,
    fresh: true,
  });
  return { changes: [...changes, { kind: 'device', device }], events: [event] };
}

interface Reconciling {
  readonly device: Device;
  readonly proof: Proof;
  readonly known: Known;
}

function reconcile({ id, data }: Arrived, { device, proof, known }: Reconciling): Decision<Change> {
  const { changes, certificates } = seeCertificate(data, known.certificates);
  const counted = countAnnouncement(device, new Date(data.acceptedAt));
  const after = apply(counted.device, { data, proof, certificates });
  const { changed, fresh } = after;
  const common = fact(after.device, { id, data }, after.device.fingerprint);
  return {
    changes: [...changes, { kind: 'device', device: after.device }, ...overWith(device.id, changed)],
    events: [deviceReconciled.draft({ ...common, proof, fresh, changed }), ...counted.events],
  };
}

/**
 * What is known of the device stays, and the chain goes on all the same: a newer announcement was applied already, or this
 * one says nothing new.
 */
function goOn(event: Arrived, known: Device, state: Known): Decision<Change> {
  const { device, events } = countAnnouncement(known, new Date(event.data.acceptedAt));
  const { changes, certificates } = seeCertificate(event.data, state.certificates);
  return {
    changes: [...changes, { kind: 'device', device }],
    events: [seenAgain(event, device, certificates), ...events],
  };
}

/**
 * What the server was told that asked changes nothing of a known device (R19): the certificate of who answers proves nothing
 * of who passes its words on, and its silence later moves nobody. The chain goes on: elsewhere than at the device's own
 * address nothing comes of an answer, see `taken` in probe.ts.
 */
function seenByProbe(event: Arrived, device: Device, { certificates }: Known): Decision<Change> {
  return { changes: [], events: [seenAgain(event, device, certificates)] };
}

function seenAgain(event: Arrived, device: Device, certificates: Certificates): Draft {
  const common = fact(device, event, pinOf(device, certificates));
  return deviceReconciled.draft({ ...common, proof: device.proof, fresh: false, changed: [] });
}

/** From another address or certificate: nothing changes before the old address was asked, by the task prove-move.ts. */
function claim(event: Arrived, known: Device, state: Known): Decision<Change> {
  const { now, certificates } = state;
  const { device, events } = countAnnouncement(known, new Date(event.data.acceptedAt));
  const seen = seeCertificate(event.data, certificates);
  const counted: readonly Change[] = [...seen.changes, { kind: 'device', device }];
  const out = dismissedAs(state, device.id, event.data);
  if (out) {
    const said = { announcement: event.id, data: event.data };
    return { changes: [...counted, ...heardAgain(out, said)], events: [...dismissed(said), ...events] };
  }
  const again = device.conflictedAt && new Date(device.conflictedAt.getTime() + askAgainAfterMs);
  const change: Change = {
    kind: 'claim',
    claim: { announcement: event.id, deviceId: device.id, data: event.data },
    notBefore: again && again > now ? again : null,
    cause: { id: event.id, traceparent: event.traceparent },
  };
  return { changes: [...counted, change], events };
}

const fact = (device: Device, { id, data }: Pick<Arrived, 'id' | 'data'>, fingerprint: string | null) => ({
  deviceId: device.id,
  identity: device.identity,
  fingerprint,
  ...cameBy({ announcement: id, data }),
});

function retire({ data, occurredAt }: Event<DeviceRetireRequested>, known: Known): Decision<Change> {
  const device = [...known.devices.values()].find(({ id }) => id === data.deviceId);
  if (!device) return nothing;
  const { deviceId, requestedBy: retiredBy } = data;
  const { serial } = device.identity;
  // By console's clock, which may be ahead of all the others.
  const asked = new Date(occurredAt);
  const at = asked < known.now ? asked : known.now;
  return {
    changes: [{ kind: 'retired', device, at }],
    events: [deviceRetired.draft({ deviceId, serial, retiredBy })],
  };
}

function list({ version, added, removed }: SerialListChanged): Decision<Change> {
  return {
    changes: [
      { kind: 'list', version, serials: removed, listed: false },
      { kind: 'list', version, serials: added, listed: true },
    ],
    events: [],
  };
}
