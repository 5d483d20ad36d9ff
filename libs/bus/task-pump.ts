// Claims the tasks of one worker as long as its service runs: when woken, and by looking each second.
import { setTimeout as delay } from 'node:timers/promises';
import { context } from '@opentelemetry/api';
import type { Draft } from '../events/event.js';
import { messageOf } from '../events/message-of.js';
import { unavailable } from '../store/failure.js';
import { stampEach, type Caused } from '../store/outbox.js';
import type { Tx } from '../store/store.js';
import { drop, pick, postpone, take, type Claim, type Picked } from '../store/task-claims.js';
import { onQueued } from '../store/task-calls.js';
import type { Task } from '../store/tasks.js';
import type { Bus } from './bus.js';
import { taskFields } from './log-fields.js';
import type { Leases } from './lease.js';
import { contextOf } from './spans.js';
import { taskEnds, type SaveEnd } from './task-end.js';
import { runTask, type RunResult, type RunsOn } from './task-run.js';
import type { Worker } from './worker.js';

export interface PumpOptions extends Omit<RunsOn, 'saveEnd'> {
  readonly bus: Bus;
  readonly worker: Worker;
  readonly leases: Leases;
  /** Who holds the leases, for operators. */
  readonly holder: string;
  readonly ended: (kind: string, result: RunResult, durationMs: number) => void;
}

const lookEveryMs = 1_000;
/** For workers that do not say how long a run may take. */
const runMaxMs = 120_000;

export class TaskPump {
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #woken = Promise.withResolvers<void>();
  #looping: Promise<void> = Promise.resolve();
  #problem: string | null = null;

  readonly #saveEnd: SaveEnd;

  constructor(private readonly options: PumpOptions) {
    this.#saveEnd = taskEnds(options);
  }

  start(): void {
    const { store, worker } = this.options;
    const wake = (): void => this.#wake();
    const forget = onQueued(store.schema, worker.budget, wake);
    this.#stopping.signal.addEventListener('abort', forget);
    this.#looping = this.#loop();
  }

  /** Claims no more. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#looping;
  }

  /** Resolves when no task runs. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  problem(): string | null {
    return this.#problem;
  }

  #wake(): void {
    this.#woken.resolve();
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#woken = Promise.withResolvers();
      const claims = await this.#claim();
      for (const claim of claims) this.#run(claim);
      await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    const end = new AbortController();
    const pause = delay(lookEveryMs * (0.75 + Math.random() / 2), null, { signal: end.signal }).catch(
      () => undefined,
    );
    await Promise.race([this.#woken.promise, pause]);
    end.abort();
  }

  #run(claim: Claim): void {
    const { worker, leases, ended } = this.options;
    const { grip, letGo } = leases.grip(claim, worker.runMaxMs ?? runMaxMs);
    const began = performance.now();
    const on = { ...this.options, saveEnd: this.#saveEnd };
    const run = runTask(on, worker, claim, grip).then((result) => {
      letGo();
      this.#running.delete(run);
      ended(worker.kind, result, performance.now() - began);
      this.#wake();
    });
    this.#running.add(run);
  }

  async #claim(): Promise<readonly Claim[]> {
    const { store, bus, worker, holder, log } = this.options;
    const { kind, budget } = worker;
    try {
      const claims = await store.transaction(async (tx) => {
        const limit = await worker.limit(tx);
        const picked = await pick(tx, store.schema, { kind, budget, limit });
        const ready = new Map<string, Task>();
        const said: Caused[] = [];
        for (const one of picked) {
          const { task, told } = await this.#begin(tx, one);
          if (task) ready.set(one.id, task);
          said.push(...told);
        }
        const { schema } = store;
        if (said.length > 0) await bus.record(tx, schema, await stampEach(tx, schema, said));
        if (ready.size === 0) return [];
        const taken = await take(
          tx,
          store.schema,
          picked.filter(({ id }) => ready.has(id)),
          holder,
        );
        return taken.map((claim) => ({ ...claim, task: ready.get(claim.id) ?? claim.task }));
      });
      this.#problem = null;
      return claims;
    } catch (error) {
      this.#problem = `tasks of kind ${kind} cannot be claimed: ${messageOf(error)}`;
      if (!unavailable(error)) log.error({ error, kind }, 'Tasks cannot be claimed; trying again');
      return [];
    }
  }

  /** The task as its run will see it; null when it does not run now. What is told is saved either way. */
  async #begin(
    tx: Tx,
    picked: Picked,
  ): Promise<{ readonly task: Task | null; readonly told: readonly Caused[] }> {
    const { store, worker, log } = this.options;
    const task = readTask(worker, picked);
    if (!task) {
      const fields = {
        task: picked.id,
        kind: picked.kind,
        [worker.keyIs]: picked.key,
        ...taskFields(picked),
      };
      log.error(fields, 'A task cannot be read by this build and is dropped');
      await drop(tx, store.schema, picked.id);
      return { task: null, told: caused(picked, (await worker.unreadable?.(tx, picked)) ?? []) };
    }
    const begin = () => worker.begin?.(tx, task);
    const beginning =
      picked.cancelledBecause === null ? await context.with(contextOf(task.traceparent), begin) : null;
    const runs = !beginning || 'run' in beginning;
    const drafts = !beginning ? [] : 'run' in beginning ? beginning.run : beginning.end.events;
    if (beginning && 'end' in beginning) {
      await beginning.end.save?.(tx);
      if (beginning.end.againAt) await postpone(tx, store.schema, picked.id, beginning.end.againAt);
      else await drop(tx, store.schema, picked.id);
    }
    return { task: runs ? task : null, told: caused(task, drafts) };
  }
}

const caused = ({ causedBy, traceparent }: Task, drafts: readonly Draft[]): readonly Caused[] =>
  drafts.map((draft) => ({ draft, cause: { id: causedBy, traceparent } }));

/** As the attempt that may begin sees it; null when its payload is not one. */
function readTask(worker: Worker, picked: Picked): Task | null {
  try {
    return { ...picked, attempt: picked.attempt + 1, payload: worker.payload.parse(picked.payload) };
  } catch {
    return null;
  }
}
