// Unknown devices are held until an operator or a rule admits them, where the operator asks for that (R37). Pure.
import type { Decision } from '#bus/consumer';
import { matches } from '#documents/filter';
import {
  deviceApprovalDecided,
  deviceQuarantined,
  type DeviceApprovalDecided,
  type DeviceApprovalRequested,
} from '#events/approval';
import { announcementFiltered } from '#events/announcement';
import type { Draft, Event } from '#events/event';
import type { Settings } from '#events/settings';
import { claimOf } from './conflict.js';
import {
  hear,
  hearRefused,
  isFromRefused,
  isRefused,
  isSameParty,
  meantBy,
  refuse,
  refusedOf,
  waitsBeside,
  type Heard,
} from './held.js';
import type { Arrival, Change, Held, Known, Said } from './known.js';
import { seeCertificate } from './move.js';

/** Devices that wait at a time. Whoever makes up serial numbers fills no more than that. */
export const heldMax = 20_000;

type Announced = Pick<Event<Arrival>, 'id' | 'data'>;
type Discover = (event: Announced, known: Known) => Decision<Change>;

/** What an announcement of an unknown serial number leads to. */
export function approve(event: Announced, known: Known, discover: Discover): Decision<Change> {
  const { id: announcement, data } = event;
  const { serial } = data.identity;
  const before = known.quarantine.get(serial) ?? null;
  const said = { announcement, data };
  if (before && isRefused(before, data, known.certificates)) {
    return {
      changes: keep(hearRefused(before, said, known.certificates)),
      events: [turnedAway(said, 'deviceRefused')],
    };
  }
  const waits = before?.state === 'held' ? before : null;
  const admitted = admissionOf(before, said, known);
  const ahead = waits && firstAdmitted(waits, known);
  // Switched off, it lets in who waits before who comes; the task does (apply-rules.ts).
  if (admitted && (admitted.by === 'rule' || !ahead || isSameParty(ahead.said.data, data))) {
    return admit(event, before, { known, discover, admitted });
  }
  if (!waits && known.heldCount >= heldMax) {
    return { changes: [], events: [turnedAway(said, 'quarantineFull')] };
  }
  const blank: Held = { ...said, serial, state: 'held', others: [], refused: [], settingsVersion: 0 };
  const { held, place } = hear(waits ?? (before ? waitsBeside(before, said) : blank), said);
  const { changes } = seeCertificate(data, known.certificates);
  const settingsVersion = judgedBy({ waits, held, place }, known);
  return { changes: [...changes, ...keep({ ...held, settingsVersion })], events: toldOf(held, said, place) };
}

interface Judged extends Heard {
  readonly waits: Held | null;
}

/** These settings were tried on the announcement alone. While somebody else waits, the task has to try them. */
function judgedBy({ waits, held, place }: Judged, { settingsVersion }: Known): number {
  const isAll = !waits || (place === 'first' && held.others.length === 0);
  return isAll ? settingsVersion : waits.settingsVersion;
}

function toldOf(held: Held, said: Said, place: Heard['place']): readonly Draft[] {
  if (place === 'none') return [turnedAway(said, 'claimsFull')];
  return place === 'first' ? [quarantined(held)] : [quarantined(held), turnedAway(said, 'claimBeside')];
}

type Admission = Pick<DeviceApprovalDecided, 'by' | 'name'>;

/** Why it is let in without being asked about; null: it is held. Who comes from where one was refused waits for a person. */
function admissionOf(held: Held | null, said: Said, { settings }: Known): Admission | null {
  return !settings || (held && isFromRefused(held, said)) ? null : admission(settings, said.data);
}

function admission({ approval, approvalRules }: Settings, data: Arrival): Admission | null {
  if (!approval) return { by: 'off', name: null };
  if (!isFromThere(data)) return null;
  const rule = approvalRules.find(({ filter }) => matches(filter, data.identity));
  return rule ? { by: 'rule', name: rule.name } : null;
}

