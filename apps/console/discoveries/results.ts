// What discovery tells of what it looks for, kept for the page. It may come in any order, and twice.
import { discoveryProgressed, type DiscoveryProgressed } from '#events/discovery';
import type { Event } from '#events/event';
import type { Tx } from '#store/store';

export interface ProgressChange extends DiscoveryProgressed {
  readonly kind: 'progressed';
  readonly at: string;
}

export const progressChanges = (event: Event): readonly ProgressChange[] =>
  discoveryProgressed.is(event) ? [{ kind: 'progressed', at: event.occurredAt, ...event.data }] : [];

/** Of a device that is there, and counts once, however many entries lead to it. */
const isThere = ['found', 'known'];

/** What was not asked for here is not kept. */
export async function saveProgress(tx: Tx, changes: readonly ProgressChange[]): Promise<void> {
  if (changes.length === 0) return;
  const ids = [...new Set(changes.map(({ discoveryId }) => discoveryId))];
  await tx.query('select 1 from console.discovery where id = any($1::uuid[]) order by id for update', [ids]);
  const results = changes.flatMap(({ discoveryId, results: told }) =>
    told.map((result) => ({ discovery: discoveryId, ...result })),
  );
  await tx.query(
    `with kept as (
       insert into console.discovery_result (discovery, line, address, outcome, serial, device_id, reason)
       select discovery, line, address, outcome, serial, "deviceId", reason
       from rows from (jsonb_to_recordset($1::jsonb) as (discovery uuid, line int, address text, outcome text, serial text,
         "deviceId" uuid, reason text)) with ordinality as r(discovery, line, address, outcome, serial, "deviceId", reason, nth)
       where exists (select from console.discovery where id = discovery) order by nth
       on conflict do nothing returning discovery, number, outcome, serial
     ), there as (
       select discovery, outcome, number, row_number() over (partition by discovery, serial order by number) > 1 or exists (
         select from console.discovery_result r
         where r.discovery = kept.discovery and r.serial = kept.serial and r.outcome = any($2::text[])) as again
       from kept where outcome = any($2::text[])
     ), counted as (
       select discovery, count(*) filter (where outcome = 'found' and not again) as found,
         count(*) filter (where outcome = 'known' and not again) as known,
         count(*) filter (where outcome = 'held') as held,
         count(*) filter (where outcome = 'claimed') as claimed, count(*) filter (where outcome = 'refused') as refused,
         count(*) filter (where outcome = 'notReached') as not_reached, count(*) filter (where again) as again
       from kept left join there using (discovery, number, outcome) group by discovery)
     update console.discovery d set found = d.found + c.found, known = d.known + c.known, held = d.held + c.held,
       claimed = d.claimed + c.claimed, refused = d.refused + c.refused, not_reached = d.not_reached + c.not_reached,
       again = d.again + c.again
     from counted c where d.id = c.discovery`,
    [JSON.stringify(results), isThere],
  );
  await tx.query(
    `update console.discovery d set nobody = greatest(d.nobody, r.nobody), named = greatest(d.named, r.named), ended = coalesce(r.ended, d.ended),
       ended_at = coalesce(r.ended_at, d.ended_at)
     from (select discovery, max(nobody) as nobody, max(named) as named, max(ended) as ended, max(at) filter (where ended is not null) as ended_at
       from jsonb_to_recordset($1::jsonb) as n(discovery uuid, nobody int, named int, ended text, at timestamptz) group by discovery) r
     where d.id = r.discovery`,
    [
      JSON.stringify(
        changes.map(({ discoveryId: discovery, nobody, named, ended, at }) => ({
          discovery,
          nobody,
          named,
          ended,
          at,
        })),
      ),
    ],
  );
}
