// What no event brings about: seats of a licence that has lapsed or shrunk are withdrawn from those who came last, and
// long queues of waiting devices are seated, a few hundred in each transaction.
import type { Decision } from '#bus/consumer';
import type { Bus } from '#bus/bus';
import type { Draft } from '#events/event';
import { noCause, stampDrafts } from '#store/outbox';
import type { Store, Tx } from '#store/store';
import { conclude } from './allot.js';
import { keepWaiting } from './pool-exhausted.js';
import { loadSeats, loadSurplus, saveSeats, waitingMax } from './rows.js';
import { copyOf, evolve, freePool, lapsed, type Change, type Device, type Seats } from './seats.js';

/** Resolves to how many devices changed places; 0: nothing is left to do. Any number of instances may sweep at a time. */
export async function sweep(store: Store, bus: Pick<Bus, 'record'>): Promise<number> {
  if (!(await isNeeded(store))) return 0;
  return store.transaction(async (tx) => {
    const seats = await loadSeats(tx, { deviceIds: [], withWaiting: true });
    const { changes, events } = withdraw(seats, await loadSurplus(tx, seats, waitingMax));
    await saveSeats(tx, changes);
    await tell(tx, bus, events);
    return changes.length;
  });
}

/** A look without any lock, so that a sweep with nothing to do delays no announcement. */
async function isNeeded(store: Store): Promise<boolean> {
  const [row] = await store.query<{ needed: boolean }>(
    `select exists (select 1 from licensing.pool where taken > 0 and (taken > seats or lapses_at <= now()))
         or exists (select 1 from licensing.pool where taken < seats and (lapses_at is null or lapses_at > now()))
            and exists (select 1 from licensing.device where pool is null and not retired) as needed`,
  );
  return row?.needed ?? false;
}

/** Takes their seats from `surplus`: another pool has one for them, or they wait. Then seats who waits, where it can be. */
export function withdraw(seats: Seats, surplus: readonly Device[]): Decision<Change> {
  const later = copyOf(seats);
  const changes: Change[] = [];
  const events: Draft[] = [];
  for (const device of surplus) {
    const left = device.pool === null ? undefined : later.pools.get(device.pool);
    if (!left || device.fact === null) continue;
    const free = later.waitingCount === 0 ? freePool(later) : null;
    const reason = lapsed(left, seats.now) ? 'licenceExpired' : 'poolExhausted';
    const outcome = free ? null : keepWaiting(device, device.fact, { trigger: 'withdrawn', reason });
    const after = outcome?.device ?? { ...device, pool: free?.id ?? null };
    const change: Change = { kind: 'device', before: device, after };
    changes.push(change);
    if (outcome) events.push(outcome.event);
    evolve(later, change);
  }
  return conclude(seats, changes, events);
}

async function tell(tx: Tx, bus: Pick<Bus, 'record'>, drafts: readonly Draft[]): Promise<void> {
  if (drafts.length > 0)
    await bus.record(tx, 'licensing', await stampDrafts(tx, 'licensing', drafts, noCause));
}
