// Set-wise SQL of the projection. Locks, in this order: devices by id, announcements by id, the head of the feed.
import type { AssessmentFinished } from '#events/assessment';
import type { GivenUp } from '#events/delivery';
import type { Event } from '#events/event';
import type { Tx } from '#store/store';
import { appendFeed } from '../feed/append.js';
import { saveAnswered, type AnsweredChange } from '../assessing/asked.js';
import { saveProgress, type ProgressChange } from '../discoveries/results.js';
import { saveRuns, type RunChange } from '../schedules/runs.js';
import { saveMissed, saveQuarantine, type MissedChange, type QuarantineChange } from '../quarantine/rows.js';
import type { AnnouncementBody } from './announcement.js';
import { saveChanges, type ChangedChange } from './changes.js';
import { saveRefusals, type RefusedChange } from './refusals.js';
import { agentStateOf, blankView, listed, searchText, statusOf, type DeviceView } from './device-view.js';

export interface State {
  readonly devices: Map<string, DeviceView>;
}

export type Change =
  | { readonly kind: 'device'; readonly view: DeviceView }
  | {
      readonly kind: 'history';
      readonly deviceId: string;
      readonly ordinal: number;
      readonly at: string;
      readonly type: string;
      readonly text: string;
    }
  | { readonly kind: 'result'; readonly deviceId: string; readonly body: AssessmentFinished }
  | { readonly kind: 'announced'; readonly id: string; readonly body: AnnouncementBody }
  | {
      readonly kind: 'judged';
      readonly id: string;
      readonly outcome: string;
      readonly detail: string | null;
      readonly deviceId: string | null;
    }
  | QuarantineChange
  | MissedChange
  | RefusedChange
  | ProgressChange
  | RunChange
  | AnsweredChange
  | ChangedChange
  | { readonly kind: 'serialSeen'; readonly serial: string }
  | {
      readonly kind: 'report';
      readonly subject: string;
      readonly sequence: number;
      readonly body: unknown;
    }
  | {
      readonly kind: 'dead';
      readonly consumer: string;
      readonly eventId: string;
      readonly eventType: string;
      readonly attempts: number;
      readonly reason: string;
      readonly event?: GivenUp | undefined;
      readonly at: string;
    }
  | { readonly kind: 'feed'; readonly event: Event };

/** Entries of history kept for each device: some seven announcements, each as far as its assessment. */
export const historyMax = 40;

/** Views of the devices, locked; those not heard of yet are made first, so that no two instances make one twice. */
export async function load(tx: Tx, deviceIds: readonly string[]): Promise<State> {
  // Held against a serial number being added at the same moment: see rest/serials.ts.
  await tx.query('select 1 from console.installation for share');
  if (deviceIds.length === 0) return { devices: new Map() };
  const ids = [[...new Set(deviceIds)]];
  await tx.query(
    'insert into console.device (id) select id from unnest($1::uuid[]) as id order by id on conflict do nothing',
    ids,
  );
  const rows = await tx.query<{ id: string; state: DeviceView | null }>(
    'select id, state from console.device where id = any($1::uuid[]) order by id for update',
    ids,
  );
  return { devices: new Map(rows.map(({ id, state }) => [id, state ?? blankView(id)])) };
}

export async function save(tx: Tx, changes: readonly Change[]): Promise<void> {
  const of = <K extends Change['kind']>(kind: K) =>
    changes.filter((change): change is Extract<Change, { kind: K }> => change.kind === kind);
  await saveDevices(
    tx,
    of('device').map(({ view }) => view),
  );
  await saveResults(tx, of('result'));
  await saveHistory(tx, of('history'));
  await saveAnnouncements(tx, [...of('announced'), ...of('judged')]);
  await saveSerials(
    tx,
    of('serialSeen').map(({ serial }) => serial),
  );
  await saveQuarantine(tx, of('quarantine'));
  await saveMissed(tx, of('quarantineMissed'));
  await saveRefusals(tx, of('refused'));
  await saveProgress(tx, of('progressed'));
  await saveRuns(tx, of('run'));
  await saveAnswered(tx, of('answered'));
  await saveChanges(tx, {
    made: of('changed'),
    undone: of('undone'),
    foreseen: of('foreseen'),
    readOut: of('readOut'),
  });
  await saveReports(tx, of('report'));
  await saveDead(tx, of('dead'));
  await appendFeed(
    tx,
    of('feed').map(({ event }) => event),
  );
}

