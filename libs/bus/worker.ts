// Work that talks to the outside, run from the tasks table of a service: claimed under a budget, run outside any
// transaction, finished only by the holder of the lease.
// task-pump claims what may run, task-run runs one to its end, task-end saves that, lease renews and gives up in time.
import type { Meter } from '@opentelemetry/api';
import type { Draft } from '../events/event.js';
import type { Store, Tx } from '../store/store.js';
import type { Task } from '../store/tasks.js';
import type { Bus } from './bus.js';
import { Leases, leaseTimes, Stopping, type LeaseTimes } from './lease.js';
import { taskMetrics } from './task-metrics.js';
import { TaskPump } from './task-pump.js';
import type { BusLog } from './log-fields.js';

/** Handed to running work. */
export interface Grip {
  /**
   * Aborted when the lease could not be renewed for 20 s, when the task is cancelled, when the run took longer than it may,
   * and when the process stops. A run that does not end within 3 s of it is left behind: what it ends with is not saved.
   */
  readonly signal: AbortSignal;
  /** Throws LeaseLost or TaskCancelled unless this run still holds the task and may go on: call before each write to a device. */
  check(): Promise<void>;
}

/** What a run ends with, saved and told in one transaction with the end of the task. */
export interface Finish {
  readonly events: readonly Draft[];
  save?(tx: Tx): Promise<void>;
  /**
   * In the same transaction, after `save`: for what shows only once rows are locked. Its events are told too, and its
   * `againAt` counts instead.
   */
  settle?(tx: Tx): Promise<Ending>;
  /**
   * Try again then; the task stays, and requests made meanwhile queue behind it. From `begin`: the task stays queued and
   * may be joined. Without it the task is done.
   */
  readonly againAt?: Date;
}

/** What an ending under locks adds. */
export type Ending = Pick<Finish, 'events' | 'againAt'>;

/** What a service writes to have its tasks done. */
export interface Worker<Payload = unknown> {
  /** Kind of the tasks it takes. */
  readonly kind: string;
  /** What the keys of its tasks are ids of, for the log. */
  readonly keyIs: 'device' | 'document' | 'listener' | 'projection' | 'address' | 'discovery' | 'run';
  /** Name of the budget, and how many may run at a time over all instances; asked at every claim. */
  readonly budget: string;
  limit(tx: Tx): Promise<number>;
  /**
   * In the claim's transaction, which holds the task: whether it runs, and what to tell. Locks no rows that a
   * consumer locks before tasks. `run` and
   * `failed` get the same task object.
   */
  begin?(tx: Tx, task: Task<Payload>): Promise<Beginning>;
  /** Outside any transaction. A throw is a failed attempt: tried again after `retryDelaysMs`, then `failed` is asked. */
  run(task: Task<Payload>, grip: Grip): Promise<Finish>;
  /** After the last attempt, or with TaskCancelled. */
  failed(task: Task<Payload>, error: Error): Finish | Promise<Finish>;
  /** What to tell of a task whose payload this build cannot read: it is dropped in this transaction. */
  unreadable?(tx: Tx, task: Task): Promise<readonly Draft[]>;
  readonly retryDelaysMs: readonly number[];
  /** After so long a run counts as failed, whatever it waits for; 120 s unless told. */
  readonly runMaxMs?: number;
  /** A run that took longer is not tried again: whoever it waits for decides how long it takes. */
  readonly endsIfTooLong?: true;
  /** Its ends lock nothing but rows of their own key: several of them may be saved in one transaction, in the order of keys. */
  readonly endsTogether?: true;
  readonly payload: { parse(value: unknown): Payload };
}

/** run: these events say that it began. end: it does not run, and is done, or postponed to `againAt`. */
export type Beginning = { readonly run: readonly Draft[] } | { readonly end: Omit<Finish, 'settle'> };

/** A worker, checked by the compiler with its own payload. */
export function worker<Payload>(of: Worker<Payload>): Worker {
  return of;
}

export interface WorkerOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly workers: readonly Worker[];
  readonly log: BusLog;
  readonly meter: Meter;
  readonly service: string;
  readonly instance: string;
  readonly times?: LeaseTimes;
}

export interface RunningWorkers {
  /** Claims nothing more, lets runs end for a while, gives the rest back to be run elsewhere. */
  stop(): Promise<void>;
  problems(): readonly string[];
}

/** How long runs may go on after stop; then they are aborted, and other instances run them again. */
const graceMs = 5_000;

export function runWorkers(options: WorkerOptions): RunningWorkers {
  const { store, bus, log, meter, service, instance } = options;
  const leases = new Leases(store, options.times ?? leaseTimes);
  const metrics = taskMetrics(meter, service);
  const pumps = options.workers.map(
    (worker) => new TaskPump({ store, bus, log, worker, leases, holder: instance, ended: metrics.ended }),
  );
  for (const pump of pumps) pump.start();
  return {
    problems: () => pumps.flatMap((pump) => pump.problem() ?? []),
    stop: async () => {
      await Promise.all(pumps.map((pump) => pump.close()));
      const abort = setTimeout(() => leases.abort(new Stopping('the process stops')), graceMs);
      await Promise.all(pumps.map((pump) => pump.idle()));
      clearTimeout(abort);
      await leases.stop();
    },
  };
}
