// Some devices made anew, in one transaction that holds them as the live consumer would: readers see each before or after.
import { cut } from '#events/cut';
import { reasonOf } from '#store/failure';
import type { Tx } from '#store/store';
import type { DeviceView } from '../device-view.js';
import { load, save, type Change } from '../tables.js';
import { begun, endOf, hear, startOf, type Entry, type Made, type Shown, type Start } from './fold.js';
import { leave, type Run } from './run.js';
import { copyFeed, eventsOf, headsOf } from './staged.js';

/** In one transaction, with so many events about them; one device is always taken. */
const devicesMax = 25;
const eventsMax = 2_000;

/** done: some were made, or left for the next round. over: none is left in this one. gap: the feed has lost what came since. */
export type Step = 'done' | 'over' | 'gap';

/** The next devices in the order of their ids. The caller holds `run`. */
export async function makeSome(tx: Tx, run: Run): Promise<Step> {
  const ids = await nextDevices(tx);
  if (ids.length === 0) return 'over';
  const { devices } = await load(tx, ids);
  // After the locks: what live did to these devices is committed, and in the feed.
  const { gap } = await copyFeed(tx, run, Number.MAX_SAFE_INTEGER);
  if (gap) return 'gap';
  const heads = Map.groupBy(await headsOf(tx, ids), ({ deviceId }) => deviceId);
  const later = ids.filter((id) => heads.get(id)?.some(({ omitted }) => omitted));
  const now = ids.filter((id) => !later.includes(id));
  const history = await historyOf(tx, now);
  const drafts = new Map<string, Draft>();
  const left = new Map<string, string>();
  /** One device that cannot be made is no reason to leave the others. */
  const of = (id: string, work: () => void): void => {
    try {
      if (!left.has(id)) work();
    } catch (error) {
      left.set(id, cut(reasonOf(error), reasonMax));
      drafts.delete(id);
    }
  };
  for (const id of now) {
    const view = devices.get(id);
    const its = heads.get(id) ?? [];
    // Known by events alone that live has not handled yet.
    if (!view || (its.length === 0 && view.entries === 0)) continue;
    of(id, () => {
      const start = startOf({ view, history: history.get(id) ?? [] }, its);
      drafts.set(id, { before: view, start, made: begun(start), heard: its.length });
    });
  }
  for await (const event of eventsOf(tx, now)) {
    of(event.subject, () => {
      const draft = drafts.get(event.subject);
      if (draft) draft.made = hear(draft.made, event);
    });
  }
  const ends = [...drafts].flatMap(([id, draft]) => {
    const made: End[] = [];
    of(id, () => made.push(endOfDraft(draft)));
    return made;
  });
  await keep(tx, ends);
  await settle(tx, now, later);
  await leave(tx, left);
  return 'done';
}

const reasonMax = 300;

interface Draft {
  readonly before: DeviceView;
  readonly start: Start;
  readonly heard: number;
  made: Made;
}

interface End {
  readonly id: string;
  readonly heard: number;
  readonly changes: readonly Change[];
}

function endOfDraft({ before, start, made, heard }: Draft): End {
  const end = endOf(before, start, made, heard);
  return { id: before.id, heard, changes: changesOf(end, heard > 0, made.result) };
}

async function nextDevices(tx: Tx): Promise<readonly string[]> {
  const rows = await tx.query<{ id: string; events: number }>(
    `select d.id, (select count(*) from console.rebuild_event e where e.device_id = d.id) as events
     from console.rebuild_device d where not d.later order by d.id limit ${devicesMax}`,
  );
  let events = 0;
  return rows.filter((row, at) => (events += row.events) <= eventsMax || at === 0).map(({ id }) => id);
}

async function historyOf(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, readonly Entry[]>> {
  const rows = await tx.query<{ deviceId: string; at: Date; type: string; text: string }>(
    `select device_id as "deviceId", at, type, text from console.history
     where device_id = any($1::uuid[]) order by device_id, ordinal`,
    [ids],
  );
  return Map.groupBy(
    rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() })),
    ({ deviceId }) => deviceId,
  );
}

async function keep(tx: Tx, ends: readonly End[]): Promise<void> {
  const anew = ends.filter(({ heard }) => heard > 0).map(({ id }) => id);
  await tx.query('delete from console.history where device_id = any($1::uuid[])', [anew]);
  await save(
    tx,
    ends.flatMap(({ changes }) => changes),
  );
}

/** As live would write them. */
function changesOf({ view, history }: Shown, anew: boolean, result: Made['result']): readonly Change[] {
  const first = view.entries - history.length + 1;
  const entries = history.map(
    ({ at, type, text }, place) =>
      ({ kind: 'history', deviceId: view.id, ordinal: first + place, at, type, text }) as const,
  );
  return [
    { kind: 'device', view },
    ...(anew ? entries : []),
    ...(result ? [{ kind: 'result', deviceId: view.id, body: result } as const] : []),
  ];
}

async function settle(tx: Tx, made: readonly string[], later: readonly string[]): Promise<void> {
  await tx.query('delete from console.rebuild_event where device_id = any($1::uuid[])', [made]);
  await tx.query('delete from console.rebuild_device where id = any($1::uuid[])', [made]);
  await tx.query('update console.rebuild_device set later = true where id = any($1::uuid[])', [later]);
  await tx.query('update console.rebuild set devices_done = devices_done + $1::int', [made.length]);
}
