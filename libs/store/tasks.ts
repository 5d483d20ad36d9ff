// Rows of work that talks to the outside. See libs/bus/worker.ts for how they run, task-claims.ts for who may run them.
//
// A task is queued (may be joined by more requests), running (somebody holds its lease), or waiting for another try
// (nobody may join it: what it covers began before). Ended tasks are gone; what they did is told by events.
import type { Tx } from './store.js';
import { wake } from './task-calls.js';

/** One task as its worker sees it. */
export interface Task<Payload = unknown> {
  readonly id: string;
  readonly kind: string;
  /** One queued and one running task per kind and key (a device id, a listener). */
  readonly key: string;
  readonly payload: Payload;
  /** 1 for the first run; counts failed runs and runs whose process died. */
  readonly attempt: number;
  readonly createdAt: Date;
  readonly traceparent: string | null;
  /** Id of the event that first asked for it. */
  readonly causedBy: string | null;
}

/** A task wanted. */
export interface TaskRequest<Payload = unknown> {
  /** Used when a new row is made; a request that joins a queued task takes that one's id. */
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly budget: string;
  /** Merged into the payload of a task that waits for the same key: see `enqueue`. */
  readonly payload: Payload;
  readonly notBefore: Date | null;
  /** Trace that the task goes on with: the event's own. */
  readonly traceparent?: string | null;
  readonly causedBy?: string | null;
}

/** The payload of a queued task together with one that joins it. Pure. */
export type Merge<Payload> = (queued: Payload, joining: Payload) => Payload;

/** A task that has not ended. */
export interface ActiveTask extends Task {
  readonly state: 'queued' | 'running' | 'waiting';
  readonly budget: string;
  readonly notBefore: Date;
}

/** Columns of an ActiveTask. */
export const taskColumns = `id, kind, key, budget, state, payload, attempt, not_before as "notBefore",
  created_at as "createdAt", traceparent, caused_by as "causedBy"`;

/** The table, for the migrator. */
export function taskTables(schema: string): string {
  return `
create table ${schema}.task (
  id uuid primary key,
  kind text not null,
  key text not null,
  budget text not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'waiting')),
  payload jsonb not null,
  attempt int not null default 0,
  not_before timestamptz not null,
  lease_token uuid,
  lease_until timestamptz,
  leased_by text,
  cancelled_because text,
  traceparent text,
  caused_by uuid,
  created_at timestamptz not null default clock_timestamp(),
  check ((state = 'running') = (lease_token is not null))
);
create unique index task_one_queued on ${schema}.task (kind, key) where state = 'queued';
create unique index task_one_running on ${schema}.task (kind, key) where state <> 'queued';
create index task_due on ${schema}.task (budget, kind, not_before, created_at) where state <> 'running';
create index task_leases on ${schema}.task (budget, lease_until) where state = 'running';
`;
}

/**
 * Makes tasks, or joins those that are queued for the same kind and key: the payloads merge, the earlier time is kept.
 * One statement for all new ones and one for all joined ones.
 * @returns id of the task that each request became, by the request's id
 */
export async function enqueue<Payload>(
  tx: Tx,
  schema: string,
  requests: readonly TaskRequest<Payload>[],
  merge: Merge<Payload>,
): Promise<ReadonlyMap<string, string>> {
  const taskOf = new Map<string, string>();
  let left = gather(requests, merge, taskOf);
  // Not all at the first go only when another transaction makes or claims a task of the same key right now.
  for (let round = 0; left.length > 0 && round < 10; round += 1) {
    const joined = await join(tx, schema, left, merge);
    left = left.filter((request) => !joined.has(slot(request)));
    const made = await make(tx, schema, left);
    left = left.filter((request) => !made.has(slot(request)));
    for (const [key, id] of [...joined, ...made]) taskOf.set(key, id);
  }
  if (left.length > 0) throw new Error(`${left.length} tasks could neither be queued nor joined`);
  for (const budget of new Set(requests.map((request) => request.budget))) {
    tx.afterCommit(() => wake(schema, budget));
  }
  return new Map(requests.map((request) => [request.id, taskOf.get(slot(request)) ?? request.id]));
}

const slot = ({ kind, key }: { readonly kind: string; readonly key: string }): string => `${kind} ${key}`;

/** One request per kind and key, in the order in which rows are locked. */
function gather<Payload>(
  requests: readonly TaskRequest<Payload>[],
  merge: Merge<Payload>,
  taskOf: Map<string, string>,
): readonly TaskRequest<Payload>[] {
  const bySlot = new Map<string, TaskRequest<Payload>>();
  for (const request of requests) {
    const first = bySlot.get(slot(request));
    bySlot.set(slot(request), first ? together(first, request, merge) : request);
    taskOf.set(slot(request), bySlot.get(slot(request))?.id ?? request.id);
  }
  return [...bySlot.values()].toSorted((a, b) => (slot(a) < slot(b) ? -1 : 1));
}

