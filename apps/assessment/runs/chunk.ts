// A child task: some devices of a run, all of which are spoken with at a time. What came of them is saved as they end, those that
// ended together in one transaction.
import { randomUUID } from 'node:crypto';
import type { Bus } from '#bus/bus';
import { TaskCancelled } from '#bus/lease';
import { worker, type Finish, type Grip, type Worker } from '#bus/worker';
import type { Draft } from '#events/event';
import type { Log } from '#runtime/log';
import { gathered } from '#store/gathered';
import { stampDrafts } from '#store/outbox';
import type { Store, Tx } from '#store/store';
import type { Task } from '#store/tasks';
import { assessDevice, failDevice, type Assessed, type Begun } from '../assess-device.js';
import { keeper, type Keep } from '../changes.js';
import type { Keyring } from '../credentials/keyring.js';
import type { Openers } from '../connect.js';
import { markFinished } from '../devices.js';
import { teller } from '../notes.js';
import { DeviceTrouble, failureOf } from '../trouble.js';
import { allowedBy } from '../turn.js';
import { beginChunk, retryDelaysMs } from './begin.js';
import { leftBehind, unreadableChunk } from './left-behind.js';
import { endRows, nextInMs, type Moved } from './chunk-devices.js';
import { cancelledBecause } from './run-devices.js';
import { chunkPayload, chunkTask, type ChunkPayload } from './run-task.js';

export interface ChunkOptions {
  readonly store: Store;
  readonly bus: Pick<Bus, 'record'>;
  readonly openers: Openers;
  readonly keyring: Keyring | null;
  readonly log: Pick<Log, 'info'>;
}

/** Of one device; all of a child task are spoken with at a time. */
const deviceMaxMs = 120_000;
const runMaxMs = 300_000;

export function chunkWorker(options: ChunkOptions): Worker {
  const on = { ...options, keep: keeper(options.store) };
  return worker<ChunkPayload>({
    ...chunkTask,
    keyIs: 'run',
    payload: chunkPayload,
    retryDelaysMs: [2_000, 10_000, 30_000],
    runMaxMs,
    limit: allowedBy('scheduledTasksMax'),
    run: async (task, grip) => {
      await new Chunk(on, task, grip).run();
      return { events: [], settle: (tx) => again(tx, task.payload) };
    },
    unreadable: unreadableChunk,
    failed: (task, error) => leftBehind(task.payload, failureOf(error), options.log),
  });
}

/** Devices that wait for another try, or for their turn, are of another claim of the same budget. */
async function again(
  tx: Tx,
  chunk: ChunkPayload,
): Promise<Pick<Finish, 'againAt'> & { events: readonly Draft[] }> {
  const ms = await nextInMs(tx, chunk);
  return { events: [], ...(ms !== null && { againAt: new Date(Date.now() + ms) }) };
}

interface Ended {
  readonly begun: Begun;
  readonly moved: Moved;
  readonly assessed: Assessed | null;
}

class Chunk {
  readonly #holder = randomUUID();
  readonly #ended: Ended[] = [];
  /** Why nothing more may be written to a device; null: it may. */
  readonly #because = gathered((deviceIds: readonly string[]) =>
    cancelledBecause(this.options.store, this.task.payload.runId, deviceIds),
  );
  #wake = Promise.withResolvers<void>();

  constructor(
    private readonly options: ChunkOptions & { readonly keep: Keep },
    private readonly task: Task<ChunkPayload>,
    private readonly grip: Grip,
  ) {}

  async run(): Promise<void> {
    await this.grip.check();
    const { store } = this.options;
    const begun = await store.transaction(async (tx) => {
      const { begun: devices, events } = await beginChunk(tx, this.task.payload, {
        holder: this.#holder,
        task: this.task,
      });
      await this.#tell(tx, events);
      return devices;
    });
    const all = Promise.all(begun.map((one) => this.#device(one)));
    for (let left = begun.length; left > 0;) {
      await Promise.race([this.#wake.promise, all]);
      this.#wake = Promise.withResolvers();
      const together = this.#ended.splice(0);
      if (together.length > 0) await this.#save(together);
      left -= together.length;
    }
  }

  /** Rejects when the run of this child task is over, whatever becomes of it. */
  async #device(begun: Begun): Promise<void> {
    const { store, keep, openers, keyring } = this.options;
    const limit = AbortSignal.timeout(deviceMaxMs);
    const grip = this.#gripOf(begun, AbortSignal.any([this.grip.signal, limit]));
    let assessed: Assessed | null;
    try {
      assessed = await assessDevice({ store, keep, openers, keyring, begun, grip });
    } catch (error) {
      const cause = limit.aborted
        ? new Error(`it took longer than ${deviceMaxMs / 1000} s`)
        : this.#causeOf(error);
      const attempt = begun.task.attempt;
      const tries = cause instanceof DeviceTrouble && attempt <= retryDelaysMs.length;
      assessed = tries ? null : await failDevice(store, begun, failureOf(cause));
    }
    const afterMs = assessed ? null : (retryDelaysMs[begun.task.attempt - 1] ?? null);
    const deviceId = begun.task.key;
    const moved: Moved = assessed
      ? { deviceId, state: 'ended', outcome: assessed.outcome, afterMs }
      : { deviceId, state: 'waiting', outcome: null, afterMs };
    this.#ended.push({ begun, moved, assessed });
    this.#wake.resolve();
  }

  /** Throws what says that the lease is not this process's any more: then another goes on with the devices. */
  #causeOf(error: unknown): Error {
    const { signal } = this.grip;
    const { aborted } = signal;
    const cause: unknown = aborted ? signal.reason : error;
    if (aborted && !(cause instanceof TaskCancelled)) throw cause;
    return cause instanceof Error ? cause : new Error(String(cause));
  }

  /** Before each write: the lease, the run, and the device itself. */
  #gripOf({ task: { key } }: Begun, signal: AbortSignal): Grip {
    return {
      signal,
      check: async () => {
        await this.grip.check();
        const because = await this.#because(key);
        if (because !== null) throw new TaskCancelled(because);
      },
    };
  }

  async #save(together: readonly Ended[]): Promise<void> {
    const { runId } = this.task.payload;
    const saved = await this.options.store.transaction(async (tx) => {
      const moved = together.map((ended) => ended.moved);
      const held = await endRows(tx, { runId, holder: this.#holder, moved });
      const mine = together.filter((ended) => held.has(ended.moved.deviceId));
      const ended = mine.flatMap(({ assessed }) => assessed?.ended ?? []);
      if (ended.length > 0) await markFinished(tx, ended);
      await this.#tell(
        tx,
        mine.flatMap(({ assessed }) => assessed?.events ?? []),
      );
      return mine;
    });
    const note = teller(this.options.log);
    for (const { begun, assessed } of saved) note(assessed?.events ?? [], begun.task.payload.identity.serial);
  }

  async #tell(tx: Tx, drafts: readonly Draft[]): Promise<void> {
    if (drafts.length === 0) return;
    const { store, bus } = this.options;
    const cause = { id: this.task.causedBy, traceparent: this.task.traceparent };
    await bus.record(tx, store.schema, await stampDrafts(tx, store.schema, drafts, cause));
  }
}
