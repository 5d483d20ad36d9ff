// Events set aside for the rebuild: all that the journal has of devices, and what the live consumer handled since, which
// the feed has. The inbox says which of them live has taken, parking which of those it has not handled: these, and those it
// has not taken, are its own to come.
import { storableEvent } from '#events/storable';
import { readEvent } from '#events/catalogue';
import { UnreadableEvent, type Event } from '#events/event';
import type { Tx } from '#store/store';
import { deviceOf, projection } from '../projection.js';
import { deviceRules } from '../rules.js';
import type { Head } from './fold.js';
import type { Run } from './run.js';

const types = deviceRules.map(({ definition }) => definition.type);
const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** Events of a page of the journal that are about a device. What this build cannot read changed nothing live either. */
export function aboutDevices(page: readonly unknown[]): readonly Event[] {
  const events = page.flatMap((message) => {
    try {
      const event = isOfDevice(message) ? readEvent(message) : null;
      return event && deviceOf(event) !== null && isUuid(event.subject) ? [storableEvent(event)] : [];
    } catch (error) {
      if (error instanceof UnreadableEvent) return [];
      throw error;
    }
  });
  return [...new Map(events.map((event) => [event.id, event])).values()];
}

/** Before it is checked whole, which costs more. */
const isOfDevice = (message: unknown): boolean =>
  typeof message === 'object' &&
  message !== null &&
  'type' in message &&
  types.some((type) => type === message.type);

export async function stage(tx: Tx, read: number, events: readonly Event[]): Promise<void> {
  await tx.query('update console.rebuild set events_read = events_read + $1::int', [read]);
  if (events.length === 0) return;
  await tx.query(
    `insert into console.rebuild_event as e (id, device_id, event)
     select (event->>'id')::uuid, (event->>'subject')::uuid, event
     from jsonb_array_elements($1::jsonb) with ordinality as r(event, position) order by position
     on conflict (id) do update set event = excluded.event where e.event is null`,
    [JSON.stringify(events)],
  );
}

export interface Copied {
  /** The feed no longer has all of it: another round is needed. */
  readonly gap: boolean;
  readonly left: number;
}

/** Up to `limit` rows of the feed more, about devices that are still to be made. */
export async function copyFeed(tx: Tx, { feedHead }: Run, limit: number): Promise<Copied> {
  const [bounds] = await tx.query<{ oldest: number | null; newest: number }>(
    'select last as newest, (select min(sequence) from console.feed) as oldest from console.feed_head',
  );
  const newest = bounds?.newest ?? 0;
  if (newest > feedHead && (bounds?.oldest ?? newest + 1) > feedHead + 1) return { gap: true, left: 0 };
  const upTo = Math.max(feedHead, Math.min(newest, feedHead + limit));
  await tx.query(
    `with told as materialized (
       select sequence, event from console.feed
       where sequence > $1 and sequence <= $2 and event->>'type' = any($3::text[]))
     insert into console.rebuild_event (id, device_id, event)
     select (event->>'id')::uuid, d.id, case when event ? 'omitted' then null else event end
     from told join console.rebuild_device d on d.id = (event->>'subject')::uuid
     order by sequence on conflict (id) do nothing`,
    [feedHead, upTo, types],
  );
  await tx.query('update console.rebuild set feed_head = $1', [upTo]);
  return { gap: false, left: newest - upTo };
}

export interface StagedHead extends Head {
  readonly deviceId: string;
  /** Handled, and its data is not here. */
  readonly omitted: boolean;
}

const handled = `(e.event is null or exists (
  select from console.inbox i where i.consumer = '${projection.name}' and i.event_id = e.id)
  and not exists (
    select from console.parked p where p.consumer = '${projection.name}' and p.event_id = e.id))`;

/** Of what live has handled, in order. */
export const headsOf = (tx: Tx, ids: readonly string[]): Promise<readonly StagedHead[]> =>
  tx.query<StagedHead>(
    `select e.device_id as "deviceId", e.event is null as omitted, e.event->>'publisher' as publisher,
       (e.event->>'sequence')::bigint as sequence, e.event->>'type' as type, e.event->>'occurredAt' as at
     from console.rebuild_event e where e.device_id = any($1::uuid[]) and ${handled} order by e.number`,
    [ids],
  );

/** Events held in memory at a time. */
const pageRows = 500;

/** The events themselves, device by device, in order. */
export async function* eventsOf(tx: Tx, ids: readonly string[]): AsyncGenerator<Event> {
  for (let last = { deviceId: '00000000-0000-0000-0000-000000000000', number: 0 }; ;) {
    const rows: readonly { deviceId: string; number: number; event: Event }[] = await tx.query<{
      deviceId: string;
      number: number;
      event: Event;
    }>(
      `select e.device_id as "deviceId", e.number, e.event from console.rebuild_event e
       where e.device_id = any($1::uuid[]) and (e.device_id, e.number) > ($2::uuid, $3::bigint)
         and e.event is not null and ${handled}
       order by e.device_id, e.number limit ${pageRows}`,
      [ids, last.deviceId, last.number],
    );
    for (const { event } of rows) yield event;
    const end = rows.at(-1);
    if (!end || rows.length < pageRows) return;
    last = end;
  }
}
