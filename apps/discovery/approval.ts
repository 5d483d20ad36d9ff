// Unknown devices are held until an operator or a rule admits them, where the operator asks for that (R37). Pure.
import type { Decision } from '#bus/consumer';
import { matches } from '#documents/filter';
import {
  deviceApprovalDecided,
  deviceQuarantined,
  type DeviceApprovalDecided,
  type DeviceApprovalRequested,
} from '#events/approval';
import { announcementFiltered } from '#events/device';
import type { Draft, Event } from '#events/event';
import type { Settings } from '#events/settings';
import type { Arrival, Change, Held, Known } from './known.js';
import { seeCertificate } from './move.js';

/** Devices that wait at a time. Whoever makes up serial numbers fills no more than that. */
export const heldMax = 20_000;

type Announced = Pick<Event<Arrival>, 'id' | 'data'>;
type Discover = (event: Announced, known: Known) => Decision<Change>;

/** What an announcement of an unknown serial number leads to. */
export function approve(event: Announced, known: Known, discover: Discover): Decision<Change> {
  const { id: announcement, data } = event;
  const { serial } = data.identity;
  const held = known.quarantine.get(serial);
  const newest = newestOf(held, { announcement, data });
  if (held?.state === 'refused') {
    return { changes: keep(newest, 'refused', known), events: [turnedAway(event, 'deviceRefused')] };
  }
  const admitted = known.settings && admission(known.settings, data);
  if (admitted) return admit(event, held ?? null, { known, discover, admitted });
  if (!held && known.heldCount >= heldMax) {
    return { changes: [], events: [turnedAway(event, 'quarantineFull')] };
  }
  const { changes } = seeCertificate(data, known.certificates);
  return { changes: [...changes, ...keep(newest, 'held', known)], events: [quarantined(event)] };
}

type Admission = Pick<DeviceApprovalDecided, 'by' | 'name'>;

/** Why it is let in without being asked about; null: it is held. */
export function admission({ approval, approvalRules }: Settings, data: Arrival): Admission | null {
  if (!approval) return { by: 'off', name: null };
  if (!isFromThere(data)) return null;
  const rule = approvalRules.find(({ filter }) => matches(filter, data.identity));
  return rule ? { by: 'rule', name: rule.name } : null;
}

/** A rule speaks for a device only where the connection itself bears out the address that is announced. */
const isFromThere = ({ identity, transport, origin }: Arrival): boolean =>
  origin ? origin.verified : transport.peerAddress === identity.ip;

interface Admitting {
  readonly known: Known;
  readonly discover: Discover;
  readonly admitted: Admission;
}

/** The held announcement takes effect, or the one at hand. Nothing is told of a device that nobody had to admit. */
function admit(
  event: Announced,
  held: Held | null,
  { known, discover, admitted }: Admitting,
): Decision<Change> {
  const { changes, events } = discover(event, known);
  const { serial } = event.data.identity;
  if (admitted.by === 'off' && !held) return { changes, events };
  // The device has its id from the announcement that it is discovered by.
  const decided = { serial, outcome: 'admitted' as const, ...admitted, deviceId: event.id };
  return {
    changes: [...changes, { kind: 'released', serial }],
    events: [...events, deviceApprovalDecided.draft(decided)],
  };
}

/** What an operator decides, device by device; asked twice, it is decided once. */
export function decideApproval(
  { data }: Event<DeviceApprovalRequested>,
  known: Known,
  discover: Discover,
): Decision<Change> {
  const { decision, requestedBy: name } = data;
  const decided = [...new Set(data.serials)].map((serial): Decision<Change> => {
    const held = known.quarantine.get(serial);
    const tell = (outcome: 'refused' | 'gone'): Draft =>
      deviceApprovalDecided.draft({ serial, outcome, by: 'operator', name, deviceId: null });
    if (!held) return { changes: [], events: [tell('gone')] };
    if (decision === 'refuse' && held.state === 'refused') return { changes: [], events: [] };
    if (decision === 'admit') return release(held, { known, discover, admitted: { by: 'operator', name } });
    return { changes: keep(held, 'refused', known), events: [tell('refused')] };
  });
  return {
    changes: decided.flatMap(({ changes }) => changes),
    events: decided.flatMap(({ events }) => events),
  };
}

/** Rules that were changed, tried on a device that waits. */
export function reconsider(held: Held, known: Known, discover: Discover): Decision<Change> | null {
  const admitted = known.settings && admission(known.settings, held.data);
  return admitted && release(held, { known, discover, admitted });
}

const release = (held: Held, how: Admitting): Decision<Change> =>
  admit({ id: held.announcement, data: held.data }, held, how);

type Said = Pick<Held, 'announcement' | 'data'>;

const newestOf = (held: Held | undefined, said: Said): Said =>
  held && Date.parse(held.data.acceptedAt) > Date.parse(said.data.acceptedAt) ? held : said;

const keep = (
  { announcement, data }: Said,
  state: Held['state'],
  { settingsVersion }: Known,
): readonly Change[] => [
  { kind: 'held', held: { serial: data.identity.serial, state, announcement, data, settingsVersion } },
];

function quarantined({ id: announcement, data }: Announced): Draft {
  const { identity, acceptedAt, transport, authentication, origin } = data;
  const { peerAddress, fingerprint } = transport;
  const { serial } = identity;
  const how = { acceptedAt, peerAddress, fingerprint, authentication, origin };
  return deviceQuarantined.draft({ serial, identity, announcement, ...how });
}

const turnedAway = (
  { id: announcement, data: { identity } }: Announced,
  reason: 'deviceRefused' | 'quarantineFull',
): Draft => announcementFiltered.draft({ announcement, identity, reason });
