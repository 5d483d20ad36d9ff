// The row of the rebuild: asked, where it is, how it ended.
import { enqueue } from '#store/tasks';
import type { Store, Tx } from '#store/store';
import { Refusal } from '../../refusal.js';
import { audit } from '../../who/audit.js';
import type { Caller } from '../../who/caller.js';

/** As operators see it. */
export interface Rebuild {
  readonly state: 'never' | 'running' | 'finished' | 'failed';
  readonly phase: 'waiting' | 'reading' | 'making' | null;
  readonly askedBy: string | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly failure: string | null;
  readonly eventsRead: number;
  readonly devicesDone: number;
  readonly devicesTotal: number | null;
  /** Of those done: they could not be made, and are as they were. */
  readonly devicesLeft: number;
  /** The first of them. */
  readonly leftDevices: readonly { readonly deviceId: string; readonly reason: string }[];
}

/** As the work itself sees it. */
export interface Run extends Pick<Rebuild, 'state' | 'phase' | 'devicesTotal'> {
  /** From when on this round reads the journal. */
  readonly since: Date | null;
  readonly feedHead: number;
}

/** One at a time over all instances: a task of this kind, budget and key. */
export const task = { kind: 'rebuild', budget: 'rebuild', key: 'devices' } as const;

/** The feed is read from so far before its head: what was handled last may not be in the journal yet. */
const feedOverlap = 1_000;
/** Clocks of brokers and publishers, which date the journal, may be apart. */
const sinceSlack = '10 minutes';

const columns = `state, phase, asked_by as "askedBy", started_at as "startedAt", finished_at as "finishedAt", failure,
  events_read as "eventsRead", devices_done as "devicesDone", devices_total as "devicesTotal",
  devices_left as "devicesLeft", left_devices as "leftDevices"`;

type Query = Pick<Tx, 'query'>;

export async function shown(on: Query): Promise<Rebuild> {
  const [row] = await on.query<Rebuild>(`select ${columns} from console.rebuild`);
  if (!row) throw new Error('console.rebuild has no row');
  return row;
}

/** Throws Refusal while one runs. */
export async function ask(tx: Tx, { name: who, from }: Caller): Promise<Rebuild> {
  await tx.query('select 1 from console.rebuild for update');
  const { state, askedBy, startedAt } = await shown(tx);
  if (state === 'running')
    throw new Refusal('inUse', `A rebuild runs, asked for by ${askedBy} at ${startedAt?.toISOString()}.`);
  await tx.query(
    `update console.rebuild set state = 'running', phase = 'waiting', asked_by = $1, started_at = now(),
       finished_at = null, failure = null, events_read = 0, devices_done = 0, devices_total = null,
       devices_left = 0, left_devices = '[]',
       round = 0, round_at = null, since = null, feed_head = 0`,
    [who],
  );
  const request = { ...task, id: crypto.randomUUID(), payload: {}, notBefore: null };
  await enqueue(tx, 'console', [request], (queued) => queued);
  await audit(tx, { who, from, action: 'projection.rebuildAsked', target: 'projection' });
  return shown(tx);
}

/** The row, locked: two that work at a time, as after a lease was lost, do so in turns. Null when none runs. */
export async function hold(tx: Tx): Promise<Run | null> {
  const [row] = await tx.query<Run>(
    `select state, phase, since, feed_head as "feedHead", devices_total as "devicesTotal"
     from console.rebuild where state = 'running' for update`,
  );
  return row ?? null;
}

/** Reads the journal from where the round before began, and the feed from where it is now. */
export async function beginRound(tx: Tx): Promise<void> {
  await tx.query(
    `update console.rebuild set phase = 'reading', round = round + 1, since = round_at - interval '${sinceSlack}',
       round_at = now(), feed_head = greatest((select last from console.feed_head) - ${feedOverlap},
         (select coalesce(min(sequence) - 1, (select last from console.feed_head)) from console.feed))`,
  );
  await tx.query('update console.rebuild_device set later = false where later');
}

/** The journal was read: which devices there are. Those without an event get what is made of their view alone. */
export async function beginMaking(tx: Tx): Promise<void> {
  await tx.query(
    `insert into console.rebuild_device (id)
     select id from (select id from console.device where state is not null
       union select device_id from console.rebuild_event) as known
     where (select devices_total is null from console.rebuild)`,
  );
  await tx.query(
    `update console.rebuild set phase = 'making',
       devices_total = coalesce(devices_total, (select count(*) from console.rebuild_device))`,
  );
}

/** Named of those that are left. */
const namedMax = 20;

/** Devices that stay as they are, each with the reason. */
export async function leave(tx: Tx, left: ReadonlyMap<string, string>): Promise<void> {
  if (left.size === 0) return;
  const named = [...left].map(([deviceId, reason]) => ({ deviceId, reason }));
  await tx.query(
    `update console.rebuild set devices_left = devices_left + $1::int, left_devices = (
       select jsonb_agg(one order by at) from jsonb_array_elements(left_devices || $2::jsonb)
         with ordinality as named(one, at) where at <= ${namedMax})`,
    [left.size, JSON.stringify(named)],
  );
}

/** With the end of its task. What one that failed had set aside is deleted a little at a time: see `clearSome`. */
export async function end(tx: Tx, failure: string | null): Promise<void> {
  await tx.query(
    `update console.rebuild set state = case when $1::text is null then 'finished' else 'failed' end, phase = null,
       failure = $1, finished_at = now() where state = 'running'`,
    [failure],
  );
}

/** Rows deleted by one transaction: an embedded disk need have no more room than for these. */
export const clearedMax = 2_000;

/** Deletes some of what was set aside; resolves to whether there may be more. */
export async function clearSome(tx: Tx): Promise<boolean> {
  const events = await tx.query(
    `delete from console.rebuild_event where number = any(array(
       select number from console.rebuild_event order by number limit ${clearedMax})) returning 1 as gone`,
  );
  const devices = await tx.query(
    `delete from console.rebuild_device where id = any(array(
       select id from console.rebuild_device order by id limit ${clearedMax})) returning 1 as gone`,
  );
  return events.length === clearedMax || devices.length === clearedMax;
}

/** What a rebuild that failed had set aside; nothing while one runs. */
export async function clearAfter(store: Store): Promise<void> {
  const some = (): Promise<boolean> =>
    store.transaction(async (tx) => {
      const [row] = await tx.query(`select 1 from console.rebuild where state <> 'running' for update`);
      return row !== undefined && clearSome(tx);
    });
  while (await some());
}