/**
 * A rule speaks for a device only where the connection itself bears out the address that is announced. An answer by SNMP came
 * over none.
 */
function isFromThere({ identity, transport, origin, probedBy }: Arrival): boolean {
  if (probedBy === 'snmp') return false;
  return origin ? origin.verified : transport.peerAddress === identity.ip;
}

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
  const fingerprint = pinnedIn(changes);
  const decided = { serial, outcome: 'admitted' as const, ...admitted, deviceId: event.id, fingerprint };
  return {
    changes: [...changes, { kind: 'released', serial }],
    events: [...events, deviceApprovalDecided.draft(decided)],
  };
}

const pinnedIn = (changes: readonly Change[]): string | null =>
  changes.reduce<string | null>((pin, one) => (one.kind === 'device' ? one.device.fingerprint : pin), null);

/** What an operator decides, device by device, of what he was shown; asked twice, it is decided once. */
export function decideApproval(
  { data }: Event<DeviceApprovalRequested>,
  known: Known,
  discover: Discover,
): Decision<Change> {
  const { decision, requestedBy: name } = data;
  const seen = new Map(data.seen.map(({ serial, claim }) => [serial, claim]));
  const decided = [...new Set(data.serials)].map((serial): Decision<Change> => {
    const held = known.quarantine.get(serial);
    const tell = (outcome: 'refused' | 'gone' | 'another'): Draft =>
      deviceApprovalDecided.draft({
        ...{ serial, outcome, by: 'operator' as const, name },
        ...{ deviceId: null, fingerprint: null },
      });
    if (!held) return { changes: [], events: [tell('gone')] };
    const meant = meantBy(held, seen.get(serial));
    if (!meant) return { changes: [], events: [tell('another')] };
    if (decision === 'admit') {
      return release(held, meant, { known, discover, admitted: { by: 'operator', name } });
    }
    if (refusedOf(held).includes(meant)) return { changes: [], events: [] };
    const left = refuse(held, meant, known.certificates);
    const waiting = left.state === 'held' ? [quarantined(left)] : [];
    return { changes: keep(left), events: [tell('refused'), ...waiting] };
  });
  return {
    changes: decided.flatMap(({ changes }) => changes),
    events: decided.flatMap(({ events }) => events),
  };
}

/** Rules that were changed, tried on all who wait with one serial number. */
export function reconsider(held: Held, known: Known, discover: Discover): Decision<Change> | null {
  const first = firstAdmitted(held, known);
  return first && release(held, first.said, { known, discover, admitted: first.admitted });
}

interface FirstAdmitted {
  readonly said: Said;
  readonly admitted: Admission;
}

/** Of those who wait: who was first is tried first. Null: they wait for a person, all of them. */
function firstAdmitted(held: Held, known: Known): FirstAdmitted | null {
  for (const said of [held, ...held.others]) {
    const admitted = admissionOf(held, said, known);
    if (admitted) return { said, admitted };
  }
  return null;
}

const release = (held: Held, { announcement: id, data }: Said, how: Admitting): Decision<Change> =>
  admit({ id, data }, held, how);

const keep = (held: Held): readonly Change[] => [{ kind: 'held', held }];

function quarantined({ serial, others, refused, ...first }: Held): Draft {
  const beside = { others: others.map(waiting), refused: refused.map(waiting) };
  return deviceQuarantined.draft({ serial, ...waiting(first), ...beside });
}

function waiting({ announcement, data }: Said) {
  const { identity, acceptedAt, transport, authentication, origin } = data;
  const { peerAddress, fingerprint } = transport;
  const how = { acceptedAt, peerAddress, fingerprint, authentication, origin };
  return { claim: claimOf(data), identity, announcement, ...how };
}

const turnedAway = (
  { announcement, data: { identity } }: Said,
  reason: 'deviceRefused' | 'quarantineFull' | 'claimBeside' | 'claimsFull',
): Draft => announcementFiltered.draft({ announcement, identity, reason });
