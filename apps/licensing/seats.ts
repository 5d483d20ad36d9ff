// What licensing knows while it decides: pools, the devices of a batch, and who waits.
import type { DeviceReconciled } from '#events/device';
import type { Identity } from '#events/identity';
import type { SeatCount } from '#events/licence';

/** Seats of one origin: the community's, or a licence's. */
export interface Pool {
  readonly id: string;
  readonly version: number;
  readonly seats: number;
  readonly taken: number;
  /** Null: never. */
  readonly lapsesAt: Date | null;
}

type Proof = DeviceReconciled['proof'];

/** What is told of a device when it gets a seat. */
export interface Fact {
  readonly identity: Identity;
  readonly fingerprint: string | null;
  readonly fresh: boolean;
  /** What was believed of it then; absent: it was kept before that was told. */
  readonly proof?: Proof;
  /** While it waits: all announcements that wait with it, the newest 1,000. */
  readonly announcements: readonly string[];
  /** It never announced itself, and was only found: a seat that comes later is no reason to change it (R52). */
  readonly found?: boolean;
}

export interface Device {
  readonly id: string;
  /** Whose seat it holds; null: it waits, or is retired. */
  readonly pool: string | null;
  readonly retired: boolean;
  readonly sequence: number;
  readonly fact: Fact | null;
}

/** A device before and after; a pool as it is from now on. */
export type Change =
  | { readonly kind: 'device'; readonly before: Device | null; readonly after: Device }
  | { readonly kind: 'pool'; readonly pool: Pool };

export interface Seats {
  readonly now: Date;
  readonly pools: Map<string, Pool>;
  /** Those that the batch is about. */
  readonly devices: Map<string, Device>;
  /** Those that wait longest, in their order; empty when the batch cannot bring a seat. */
  readonly waiting: Device[];
  /** How many wait in all. */
  waitingCount: number;
}

/** A copy that can be changed while one decision is made. */
export function copyOf(seats: Seats): Seats {
  return { ...seats, pools: new Map(seats.pools), devices: new Map(), waiting: [...seats.waiting] };
}

/** Throws rather than book a seat that is not there: a wrong count would be given and withdrawn for ever. */
export function evolve(seats: Seats, change: Change): void {
  if (change.kind === 'pool') {
    seats.pools.set(change.pool.id, change.pool);
    return;
  }
  const { before, after } = change;
  occupy(seats.pools, before?.pool ?? null, -1);
  const pool = occupy(seats.pools, after.pool, 1);
  if (pool && pool.id !== before?.pool && pool.taken > pool.seats)
    throw new Error(`pool ${pool.id} has ${pool.seats} seats and cannot have ${pool.taken} taken`);
  const waited = before !== null && waits(before);
  const whole = seats.waiting.length === seats.waitingCount;
  seats.waitingCount += Number(waits(after)) - Number(waited);
  replaceWaiting(seats.waiting, after, whole && !waited);
  seats.devices.set(after.id, after);
}

function occupy(pools: Map<string, Pool>, id: string | null, by: 1 | -1): Pool | null {
  const pool = id === null ? undefined : pools.get(id);
  if (!pool) return null;
  const now = { ...pool, taken: pool.taken + by };
  pools.set(pool.id, now);
  return now;
}

/** `append`: nobody waits who is not in the list, so a newcomer is the last. */
function replaceWaiting(waiting: Device[], device: Device, append: boolean): void {
  const at = waiting.findIndex(({ id }) => id === device.id);
  if (at >= 0) waiting.splice(at, 1, ...(waits(device) ? [device] : []));
  else if (append && waits(device)) waiting.push(device);
}

export function waits(device: Device): boolean {
  return device.pool === null && !device.retired;
}

export function lapsed(pool: Pool, now: Date): boolean {
  return pool.lapsesAt !== null && pool.lapsesAt <= now;
}

/** Where a seat is free: in the pool that stays longest, so that few have to move later. */
export function freePool(seats: Seats): Pool | null {
  const free = [...seats.pools.values()].filter(
    (pool) => pool.taken < pool.seats && !lapsed(pool, seats.now),
  );
  const lasts = (pool: Pool): number => pool.lapsesAt?.getTime() ?? Infinity;
  return free.toSorted((a, b) => lasts(b) - lasts(a) || (a.id < b.id ? -1 : 1))[0] ?? null;
}

export function count(seats: Seats): SeatCount {
  const valid = [...seats.pools.values()].filter((pool) => !lapsed(pool, seats.now));
  return {
    seats: valid.reduce((sum, pool) => sum + pool.seats, 0),
    taken: [...seats.pools.values()].reduce((sum, pool) => sum + pool.taken, 0),
    waiting: seats.waitingCount,
  };
}
