// Deliveries that failed: tried again when due (parked-tries.ts); dead, for a person to see, without a due time. Attempts are
// counted here, never by the broker.
import type { Event } from '../events/event.js';
import type { Tx } from './store.js';

export interface Parked {
  readonly event: Event;
  /** How often it was tried. */
  readonly attempts: number;
  /** Null: dead. */
  readonly delayMs: number | null;
  readonly reason: string;
  /** It did not fail: something must come first. */
  readonly waits: boolean;
}

export async function park(tx: Tx, schema: string, consumer: string, rows: readonly Parked[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `insert into ${schema}.parked (consumer, event_id, event_type, event, attempts, due_at, reason)
     select $1, (row->'event'->>'id')::uuid, row->'event'->>'type', row->'event', (row->>'attempts')::int,
            now() + make_interval(secs => (row->>'delayMs')::float / 1000), row->>'reason'
     from jsonb_array_elements($2::jsonb) as row
     on conflict (consumer, event_id) do update
       set attempts = excluded.attempts, due_at = excluded.due_at, reason = excluded.reason, begun = 0, try_id = null`,
    [consumer, JSON.stringify(rows)],
  );
}

/** A dead row becomes due at once, with all that was counted of it forgotten. */
export async function revive(
  tx: Tx,
  schema: string,
  consumers: readonly string[],
  eventIds: readonly string[],
): Promise<void> {
  await tx.query(
    `update ${schema}.parked set due_at = now(), attempts = 0, begun = 0, try_id = null
     where consumer = any($1::text[]) and event_id = any($2::uuid[]) and due_at is null`,
    [consumers, eventIds],
  );
}

/** A dead row is given up for good. */
export async function drop(
  tx: Tx,
  schema: string,
  consumers: readonly string[],
  eventIds: readonly string[],
): Promise<void> {
  await tx.query(
    `delete from ${schema}.parked where consumer = any($1::text[]) and event_id = any($2::uuid[]) and due_at is null`,
    [consumers, eventIds],
  );
}

/** For metrics: rows waiting to be tried again, and dead ones. */
export async function countParked(
  on: Pick<Tx, 'query'>,
  schema: string,
): Promise<{ readonly waiting: number; readonly dead: number }> {
  const [row] = await on.query<{ waiting: number; dead: number }>(
    `select count(due_at) as waiting, count(*) - count(due_at) as dead from ${schema}.parked`,
  );
  return row ?? { waiting: 0, dead: 0 };
}
