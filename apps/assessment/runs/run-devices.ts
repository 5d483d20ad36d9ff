// Devices of runs in SQL.
import type { Tx } from '#store/store';
import { cancel } from '#store/tasks';
import { schema } from '../task.js';
import { chunkTask } from './run-task.js';
import type { Stage } from './stages.js';

type Query = Pick<Tx, 'query'>;

/** skipped: nothing was asked of it, and the event of its skipping says why. */
export const outcomes = [
  'compliant',
  'nonCompliant',
  'unreachable',
  'failed',
  'skipped',
  'cancelled',
] as const;
export type RunOutcome = (typeof outcomes)[number];

export async function addDevices(tx: Tx, runId: string, deviceIds: readonly string[]): Promise<void> {
  if (deviceIds.length === 0) return;
  await tx.query(
    `insert into ${schema}.run_device (run_id, device_id) select $1, id from unnest($2::uuid[]) as id on conflict do nothing`,
    [runId, deviceIds],
  );
}

export async function countRunDevices(tx: Tx, runId: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `select count(*)::int as count from ${schema}.run_device where run_id = $1`,
    [runId],
  );
  return row?.count ?? 0;
}

/** Every device gets its stage and its child task, in an order that says nothing of the devices, and is another in each run. */
export async function spreadDevices(
  tx: Tx,
  runId: string,
  { stages, chunkMax }: { readonly stages: readonly Stage[]; readonly chunkMax: number },
): Promise<void> {
  await tx.query(
    `update ${schema}.run_device d set stage = s.stage, chunk = s.chunk + (p.nth - s.low - 1) / $3
     from (select device_id, row_number() over (order by md5(run_id::text || device_id::text))::int as nth
       from ${schema}.run_device where run_id = $1) p
     join jsonb_to_recordset($2::jsonb) as s(stage int, low int, high int, chunk int) on p.nth > s.low and p.nth <= s.high
     where d.run_id = $1 and d.device_id = p.device_id`,
    [runId, JSON.stringify(stages), chunkMax],
  );
}

/** The last child task of a stage; 0: it has none. */
export async function lastChunk(tx: Tx, runId: string, stage: number): Promise<number> {
  const [row] = await tx.query<{ last: number | null }>(
    `select max(chunk) as last from ${schema}.run_device where run_id = $1 and stage = $2`,
    [runId, stage],
  );
  return row?.last ?? 0;
}

export type Counts = Readonly<Record<RunOutcome | 'devices' | 'waiting' | 'running', number>>;

export interface Counted {
  readonly all: Counts;
  readonly ofStage: Counts;
}

/** Of a run, and of one of its stages. */
export async function countDevices(tx: Tx, runId: string, stage: number): Promise<Counted> {
  const rows = await tx.query<{ inStage: boolean; what: string; count: number }>(
    `select stage = $2 as "inStage", coalesce(outcome, state) as what, count(*)::int as count
     from ${schema}.run_device where run_id = $1 group by 1, 2`,
    [runId, stage],
  );
  const countsOf = (some: typeof rows): Counts => {
    const of = (what: string): number =>
      some.filter((row) => row.what === what).reduce((sum, { count }) => sum + count, 0);
    return {
      devices: some.reduce((sum, { count }) => sum + count, 0),
      waiting: of('waiting'),
      running: of('running'),
      compliant: of('compliant'),
      nonCompliant: of('nonCompliant'),
      unreachable: of('unreachable'),
      failed: of('failed'),
      skipped: of('skipped'),
      cancelled: of('cancelled'),
    };
  };
  return { all: countsOf(rows), ofStage: countsOf(rows.filter(({ inStage }) => inStage)) };
}

/** How many child tasks of a run have not ended. */
export async function countChunks(tx: Tx, runId: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `select count(*)::int as count from ${schema}.task where kind = $1 and payload->>'runId' = $2`,
    [chunkTask.kind, runId],
  );
  return row?.count ?? 0;
}

export const begunRow = `device_id as "deviceId", task_id as "taskId", attempt, started_at as "startedAt",
  policies, cancelled_because as "cancelledBecause"`;

