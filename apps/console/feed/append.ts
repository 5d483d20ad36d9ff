// The feed: what the event stream sends, numbered without gaps.
import type { Event } from '#events/event';
import type { Tx } from '#store/store';

/** Larger data is left out: whoever needs it asks for the document or the device. */
const dataCharactersMax = 32 * 1024;

/**
 * Call it last in a transaction: it locks the head of the feed until the commit, so that numbers become visible in order.
 */
export async function appendFeed(tx: Tx, events: readonly Event[]): Promise<void> {
  if (events.length === 0) return;
  const [head] = await tx.query<{ last: number }>(
    'update console.feed_head set last = last + $1::int returning last',
    [events.length],
  );
  const first = (head?.last ?? 0) - events.length;
  await tx.query(
    `insert into console.feed (sequence, event)
     select $2::bigint + position, event from jsonb_array_elements($1::jsonb) with ordinality as e(event, position)`,
    [JSON.stringify(events.map(trimmed)), first],
  );
}

function trimmed(event: Event): object {
  return JSON.stringify(event.data).length > dataCharactersMax
    ? { ...event, data: null, omitted: true }
    : event;
}