async function saveDevices(tx: Tx, views: readonly DeviceView[]): Promise<void> {
  if (views.length === 0) return;
  const newest = new Map(views.map((view) => [view.id, view]));
  const rows = [...newest.values()].map((view) => ({
    id: view.id,
    listed: listed(view),
    serial: view.identity?.serial ?? '',
    status: statusOf(view),
    agent: agentStateOf(view),
    flapping_at: view.flapping?.at ?? null,
    search: searchText(view),
    group_ids: view.groups.map((group) => group.id),
    queued: view.tasks.filter((task) => task.state === 'queued').length,
    running: view.tasks.filter((task) => task.state === 'running').length,
    state: view,
  }));
  await tx.query(
    `update console.device d set listed = r.listed,
       unlisted_at = case when not r.listed then coalesce(d.unlisted_at, now()) end, serial = r.serial, status = r.status, search = r.search,
       agent = r.agent, flapping_at = r.flapping_at, group_ids = r.group_ids, queued = r.queued, running = r.running, state = r.state
     from jsonb_to_recordset($1::jsonb) as r(id uuid, listed boolean, serial text, status text, search text,
       agent text, flapping_at timestamptz, group_ids text[], queued int, running int, state jsonb)
     where d.id = r.id`,
    [JSON.stringify(rows)],
  );
}

type Of<K extends Change['kind']> = readonly Extract<Change, { kind: K }>[];

async function saveResults(tx: Tx, results: Of<'result'>): Promise<void> {
  if (results.length === 0) return;
  const newest = new Map(results.map(({ deviceId, body }) => [deviceId, { id: deviceId, body }]));
  await tx.query(
    `insert into console.assessment_result (device_id, body)
     select id, body from jsonb_to_recordset($1::jsonb) as r(id uuid, body jsonb) order by id
     on conflict (device_id) do update set body = excluded.body`,
    [JSON.stringify([...newest.values()])],
  );
}

async function saveHistory(tx: Tx, entries: Of<'history'>): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(
    `insert into console.history (device_id, ordinal, at, type, text)
     select "deviceId", ordinal, at, type, text from jsonb_to_recordset($1::jsonb)
       as r("deviceId" uuid, ordinal int, at timestamptz, type text, text text)`,
    [JSON.stringify(entries)],
  );
  const full = new Map(
    entries.filter(({ ordinal }) => ordinal > historyMax).map((entry) => [entry.deviceId, entry]),
  );
  if (full.size === 0) return;
  await tx.query(
    `delete from console.history h using unnest($1::uuid[], $2::int[]) as r(id, ordinal)
     where h.device_id = r.id and h.ordinal <= r.ordinal - ${historyMax}`,
    [[...full.keys()], [...full.values()].map(({ ordinal }) => ordinal)],
  );
}

async function saveAnnouncements(
  tx: Tx,
  halves: readonly Extract<Change, { kind: 'announced' | 'judged' }>[],
) {
  if (halves.length === 0) return;
  const rows = new Map<string, object>();
  for (const { kind: _, id, ...half } of halves) rows.set(id, { ...rows.get(id), id, ...half });
  await tx.query(
    `insert into console.announcement as a (id, body, outcome, detail, device_id)
     select id, body, outcome, detail, "deviceId" from jsonb_to_recordset($1::jsonb)
       as r(id uuid, body jsonb, outcome text, detail text, "deviceId" uuid) order by id
     on conflict (id) do update set body = coalesce(a.body, excluded.body),
       outcome = coalesce(excluded.outcome, a.outcome), detail = coalesce(excluded.detail, a.detail),
       device_id = coalesce(excluded.device_id, a.device_id)`,
    [JSON.stringify([...rows.values()])],
  );
}

async function saveSerials(tx: Tx, serials: readonly string[]): Promise<void> {
  if (serials.length === 0) return;
  await tx.query(
    'update console.serial set discovered_at = now() where serial = any($1::text[]) and discovered_at is null',
    [serials],
  );
}

async function saveReports(tx: Tx, reports: Of<'report'>): Promise<void> {
  if (reports.length === 0) return;
  await tx.query(
    `insert into console.report as r (subject, sequence, body)
     select distinct on (subject) subject, sequence, body from jsonb_to_recordset($1::jsonb)
       as n(subject text, sequence bigint, body jsonb) order by subject, sequence desc
     on conflict (subject) do update set sequence = excluded.sequence, body = excluded.body
       where r.sequence < excluded.sequence`,
    [JSON.stringify(reports)],
  );
}

async function saveDead(tx: Tx, deaths: Of<'dead'>): Promise<void> {
  if (deaths.length === 0) return;
  await tx.query(
    `insert into console.dead_delivery as d
       (consumer, event_id, event_type, attempts, reason, died_at, subject, event)
     select distinct on (consumer, "eventId") consumer, "eventId", "eventType", attempts, reason, at,
       coalesce(event->>'subject', ''), event
     from jsonb_to_recordset($1::jsonb) as r(consumer text, "eventId" uuid, "eventType" text, attempts int,
       reason text, at timestamptz, event jsonb) order by consumer, "eventId", at desc
     on conflict (consumer, event_id) do update set number = default, attempts = excluded.attempts,
       reason = excluded.reason, died_at = excluded.died_at, subject = excluded.subject, event = excluded.event
       where d.died_at < excluded.died_at`,
    [JSON.stringify(deaths)],
  );
}
