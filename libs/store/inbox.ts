// Which events a consumer has taken. Claimed in the transaction of their effect: the same event twice does nothing.
import type { Tx } from './store.js';

/** Of `ids`, those not taken before; they are now. Sorted, so that two instances never wait for each other crosswise. */
export async function claim(
  tx: Tx,
  schema: string,
  consumer: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ event_id: string }>(
    `insert into ${schema}.inbox (consumer, event_id)
     select $1, id from unnest($2::uuid[]) as id order by id
     on conflict do nothing returning event_id`,
    [consumer, [...new Set(ids)]],
  );
  return new Set(rows.map((row) => row.event_id));
}

/** How many days a repeat is still known as one. */
export const inboxDays = 14;

/** Deletes up to `limit` entries older than that. Resolves to how many. */
export async function purge(tx: Tx, schema: string, limit: number): Promise<number> {
  const rows = await tx.query(
    `delete from ${schema}.inbox where ctid = any(array(
       select ctid from ${schema}.inbox where taken_at < now() - make_interval(days => $1) limit $2)) returning 1 as gone`,
    [inboxDays, limit],
  );
  return rows.length;
}
