// The rules of seats (R40-R42): pure, one event at a time. A device keeps the seat it has. When no seat is left, see
// pool-exhausted.ts.
import { nothing, Unprocessable, type Decision } from '#bus/consumer';
import { lapsesAt } from '#documents/licence';
import {
  deviceDiscovered,
  deviceReconciled,
  deviceRetired,
  type DeviceDiscovered,
  type DeviceReconciled,
  type DeviceRetired,
} from '#events/device';
import type { DocumentChanged } from '#events/document';
import type { Draft, Event } from '#events/event';
import { licenceChanged, seatsCounted, type Licence } from '#events/licence';
import { keepWaiting, seatWaiting, takeSeat } from './pool-exhausted.js';
import { copyOf, count, evolve, freePool, lapsed, waits } from './seats.js';
import type { Change, Device, Fact, Pool, Seats } from './seats.js';

export type Admitted = DeviceDiscovered | DeviceReconciled;
export type Heard = Admitted | DeviceRetired | DocumentChanged<Licence>;

/** The built-in pool's id; no licence may have it. */
export const communityPool = 'community';
const announcementsMax = 1000;

export function allot(event: Event<Heard>, seats: Seats): Decision<Change> {
  if (deviceDiscovered.is(event) || deviceReconciled.is(event)) return admit(event, seats);
  if (deviceRetired.is(event)) return retire(event, seats);
  if (licenceChanged.is(event)) return license(event.data, seats);
  return nothing;
}

function admit({ data, sequence }: Event<Admitted>, seats: Seats): Decision<Change> {
  const known = seats.devices.get(data.deviceId) ?? null;
  if (known?.retired) return nothing;
  const device: Device = {
    id: data.deviceId,
    pool: known?.pool ?? null,
    retired: false,
    sequence: Math.max(sequence, known?.sequence ?? 0),
    fact: known?.fact ?? null,
  };
  const fact = newest(data, sequence, known);
  const seat = seatOf(device, seats);
  const reason = device.pool !== null && seat === null ? 'licenceExpired' : 'poolExhausted';
  const pool = seat ?? (isNext(known, seats) ? freePool(seats) : null);
  const outcome = pool
    ? takeSeat(device, fact, { pool, trigger: data.trigger })
    : keepWaiting(device, fact, { trigger: data.trigger, reason });
  return conclude(seats, [{ kind: 'device', before: known, after: outcome.device }], [outcome.event]);
}

/** The seat that the device has, unless its licence has lapsed. */
function seatOf(device: Device, seats: Seats): Pool | null {
  const pool = device.pool === null ? undefined : seats.pools.get(device.pool);
  return pool && !lapsed(pool, seats.now) ? pool : null;
}

/** False when others wait longer: a free seat is theirs. */
function isNext(known: Device | null, seats: Seats): boolean {
  return seats.waitingCount === (known && waits(known) ? 1 : 0);
}

/** Of the event or, when that one is older, as known already; with all announcements that wait for an answer. */
function newest(data: Admitted, sequence: number, known: Device | null): Fact {
  const { identity, fingerprint } = known?.fact && known.sequence > sequence ? known.fact : data;
  const waiting = known?.fact?.announcements ?? [];
  const announcements = [...new Set([...waiting, ...data.announcements])].slice(-announcementsMax);
  const fresh = data.fresh || (known?.fact?.fresh ?? false);
  const found =
    data.trigger === 'discovered' &&
    announcements.length === 0 &&
    (known?.fact ? known.fact.found === true : true);
  return { identity, fingerprint, announcements, fresh, found, ...proofOf(data, known) };
}

/** Who came without a proof, and has not been told of yet, is no better for showing again what he came with. */
function proofOf(data: Admitted, known: Device | null): Pick<Fact, 'proof'> {
  const confirmed = data.proof === 'verified' || data.proof === 'operator';
  const waits = known?.fact?.fresh === true && !data.fresh && !confirmed;
  const { proof } = waits && known.fact ? known.fact : data;
  return proof === undefined ? {} : { proof };
}

/** Its seat is free. What discovery says of it late changes nothing any more. */
function retire({ data, sequence }: Event<DeviceRetired>, seats: Seats): Decision<Change> {
  const known = seats.devices.get(data.deviceId) ?? null;
  if (known?.retired) return nothing;
  const after: Device = { id: data.deviceId, pool: null, retired: true, sequence, fact: null };
  return conclude(seats, [{ kind: 'device', before: known, after }], []);
}

/** Seats that a licence takes away are withdrawn by the sweep, a few at a time. */
function license({ id, version, body }: DocumentChanged<Licence>, seats: Seats): Decision<Change> {
  if (id === communityPool)
    throw new Unprocessable(`${communityPool} is the built-in pool: a licence cannot have this id`);
  const known = seats.pools.get(id);
  if (known && known.version >= version) return nothing;
  const pool: Pool = {
    id,
    version,
    seats: body?.seats ?? 0,
    taken: known?.taken ?? 0,
    lapsesAt: body === null ? seats.now : lapsesAt(body),
  };
  return conclude(seats, [{ kind: 'pool', pool }], []);
}

/** Adds what follows from `changes`: waiting devices seated, and the count when it is another one. */
export function conclude(
  seats: Seats,
  changes: readonly Change[],
  events: readonly Draft[],
): Decision<Change> {
  const later = copyOf(seats);
  for (const change of changes) evolve(later, change);
  const seated = seatWaiting(later);
  const [before, after] = [count(seats), count(later)];
  const same =
    before.seats === after.seats && before.taken === after.taken && before.waiting === after.waiting;
  return {
    changes: [...changes, ...seated.changes],
    events: [...events, ...seated.events, ...(same ? [] : [seatsCounted.draft(after)])],
  };
}