function together<Payload>(
  first: TaskRequest<Payload>,
  next: TaskRequest<Payload>,
  merge: Merge<Payload>,
): TaskRequest<Payload> {
  const notBefore = first.notBefore && next.notBefore ? earlier(first.notBefore, next.notBefore) : null;
  return { ...first, payload: merge(first.payload, next.payload), notBefore };
}

const earlier = (a: Date, b: Date): Date => (a < b ? a : b);

async function join<Payload>(
  tx: Tx,
  schema: string,
  requests: readonly TaskRequest<Payload>[],
  merge: Merge<Payload>,
): Promise<ReadonlyMap<string, string>> {
  const queued = new Map(
    (
      await tx.query<{ id: string; kind: string; key: string; payload: Payload }>(
        `select id, kind, key, payload from ${schema}.task
         where state = 'queued' and (kind, key) in (select * from unnest($1::text[], $2::text[]))
         order by kind || ' ' || key collate "C" for update`,
        [requests.map(({ kind }) => kind), requests.map(({ key }) => key)],
      )
    ).map((row) => [slot(row), row]),
  );
  const updates = requests.flatMap((request) => {
    const row = queued.get(slot(request));
    if (!row) return [];
    return [{ id: row.id, payload: merge(row.payload, request.payload), notBefore: request.notBefore }];
  });
  if (updates.length > 0) {
    await tx.query(
      `update ${schema}.task set payload = u.payload, not_before = least(not_before, coalesce(u."notBefore", now()))
       from jsonb_to_recordset($1::jsonb) as u(id uuid, payload jsonb, "notBefore" timestamptz) where task.id = u.id`,
      [JSON.stringify(updates)],
    );
  }
  return new Map([...queued].map(([key, row]) => [key, row.id]));
}

async function make(
  tx: Tx,
  schema: string,
  requests: readonly TaskRequest[],
): Promise<ReadonlyMap<string, string>> {
  if (requests.length === 0) return new Map();
  const rows = await tx.query<{ id: string; kind: string; key: string }>(
    `insert into ${schema}.task (id, kind, key, budget, payload, not_before, traceparent, caused_by)
     select id, kind, key, budget, payload, coalesce("notBefore", now()), traceparent, "causedBy"
     from jsonb_to_recordset($1::jsonb) as r(id uuid, kind text, key text, budget text, payload jsonb,
       "notBefore" timestamptz, traceparent text, "causedBy" uuid)
     on conflict (kind, key) where state = 'queued' do nothing returning id, kind, key`,
    [JSON.stringify(requests)],
  );
  return new Map(rows.map((row) => [slot(row), row.id]));
}

/** Tasks that may be joined, locked until the transaction ends; for decisions that must name the task. */
export async function queuedTasks(
  tx: Tx,
  schema: string,
  kinds: readonly string[],
  keys: readonly string[],
): Promise<readonly ActiveTask[]> {
  return tx.query<ActiveTask>(
    `select ${taskColumns} from ${schema}.task
     where state = 'queued' and kind = any($1::text[]) and key = any($2::text[])
     order by kind || ' ' || key collate "C" for update`,
    [kinds, keys],
  );
}

/**
 * Ends what is queued, and tells what has begun to stop, whether it runs or waits for another try: it ends with
 * `TaskCancelled`, as its worker says.
 * @returns the tasks that ended at once
 */
export async function cancel(
  tx: Tx,
  schema: string,
  of: {
    readonly kind: string | readonly string[];
    readonly keys: readonly string[];
    readonly because: string;
  },
): Promise<readonly ActiveTask[]> {
  const kinds = [of.kind].flat();
  // In this order: one that is claimed meanwhile is running by the time of the second statement.
  const ended = await tx.query<ActiveTask>(
    `delete from ${schema}.task where state = 'queued' and kind = any($1::text[]) and key = any($2::text[])
     returning ${taskColumns}`,
    [kinds, of.keys],
  );
  const begun = await tx.query<{ budget: string }>(
    `update ${schema}.task set cancelled_because = $3,
       not_before = case state when 'waiting' then least(not_before, now()) else not_before end
     where state <> 'queued' and kind = any($1::text[]) and key = any($2::text[]) returning budget`,
    [kinds, of.keys, of.because],
  );
  for (const budget of new Set(begun.map((task) => task.budget))) tx.afterCommit(() => wake(schema, budget));
  return ended;
}

/** What waits and runs, in the order in which it will run. */
export async function activeTasks(
  on: Pick<Tx, 'query'>,
  schema: string,
  of: { readonly budget: string; readonly limit: number },
): Promise<readonly ActiveTask[]> {
  return on.query<ActiveTask>(
    `select ${taskColumns} from ${schema}.task where budget = $1
     order by state = 'running' desc, not_before, created_at limit $2`,
    [of.budget, of.limit],
  );
}
