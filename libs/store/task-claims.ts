// Who may run a task: budgets, leases, and the end of a run. Everything that changes a running task names its lease.
import type { Tx } from './store.js';
import { taskColumns, type ActiveTask, type Task } from './tasks.js';

/** How long a claimed task is left to its holder without renewal. */
const leaseMs = 30_000;

/** What must be left of a lease for a write to begin. What takes longer than that is aborted when the lease could not be renewed. */
const leaseLeftMinMs = 8_000;

/** A run of a task, as its holder names it. */
export interface Lease {
  readonly id: string;
  readonly token: string;
}

export interface Claim extends Lease {
  readonly task: Task;
  /** Why it should end at once, when it was cancelled while its last holder died. */
  readonly cancelledBecause: string | null;
}

interface Wanted {
  readonly kind: string;
  readonly budget: string;
  /** Of the budget, over all instances and kinds. */
  readonly limit: number;
}

/** A task picked under the budget's lock; not yet running. */
export type Picked = ActiveTask & { readonly cancelledBecause: string | null };

/**
 * Tasks that may run now, locked, oldest first. Takes the budget's lock until the transaction ends: counting and claiming
 * are one step over all instances.
 */
export async function pick(
  tx: Tx,
  schema: string,
  { kind, budget, limit }: Wanted,
): Promise<readonly Picked[]> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [`${schema}.task ${budget}`]);
  return tx.query<Picked>(
    `select ${taskColumns}, cancelled_because as "cancelledBecause" from ${schema}.task
     where budget = $1 and kind = $2 and (
       (state = 'running' and lease_until <= statement_timestamp())
       or (state = 'waiting' and not_before <= statement_timestamp())
       or (state = 'queued' and not_before <= statement_timestamp() and not exists (
         select from ${schema}.task other where other.state <> 'queued' and other.kind = task.kind and other.key = task.key)))
     order by not_before, created_at limit greatest(0, $3 - (
       select count(*) from ${schema}.task running
       where running.budget = $1 and running.state = 'running' and running.lease_until > statement_timestamp()))
     for update skip locked`,
    [budget, kind, limit],
  );
}

/** Picked tasks become the holder's, for `leaseMs`. */
export async function take(
  tx: Tx,
  schema: string,
  picked: readonly Picked[],
  holder: string,
): Promise<readonly Claim[]> {
  const rows = await tx.query<{ id: string; token: string }>(
    `update ${schema}.task set state = 'running', attempt = attempt + 1, leased_by = $2,
       lease_token = gen_random_uuid(), lease_until = clock_timestamp() + make_interval(secs => $3)
     where id = any($1::uuid[]) returning id, lease_token as token`,
    [picked.map(({ id }) => id), holder, leaseMs / 1000],
  );
  const tokens = new Map(rows.map(({ id, token }) => [id, token]));
  return picked.map(({ cancelledBecause, ...task }) => ({
    id: task.id,
    token: tokens.get(task.id) ?? '',
    task: { ...task, attempt: task.attempt + 1 },
    cancelledBecause,
  }));
}

/** A picked task that will not run before `notBefore`; it stays queued and may still be joined. */
export async function postpone(tx: Tx, schema: string, id: string, notBefore: Date): Promise<void> {
  await tx.query(
    `update ${schema}.task set not_before = $2, lease_token = null, lease_until = null,
       state = case state when 'running' then 'waiting' else state end where id = $1`,
    [id, notBefore],
  );
}

/** A picked task that ends without a run. */
export async function drop(tx: Tx, schema: string, id: string): Promise<void> {
  await tx.query(`delete from ${schema}.task where id = $1`, [id]);
}

/** Leases held on, with what operators want of them; one that is missing in the answer is lost. */
export async function renew(
  on: Pick<Tx, 'query'>,
  schema: string,
  leases: readonly Lease[],
): Promise<ReadonlyMap<string, { readonly cancelledBecause: string | null }>> {
  // In the order in which tasks that end together lock them.
  const rows = await on.query<{ token: string; cancelledBecause: string | null }>(
    `with mine as materialized (
       select task.id from ${schema}.task join unnest($1::uuid[], $2::uuid[]) as held(id, token)
         on task.id = held.id and lease_token = held.token order by task.key collate "C" for update of task)
     update ${schema}.task set lease_until = clock_timestamp() + make_interval(secs => $3)
     from mine where task.id = mine.id
     returning lease_token as token, cancelled_because as "cancelledBecause"`,
    [leases.map(({ id }) => id), leases.map(({ token }) => token), leaseMs / 1000],
  );
  return new Map(rows.map(({ token, cancelledBecause }) => [token, { cancelledBecause }]));
}

/** Leases as they are now, by token; one that is missing is lost, or too short to begin a write. */
export async function look(
  on: Pick<Tx, 'query'>,
  schema: string,
  leases: readonly Lease[],
): Promise<ReadonlyMap<string, { readonly cancelledBecause: string | null }>> {
  const rows = await on.query<{ token: string; cancelledBecause: string | null }>(
    `select lease_token as token, cancelled_because as "cancelledBecause" from ${schema}.task
     join unnest($1::uuid[], $2::uuid[]) as held(id, token) on task.id = held.id and lease_token = held.token
     where lease_until > statement_timestamp() + make_interval(secs => $3)`,
    [leases.map(({ id }) => id), leases.map(({ token }) => token), leaseLeftMinMs / 1000],
  );
  return new Map(rows.map(({ token, cancelledBecause }) => [token, { cancelledBecause }]));
}

/** The task is done and gone. False: somebody else has it, and nothing of this run may be saved. */
export async function finish(tx: Tx, schema: string, { id, token }: Lease): Promise<boolean> {
  const rows = await tx.query(`delete from ${schema}.task where id = $1 and lease_token = $2 returning id`, [
    id,
    token,
  ]);
  return rows.length === 1;
}

interface Again {
  readonly afterMs: number;
  /** failed: the attempt counts. released: it does not, the process stops. anew: attempts count from the start. */
  readonly because: 'failed' | 'released' | 'anew';
}

const attemptsAfter = { failed: 'attempt', released: 'greatest(attempt - 1, 0)', anew: '0' } as const;

/** The task waits for another run. False: the lease is lost, and nothing was changed. */
export async function again(
  on: Pick<Tx, 'query'>,
  schema: string,
  { id, token }: Lease,
  { afterMs, because }: Again,
): Promise<boolean> {
  const rows = await on.query(
    `update ${schema}.task set state = 'waiting', attempt = ${attemptsAfter[because]}, lease_token = null,
       lease_until = null, not_before = clock_timestamp() + make_interval(secs => $3)
     where id = $1 and lease_token = $2 returning id`,
    [id, token, Math.max(0, afterMs) / 1000],
  );
  return rows.length === 1;
}

/** How many tasks of a budget are in which state, for metrics. */
export async function countTasks(
  on: Pick<Tx, 'query'>,
  schema: string,
): Promise<readonly { readonly budget: string; readonly state: string; readonly count: number }[]> {
  return on.query(`select budget, state, count(*)::int as count from ${schema}.task group by budget, state`);
}
