// Schedules and runs in SQL. Locks, in this order: devices, schedules, runs, devices of runs, tasks.
import { randomUUID } from 'node:crypto';
import { runState, scheduleBody, type Schedule } from '#events/schedule';
import type { Cause } from '#store/outbox';
import type { Tx } from '#store/store';
import { enqueue } from '#store/tasks';
import * as z from 'zod';
import { schema } from '../task.js';
import { runTask } from './run-task.js';

type Query = Pick<Tx, 'query'>;

/** Runs that ended are remembered for so long, as the clock may be put back. */
const rememberedFor = '30 days';

export interface KeptSchedule {
  readonly id: string;
  readonly version: number;
  /** Null: deleted. */
  readonly body: Schedule | null;
  readonly until: string;
}

/** The newest versions; an older one that comes late changes nothing. */
export async function keepSchedules(tx: Tx, schedules: readonly KeptSchedule[]): Promise<void> {
  const newest = new Map(schedules.map((schedule) => [schedule.id, schedule]));
  if (newest.size === 0) return;
  await tx.query(
    `insert into ${schema}.schedule (id, version, body, until)
     select id, version, nullif(body, 'null'::jsonb), until
     from jsonb_to_recordset($1::jsonb) as s(id text, version int, body jsonb, until timestamptz) order by id
     on conflict (id) do update set version = excluded.version, body = excluded.body, until = excluded.until
       where schedule.version < excluded.version`,
    [JSON.stringify([...newest.values()])],
  );
}

const scheduleRow = z.object({ id: z.string(), body: scheduleBody, until: z.date() });
export type ScheduleRow = z.infer<typeof scheduleRow>;

/** Those that run by themselves. */
export async function enabledSchedules(on: Query): Promise<readonly ScheduleRow[]> {
  const rows = await on.query(
    `select id, body, until from ${schema}.schedule where (body->>'enabled')::boolean order by id`,
  );
  return z.array(scheduleRow).parse(rows);
}

/** Locked; null when it is gone or switched off, or another instance is at it. */
export async function holdSchedule(tx: Tx, id: string): Promise<ScheduleRow | null> {
  const [row] = await tx.query(
    `select id, body, until from ${schema}.schedule
     where id = $1 and (body->>'enabled')::boolean for update skip locked`,
    [id],
  );
  return row ? scheduleRow.parse(row) : null;
}

export async function decidedUntil(tx: Tx, id: string, until: Date): Promise<void> {
  await tx.query(`update ${schema}.schedule set until = $2 where id = $1`, [id, until]);
}

/** Of these schedules, those that have a run which goes on. */
export async function activeRuns(tx: Tx, scheduleIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ id: string }>(
    `select distinct schedule_id as id from ${schema}.run where ended_at is null and schedule_id = any($1::text[])`,
    [scheduleIds],
  );
  return new Set(rows.map(({ id }) => id));
}

export interface NewRun {
  readonly id: string;
  readonly scheduleId: string;
  readonly body: Schedule;
  readonly dueAt: Date | null;
  readonly requestedBy: string | null;
  readonly cause: Cause;
}

/** Its row and its parent task. Nothing where this time of the schedule has had its run. */
export async function startRun(tx: Tx, { id, cause, ...run }: NewRun): Promise<void> {
  const made = await tx.query(
    `insert into ${schema}.run (id, schedule_id, body, due_at, requested_by) values ($1, $2, $3::jsonb, $4, $5)
     on conflict do nothing returning id`,
    [id, run.scheduleId, JSON.stringify(run.body), run.dueAt, run.requestedBy],
  );
  if (made.length === 0) return;
  await tx.query(`delete from ${schema}.run where ended_at < now() - interval '${rememberedFor}'`);
  const { id: causedBy, traceparent } = cause;
  const task = { ...runTask, id: randomUUID(), key: id, payload: {}, notBefore: null, causedBy, traceparent };
  await enqueue(tx, schema, [task], (queued) => queued);
}

/** The parent task sees it within a second, whoever writes to a device before its next write. */
export async function askCancel(tx: Tx, runId: string, by: string): Promise<void> {
  await tx.query(
    `update ${schema}.run set cancelled_by = coalesce(cancelled_by, $2) where id = $1 and ended_at is null`,
    [runId, by],
  );
}

const runRow = z.object({
  id: z.string(),
  scheduleId: z.string(),
  body: scheduleBody,
  dueAt: z.date().nullable(),
  requestedBy: z.string().nullable(),
  state: runState.exclude(['missed']),
  detail: z.string().nullable(),
  cancelledBy: z.string().nullable(),
  beganAt: z.date(),
  endedAt: z.date().nullable(),
  filledTo: z.string().nullable(),
  stage: z.number(),
  stages: z.number(),
  chunks: z.number(),
  told: z.unknown(),
});
export type Run = z.infer<typeof runRow>;

const columns = `id, schedule_id as "scheduleId", body, due_at as "dueAt", requested_by as "requestedBy", state, detail,
  cancelled_by as "cancelledBy", began_at as "beganAt", ended_at as "endedAt", filled_to as "filledTo", stage, stages, chunks,
  told`;

/** Locked; null when it has ended. */
export async function holdRun(tx: Tx, id: string): Promise<Run | null> {
  const [row] = await tx.query(
    `select ${columns} from ${schema}.run where id = $1 and ended_at is null for update`,
    [id],
  );
  return row ? runRow.parse(row) : null;
}

/** Of whose it is, as the events of its devices name it. */
export const partOf = ({ id, scheduleId, body, requestedBy }: Run) => ({
  runId: id,
  schedule: { scheduleId, name: body.name },
  requestedBy: requestedBy === null ? [] : [requestedBy],
});

/** Its devices are compared with a policy of the schedule, and left as they are: a dry run of each. */
export const isAudit = ({ remediate, policyId }: Schedule): boolean => !remediate && policyId !== null;

export async function readRun(on: Query, id: string): Promise<Run | null> {
  const [row] = await on.query(`select ${columns} from ${schema}.run where id = $1 and ended_at is null`, [
    id,
  ]);
  return row ? runRow.parse(row) : null;
}

/** By the database's clock. */
export async function isOlder(on: Query, { id }: Pick<Run, 'id'>, ageMs: number): Promise<boolean> {
  const rows = await on.query(
    `select from ${schema}.run where id = $1 and began_at < clock_timestamp() - make_interval(secs => $2)`,
    [id, ageMs / 1_000],
  );
  return rows.length > 0;
}

export async function saveRun(tx: Tx, run: Run): Promise<void> {
  const { id, state, detail, endedAt, filledTo, stage, stages, chunks, told } = run;
  await tx.query(
    `update ${schema}.run set state = $2, detail = $3, ended_at = $4, filled_to = $5, stage = $6, stages = $7, chunks = $8,
       told = $9::jsonb where id = $1`,
    [id, state, detail, endedAt, filledTo, stage, stages, chunks, JSON.stringify(told)],
  );
}
