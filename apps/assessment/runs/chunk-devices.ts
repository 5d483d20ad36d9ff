// Devices of a child task in SQL: held while they are spoken with.
import type { Tx } from '#store/store';
import { schema } from '../task.js';
import type { Subject } from '../told.js';
import { begunRow, type BegunRow, type RunOutcome } from './run-devices.js';
import { chunkKey, chunkTask, type ChunkPayload } from './run-task.js';

type Query = Pick<Tx, 'query'>;

export interface ChunkRow extends BegunRow {
  /** running: whoever spoke with it has died. */
  readonly state: 'waiting' | 'running';
  /** It was changed by its assessment before. */
  readonly wrote: boolean;
}

/** Devices of a child task that may be spoken with now, locked. */
export async function holdChunk(tx: Tx, { runId, chunk }: ChunkPayload): Promise<readonly ChunkRow[]> {
  return tx.query<ChunkRow & Record<string, unknown>>(
    `select ${begunRow}, state, exists (select from ${schema}.change c where c.task_id = d.task_id) as wrote
     from ${schema}.run_device d
     where run_id = $1 and chunk = $2 and state <> 'ended'
       and (state = 'running' or not_before is null or not_before <= clock_timestamp())
     order by device_id for update`,
    [runId, chunk],
  );
}

/** All that have not ended: skipped, but those that were changed by then, which are cancelled. */
export async function giveUpChunk(
  tx: Tx,
  { runId, chunk }: ChunkPayload,
): Promise<readonly (BegunRow & { readonly outcome: RunOutcome })[]> {
  return tx.query<BegunRow & { readonly outcome: RunOutcome } & Record<string, unknown>>(
    `update ${schema}.run_device d set state = 'ended', holder = null, outcome = case when cancelled_because is null
       and not exists (select from ${schema}.change c where c.task_id = d.task_id) then 'skipped' else 'cancelled' end
     where run_id = $1 and chunk = $2 and state <> 'ended' returning ${begunRow}, outcome`,
    [runId, chunk],
  );
}

/** Milliseconds until the next of its devices may be spoken with; null: all have ended. */
export async function nextInMs(on: Query, { runId, chunk }: ChunkPayload): Promise<number | null> {
  const [row] = await on.query<{ ms: number | null }>(
    `select extract(epoch from min(coalesce(not_before, clock_timestamp())) - clock_timestamp())::float8 * 1000 as ms
     from ${schema}.run_device where run_id = $1 and chunk = $2 and state <> 'ended'`,
    [runId, chunk],
  );
  const ms = row?.ms ?? null;
  return ms === null ? null : Math.max(0, ms);
}

/** One that another task speaks with: of instant-on, or of another run. Asked under the locks of turns. */
export async function busyDevices(
  tx: Tx,
  deviceIds: readonly string[],
  { kinds, ...own }: ChunkPayload & { readonly kinds: readonly string[] },
): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ key: string }>(
    `select key from ${schema}.task where key = any($1::text[]) and kind = any($2::text[]) and state = 'running'
       and lease_until > statement_timestamp()
     union select d.device_id::text ${ofRuns} and d.device_id = any(($1::text[])::uuid[]) and t.key <> $3`,
    [deviceIds, kinds, chunkKey(own)],
  );
  return new Set(rows.map(({ key }) => key));
}

/** Devices that a run speaks with, whose child task is alive. */
export const ofRuns = `from ${schema}.run_device d join ${schema}.task t on t.kind = '${chunkTask.kind}'
  and t.key = d.run_id || ' ' || d.chunk and t.state = 'running' and t.lease_until > statement_timestamp()
  where d.state = 'running'`;

export interface Moved {
  readonly deviceId: string;
  readonly state: 'waiting' | 'running' | 'ended';
  readonly outcome: RunOutcome | null;
  /** Of waiting. */
  readonly afterMs: number | null;
  /** Of running: what its end is to say, whoever tells it. */
  readonly began?: { readonly startedAt: Date; readonly policies: Subject['policies'] };
}

/** Of devices that were locked just now. */
export async function beginRows(
  tx: Tx,
  {
    runId,
    holder,
    moved,
  }: { readonly runId: string; readonly holder: string; readonly moved: readonly Moved[] },
): Promise<void> {
  await tx.query(
    `update ${schema}.run_device d set state = m.state, outcome = m.outcome,
       holder = case m.state when 'running' then $2::uuid end,
       attempt = d.attempt + case m.state when 'running' then 1 else 0 end,
       started_at = coalesce((m.began->>'startedAt')::timestamptz, d.started_at),
       policies = coalesce(m.began->'policies', d.policies),
       not_before = clock_timestamp() + make_interval(secs => m."afterMs" / 1000.0)
     from jsonb_to_recordset($3::jsonb) as m("deviceId" uuid, state text, outcome text, "afterMs" float8,
       began jsonb)
     where d.run_id = $1 and d.device_id = m."deviceId"`,
    [runId, holder, JSON.stringify(moved)],
  );
}

/**
 * What came of devices that `holder` spoke with. Their own rows are locked first: see rows.ts.
 * @returns those of which it may be saved; of others somebody else has the say by now
 */
export async function endRows(
  tx: Tx,
  {
    runId,
    holder,
    moved,
  }: { readonly runId: string; readonly holder: string; readonly moved: readonly Moved[] },
): Promise<ReadonlySet<string>> {
  await tx.query(
    `select 1 as locked from ${schema}.device where id = any($1::uuid[]) order by id for update`,
    [moved.map(({ deviceId }) => deviceId)],
  );
  const rows = await tx.query<{ id: string }>(
    `update ${schema}.run_device d set state = m.state, outcome = m.outcome, holder = null,
       not_before = clock_timestamp() + make_interval(secs => m."afterMs" / 1000.0)
     from jsonb_to_recordset($3::jsonb) as m("deviceId" uuid, state text, outcome text, "afterMs" float8)
     where d.run_id = $1 and d.device_id = m."deviceId" and d.holder = $2 and d.state = 'running' returning d.device_id as id`,
    [runId, holder, JSON.stringify(moved)],
  );
  return new Set(rows.map(({ id }) => id));
}