/** What is known of a device that somebody has spoken with, and nobody will again. */
export interface BegunRow {
  readonly deviceId: string;
  readonly taskId: string;
  readonly attempt: number;
  readonly startedAt: Date | null;
  readonly policies: unknown;
  readonly cancelledBecause: string | null;
}

/** All of a run, or of one of its child tasks, that have not ended: they end, and who was spoken with is to be told of. */
export async function endLeft(
  tx: Tx,
  { runId, chunk }: { readonly runId: string; readonly chunk: number | null },
  outcome: RunOutcome,
): Promise<readonly BegunRow[]> {
  const rows = await tx.query<BegunRow & Record<string, unknown>>(
    `update ${schema}.run_device set state = 'ended', holder = null,
       outcome = case when cancelled_because is null then $3 else 'cancelled' end
     where run_id = $1 and ($2::int is null or chunk = $2) and state <> 'ended' returning ${begunRow}`,
    [runId, chunk, outcome],
  );
  return rows.filter(({ attempt }) => attempt > 0);
}

/**
 * What was never spoken with is asked no more; what is spoken with is let go before its next write. The rest is told of by
 * its child task, which ends now: see left-behind.ts.
 */
export async function dropDevices(tx: Tx, runId: string, because: string): Promise<void> {
  await tx.query(
    `update ${schema}.run_device set state = 'ended', outcome = 'cancelled'
     where run_id = $1 and state = 'waiting' and attempt = 0`,
    [runId],
  );
  const tasks = await tx.query<{ key: string }>(
    `select key from ${schema}.task where kind = $1 and payload->>'runId' = $2`,
    [chunkTask.kind, runId],
  );
  const keys = tasks.map(({ key }) => key);
  if (keys.length > 0) await cancel(tx, schema, { kind: chunkTask.kind, keys, because });
}

export async function forgetDevices(tx: Tx, runId: string): Promise<void> {
  await tx.query(`delete from ${schema}.run_device where run_id = $1`, [runId]);
}

/**
 * Whatever runs have to do with a device ends before its next write. Where it waits for another try, its child task ends it,
 * and tells what was changed by then: see begin.ts.
 * @returns keys of the child tasks that are to look at once
 */
export async function cancelInRuns(tx: Tx, deviceId: string, because: string): Promise<readonly string[]> {
  const rows = await tx.query<{ key: string; state: string }>(
    `update ${schema}.run_device set cancelled_because = $2,
       outcome = case when state = 'waiting' and attempt = 0 then 'cancelled' else outcome end,
       not_before = case state when 'waiting' then clock_timestamp() else not_before end,
       state = case when state = 'waiting' and attempt = 0 then 'ended' else state end
     where device_id = $1 and state <> 'ended' returning run_id || ' ' || chunk as key, state`,
    [deviceId, because],
  );
  return rows.flatMap(({ key, state }) => (state === 'waiting' ? [key] : []));
}

/** Those that wait. Who is at one right now has it look again by itself. */
export async function wakeChunks(tx: Tx, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await tx.query(
    `update ${schema}.task set not_before = least(not_before, clock_timestamp()) where id in (
       select id from ${schema}.task where kind = $1 and state = 'waiting' and key = any($2::text[])
       for update skip locked)`,
    [chunkTask.kind, keys],
  );
}

/** Why nothing more may be written to these devices of a run, by device; null: it may. */
export async function cancelledBecause(
  on: Query,
  runId: string,
  deviceIds: readonly string[],
): Promise<(deviceId: string) => string | null> {
  const rows = await on.query<{ id: string; because: string | null }>(
    `select d.device_id as id, coalesce(d.cancelled_because, r.cancelled_by || ' has cancelled the run',
       case when r.state <> 'running' then coalesce(r.detail, 'the run has ended') end) as because
     from ${schema}.run r join ${schema}.run_device d on d.run_id = r.id
     where r.id = $1 and d.device_id = any($2::uuid[])`,
    [runId, deviceIds],
  );
  const found = new Map(rows.map(({ id, because }) => [id, because]));
  return (deviceId) => (found.has(deviceId) ? (found.get(deviceId) ?? null) : 'the run is gone');
}
