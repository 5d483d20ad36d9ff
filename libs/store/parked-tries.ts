// Tries of parked deliveries, each counted before it runs and committed by itself: what a process counts in the transaction
// that kills it is rolled back, and the delivery would be tried for ever.
import type { Event } from '../events/event.js';
import type { Tx } from './store.js';

export interface Begun {
  readonly event: Event;
  /** How often it was tried, and failed. */
  readonly attempts: number;
  /** How many tries before this one, in a row, were begun and never ended: their process died. */
  readonly deaths: number;
}

/** Whose try, of whose deliveries. */
export interface Try {
  readonly id: string;
  readonly consumer: string;
}

/** Until a row whose try does not end is due again: 2 s, 4 s, 8 s … */
const lateSecondsMax = 60;

/**
 * Begins a try of deliveries whose time has come: up to `limit` that no process died of; when there are none, a single one
 * that was being tried when a process died. Each is the caller's, and counts as one that did not end until it is parked anew
 * or given back. What another instance holds is left to it.
 */
export function begin(
  on: Pick<Tx, 'query'>,
  schema: string,
  { id, consumer }: Try,
  limit: number,
): Promise<readonly Begun[]> {
  return on.query<{ event: Event; attempts: number; deaths: number }>(
    `with due as materialized (
       select event_id, begun, due_at from ${schema}.parked where consumer = $1 and due_at <= now()
       order by begun > 0, due_at limit $2 for update skip locked),
     mine as (
       select event_id, due_at from due where begun = 0
       union all
       (select event_id, due_at from due where not exists (select from due where begun = 0) order by due_at limit 1)),
     started as (
       update ${schema}.parked as row set begun = begun + 1, try_id = $3,
         due_at = now() + make_interval(secs => least(${lateSecondsMax}, 2 ^ (begun + 1)))
       from mine where row.consumer = $1 and row.event_id = mine.event_id
       returning row.event, row.attempts, row.begun - 1 as deaths, mine.due_at)
     select event, attempts, deaths from started order by due_at`,
    [consumer, limit, id],
  );
}

/**
 * Takes rows out of parking, in the transaction that tries them. Those that another instance has begun meanwhile are left
 * to it.
 */
export async function takeBack(
  tx: Tx,
  schema: string,
  { id, consumer }: Try,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ event_id: string }>(
    `delete from ${schema}.parked where consumer = $1 and event_id in (
       select event_id from ${schema}.parked where consumer = $1 and event_id = any($2::uuid[]) and try_id = $3
       order by event_id for update skip locked)
     returning event_id`,
    [consumer, ids, id],
  );
  return new Set(rows.map((row) => row.event_id));
}

/** The process lives, though these tries did not end: what is left of them is due, and they do not count. */
export async function giveBack(
  on: Pick<Tx, 'query'>,
  schema: string,
  tryIds: readonly string[],
): Promise<void> {
  await on.query(
    `update ${schema}.parked set begun = begun - 1, try_id = null, due_at = now() where try_id = any($1::uuid[])`,
    [tryIds],
  );
}
