// Who was turned away at the edge, kept for the page: the newest, however many there are.
import { announcementsRefused, type Refusal } from '#events/refusal';
import type { Event } from '#events/event';
import type { Tx } from '#store/store';

export interface RefusedChange {
  readonly kind: 'refused';
  readonly refusal: Refusal;
}

/** Peers and reasons that are remembered. */
const keptMax = 1_000;
/** A count that began so long before the next refusal begins anew. */
const countedFor = '1 day';
const shownMax = 200;

export const refusalChanges = (event: Event): readonly RefusedChange[] =>
  announcementsRefused.is(event)
    ? event.data.refusals.map((refusal) => ({ kind: 'refused' as const, refusal }))
    : [];

export async function saveRefusals(tx: Tx, changes: readonly RefusedChange[]): Promise<void> {
  if (changes.length === 0) return;
  const together = new Map<string, Refusal>();
  for (const { refusal } of changes) {
    const key = `${refusal.reason} ${refusal.peer}`;
    const before = together.get(key);
    together.set(key, { ...refusal, count: refusal.count + (before?.count ?? 0) });
  }
  await tx.query(
    `insert into console.refusal as r (peer, reason, message, serial, count, first_at, last_at)
     select peer, reason, message, serial, count, "lastAt", "lastAt" from jsonb_to_recordset($1::jsonb)
       as n (peer text, reason text, message text, serial text, count bigint, "lastAt" timestamptz)
     order by peer, reason
     on conflict (peer, reason) do update set message = excluded.message,
       serial = coalesce(excluded.serial, r.serial),
       count = excluded.count + case when r.last_at > excluded.last_at - interval '${countedFor}' then r.count else 0 end,
       first_at = case when r.last_at > excluded.last_at - interval '${countedFor}' then r.first_at else excluded.first_at end,
       last_at = greatest(r.last_at, excluded.last_at)`,
    [JSON.stringify([...together.values()])],
  );
  await tx.query(
    `delete from console.refusal where (peer, reason) in (
       select peer, reason from console.refusal order by last_at desc, peer, reason offset ${keptMax})`,
  );
}

/** Newest first; of one serial number, or of all. */
export const readRefusals = (on: Pick<Tx, 'query'>, serial: string | null = null): Promise<object[]> =>
  on.query(
    `select peer, reason, message, serial, count, first_at as "firstAt", last_at as "lastAt" from console.refusal
     where $1::text is null or serial = $1 order by last_at desc, peer, reason limit ${shownMax}`,
    [serial],
  );
