// Which consumer a parked delivery belongs to: the one that hears its type today. A build that could not read it, or one
// whose consumers had other names, may have parked it under another.
import type { Tx } from './store.js';

export interface Owners {
  /** By event type. */
  readonly byType: ReadonlyMap<string, string>;
  /** Rows of types that nobody hears go there, unless their consumer is one of today's; null: they stay where they are. */
  readonly fallback: string | null;
}

/** Rows in one statement at most. */
export const handOverMax = 1_000;

/**
 * Hands parked rows to their owners, with what their consumers had taken of them; only those of `ids`, if given. One whose
 * owner took the event before is only forgotten: it is done, or parked already. Resolves to how many there were.
 */
export async function handOver(
  on: Pick<Tx, 'query'>,
  schema: string,
  { byType, fallback }: Owners,
  ids: readonly string[] | null = null,
): Promise<number> {
  const today = [...new Set(byType.values()), ...(fallback === null ? [] : [fallback])];
  const rows = await on.query(
    `with astray as materialized (
       select row.consumer, row.event_id, coalesce(heard.consumer, $3) as owner
       from ${schema}.parked row left join unnest($1::text[], $2::text[]) heard(type, consumer) on heard.type = row.event_type
       where ($5::uuid[] is null or row.event_id = any($5))
         and case when heard.consumer is null then $3::text is not null and row.consumer <> all($4::text[])
                  else row.consumer <> heard.consumer end
       order by row.consumer, row.event_id limit ${handOverMax} for update of row),
     untaken as (
       delete from ${schema}.inbox i using astray a where i.consumer = a.consumer and i.event_id = a.event_id),
     taken as (
       insert into ${schema}.inbox (consumer, event_id)
       select distinct owner, event_id from astray order by event_id
       on conflict do nothing returning consumer, event_id),
     gone as (
       delete from ${schema}.parked p using astray a where p.consumer = a.consumer and p.event_id = a.event_id
       returning a.owner, p.*),
     kept as (
       insert into ${schema}.parked (consumer, event_id, event_type, event, attempts, due_at, reason, parked_at)
       select gone.owner, gone.event_id, event_type, event, attempts, due_at, reason, parked_at
       from gone join taken on taken.consumer = gone.owner and taken.event_id = gone.event_id
       on conflict do nothing)
     select from astray`,
    [[...byType.keys()], [...byType.values()], fallback, today, ids],
  );
  return rows.length;
}
