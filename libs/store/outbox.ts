// Events that a transaction made: stamped in it, and kept with it until the broker has confirmed them.
import { stamp, type Draft, type Event } from '../events/event.js';
import { storable } from '../events/storable.js';
import type { Store, Tx } from './store.js';

/** What led to a draft. */
export interface Cause {
  readonly id: string | null;
  readonly traceparent: string | null;
}
export const noCause: Cause = { id: null, traceparent: null };

export interface Caused {
  readonly draft: Draft;
  readonly cause: Cause;
}

/**
 * Events of the service that owns `schema`. Their sequence grows with each: events about one device are ordered by it as
 * long as they are made under that device's lock.
 */
export async function stampEach(tx: Tx, schema: string, items: readonly Caused[]): Promise<readonly Event[]> {
  if (items.length === 0) return [];
  const numbers = await tx.query<{ number: number }>(
    `select nextval('${schema}.event_sequence') as number from generate_series(1, $1::int) order by 1`,
    [items.length],
  );
  const occurredAt = new Date().toISOString();
  return items.map(({ draft, cause }, position) =>
    // A row that the database refuses would be tried for ever.
    stamp(
      { ...draft, data: storable(draft.data) },
      {
        publisher: schema,
        sequence: numbers[position]?.number ?? 0,
        occurredAt,
        causedBy: cause.id,
        traceparent: cause.traceparent,
      },
    ),
  );
}

export function stampDrafts(
  tx: Tx,
  schema: string,
  drafts: readonly Draft[],
  cause: Cause,
): Promise<readonly Event[]> {
  return stampEach(
    tx,
    schema,
    drafts.map((draft) => ({ draft, cause })),
  );
}

/** How long the process that made an event has to publish it before any other instance does. */
const claimSeconds = 10;

export async function saveOutbox(tx: Tx, schema: string, events: readonly Event[]): Promise<void> {
  await tx.query(
    `insert into ${schema}.outbox (id, sequence, event, claimed_until)
     select (event->>'id')::uuid, (event->>'sequence')::bigint, event, now() + make_interval(secs => $2)
     from jsonb_array_elements($1::jsonb) as event on conflict (id) do nothing`,
    [JSON.stringify(events), claimSeconds],
  );
}

/** They are on the bus: forgets them. */
export async function confirmOutbox(
  on: Pick<Tx, 'query'>,
  schema: string,
  ids: readonly string[],
): Promise<void> {
  await on.query(`delete from ${schema}.outbox where id = any($1::uuid[])`, [ids]);
}

/** Events whose process did not publish them in time, oldest first; they are the caller's for the next 10 s. */
export async function claimExpired(store: Store, schema: string, limit: number): Promise<readonly Event[]> {
  const rows = await store.query<{ event: Event }>(
    `update ${schema}.outbox set claimed_until = now() + make_interval(secs => $2)
     where id in (select id from ${schema}.outbox where claimed_until < now() order by sequence limit $1 for update skip locked)
     returning event`,
    [limit, claimSeconds],
  );
  return rows.map((row) => row.event).toSorted((a, b) => a.sequence - b.sequence);
}

/** Rows counted at most: more are as many as these. */
const countMax = 100_000;

/** For operators: events that are not confirmed, and since when the first of them is waiting. */
export async function countOutbox(
  on: Pick<Tx, 'query'>,
  schema: string,
): Promise<{ readonly waiting: number; readonly oldestAgeMs: number | null }> {
  const [row] = await on.query<{ waiting: number; occurredAt: string | null }>(
    `select (select count(*) from (select 1 from ${schema}.outbox limit ${countMax}) as counted) as waiting,
       (select event->>'occurredAt' from ${schema}.outbox order by sequence limit 1) as "occurredAt"`,
  );
  if (!row?.occurredAt) return { waiting: row?.waiting ?? 0, oldestAgeMs: null };
  return { waiting: row.waiting, oldestAgeMs: Math.max(0, Date.now() - Date.parse(row.occurredAt)) };
}
