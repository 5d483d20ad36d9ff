// One run of a task: outside any transaction, under a span of the trace that asked for it, ended in one transaction with
// what it found.
import { setTimeout as delay } from 'node:timers/promises';
import { SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { backOffMs } from '../events/back-off.js';
import { reasonOf } from '../store/failure.js';
import type { Store } from '../store/store.js';
import { again, type Claim } from '../store/task-claims.js';
import { LeaseLost, RunTooLong, Stopping, TaskCancelled } from './lease.js';
import { taskFields, type BusLog } from './log-fields.js';
import { contextOf, traceparentOf } from './spans.js';
import type { SaveEnd, Saved } from './task-end.js';
import type { Finish, Grip, Worker } from './worker.js';

export interface RunsOn {
  readonly store: Store;
  readonly log: BusLog;
  readonly saveEnd: SaveEnd;
}

/** done, again: saved so. retried: failed, and waits for its next try. failed: for the last time. lost: somebody else's now. */
export type RunResult = 'done' | 'again' | 'retried' | 'failed' | 'cancelled' | 'released' | 'lost';

/** Runs whose process died count as attempts, but a few more are allowed than of those that failed in order. */
const deathsMax = 5;
const saveTriesMax = 6;
/** What a run gets to end after its signal was aborted. */
const patienceMs = 3_000;
const tracer = trace.getTracer('muster.tasks');

/** Never rejects. */
export function runTask(on: RunsOn, worker: Worker, claim: Claim, grip: Grip): Promise<RunResult> {
  const { task } = claim;
  const attributes = {
    'muster.task.id': task.id,
    'muster.task.attempt': task.attempt,
    'muster.subject': task.key,
  };
  return tracer.startActiveSpan(
    `task ${task.kind}`,
    { attributes },
    contextOf(task.traceparent),
    async (span) => {
      try {
        const result = await conclude(on, worker, claim, await attempt(worker, claim, grip), span);
        span.setAttribute('muster.task.result', result);
        if (result === 'failed' || result === 'retried') span.setStatus({ code: SpanStatusCode.ERROR });
        return result;
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: reasonOf(error) });
        on.log.error(
          { error, task: task.id, kind: task.kind, [worker.keyIs]: task.key, ...taskFields(task) },
          'A task could not be ended; it runs again',
        );
        return 'lost';
      } finally {
        span.end();
      }
    },
  );
}

type Attempt = { readonly finish: Finish } | { readonly error: Error };

async function attempt(worker: Worker, { task, cancelledBecause }: Claim, grip: Grip): Promise<Attempt> {
  if (cancelledBecause !== null) return { error: new TaskCancelled(cancelledBecause) };
  if (task.attempt > worker.retryDelaysMs.length + 1 + deathsMax) {
    return { error: new Error(`given up: it was begun ${task.attempt - 1} times and never ended`) };
  }
  try {
    return { finish: await heeding(grip.signal, worker.run(task, grip)) };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    // Whatever an aborted call rejects with, why it was aborted is what counts.
    return { error: grip.signal.aborted && grip.signal.reason instanceof Error ? grip.signal.reason : error };
  }
}

/** What `work` comes to. Work that does not heed its signal is left behind, so that nothing it waits for keeps its task. */
async function heeding<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: leftBehind, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const aborted = (): void => {
    timer = setTimeout(() => reject(signal.reason), patienceMs);
  };
  if (signal.aborted) aborted();
  else signal.addEventListener('abort', aborted, { once: true });
  try {
    return await Promise.race([work, leftBehind]);
  } finally {
    signal.removeEventListener('abort', aborted);
    clearTimeout(timer);
  }
}

async function conclude(
  on: RunsOn,
  worker: Worker,
  claim: Claim,
  ended: Attempt,
  span: Span,
): Promise<RunResult> {
  const { task } = claim;
  if ('finish' in ended) {
    return save(on, claim, ended.finish, span);
  }
  const { error } = ended;
  const fields = {
    task: task.id,
    kind: task.kind,
    [worker.keyIs]: task.key,
    ...taskFields(task),
    attempt: task.attempt,
    reason: reasonOf(error),
  };
  if (error instanceof LeaseLost) {
    on.log.warn(fields, 'A task was given up: its lease is lost, another instance goes on with it');
    return 'lost';
  }
  if (error instanceof Stopping) {
    await again(on.store, on.store.schema, claim, { afterMs: 0, because: 'released' });
    return 'released';
  }
  const afterMs = worker.retryDelaysMs[task.attempt - 1];
  const isLast =
    error instanceof TaskCancelled || (error instanceof RunTooLong && worker.endsIfTooLong === true);
  if (afterMs !== undefined && !isLast) {
    on.log.info({ ...fields, againInMs: afterMs }, 'A task failed and is tried again');
    await again(on.store, on.store.schema, claim, { afterMs, because: 'failed' });
    return 'retried';
  }
  const saved = await save(on, claim, await worker.failed(task, error), span);
  if (saved === 'lost') return 'lost';
  return error instanceof TaskCancelled ? 'cancelled' : 'failed';
}

/** Lost when the task is somebody else's by now: nothing was saved. */
async function save(on: RunsOn, claim: Claim, ending: Finish, span: Span): Promise<Saved | 'lost'> {
  const { task } = claim;
  const cause = { id: task.causedBy, traceparent: traceparentOf(span) ?? task.traceparent };
  for (let tries = 1; ; tries += 1) {
    try {
      return await on.saveEnd({ claim, finish: ending, cause });
    } catch (error) {
      if (error instanceof LeaseLost) return 'lost';
      if (tries >= saveTriesMax) throw error;
      await delay(backOffMs(tries, { firstMs: 400, maxMs: 6_400 }));
    }
  }
}
