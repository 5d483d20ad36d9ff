// The bus of one process on its one database: an event and who shall take it are rows, written in the transaction that
// made the event and deleted in the one that handled it. Nothing can be lost between two systems, for there is one.
import type { Event, EventDefinition } from '../events/event.js';
import { announcementsRefused } from '../events/refusal.js';
import { serviceReported, type QueueLoad } from '../events/service.js';
import type { Database, Tx } from '../store/store.js';
import {
  BusError,
  type Batch,
  type Bus,
  type BusStatus,
  type JournalRange,
  type Subscription,
} from './bus.js';
import { GroupCommit } from './embedded/group-commit.js';
import { Housekeeping } from './embedded/housekeeping.js';
import { Loads } from './embedded/loads.js';
import { Journal, newerMax } from './embedded/journal.js';
import { EmbeddedQueue } from './embedded/queue.js';
import { killPoint } from './kill-point.js';
import { withSendSpans } from './spans.js';
import { deadLetters, returnsMax, type Topology } from './topology.js';

export interface EmbeddedBusOptions {
  /** Migrated for schema `bus`. */
  readonly database: Database;
  /** Who hears what, whether it runs yet or not. */
  readonly topology: Topology;
  readonly log: {
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  /** Times a message may be tried alone without being settled; 50 unless told. */
  readonly triesMax?: number;
  /** Settled events kept at most. */
  readonly keepMax?: number;
}

/** A bus for all services of this process. */
export function openEmbeddedBus(options: EmbeddedBusOptions): Bus {
  return new EmbeddedBus(options);
}

const byTheClock: ReadonlySet<string> = new Set([serviceReported.type, announcementsRefused.type]);

class EmbeddedBus implements Bus {
  readonly system = 'muster';
  readonly #options: EmbeddedBusOptions;
  readonly #journal: Journal;
  readonly #group: GroupCommit;
  readonly #loads: Loads;
  readonly #housekeeping: Housekeeping;
  readonly #queues = new Set<{ readonly name: string; readonly queue: EmbeddedQueue }>();
  readonly #followers = new Map<string, Set<() => void>>();

  constructor(options: EmbeddedBusOptions) {
    this.#options = options;
    const { database, log, keepMax } = options;
    this.#journal = new Journal(options.topology);
    this.#loads = new Loads(database);
    this.#housekeeping = new Housekeeping({
      database,
      journal: this.#journal,
      log,
      ...(keepMax === undefined ? {} : { keepMax }),
    });
    this.#group = new GroupCommit((events) =>
      database.transaction(async (tx) => {
        // What a process says of itself comes by the clock: a test could not tell when it is killed.
        const counts = events.some(({ type }) => !byTheClock.has(type));
        if (counts) tx.afterCommit(() => killPoint('confirmed'));
        await this.#insert(tx, events);
        if (counts) killPoint('published');
      }, 'gateway'),
    );
  }

  record(tx: Tx, _schema: string, events: readonly Event[]): Promise<void> {
    return this.#insert(tx, events);
  }

  async publish(events: readonly Event[]): Promise<void> {
    const unwanted = events.find(({ type }) => !this.#journal.wants(type));
    if (unwanted) throw new BusError('unroutable', `no queue wants ${unwanted.type}`);
    if (events.length > 0) await this.#group.add(events);
  }

  async subscribe(name: string, handle: (batch: Batch) => Promise<void>): Promise<Subscription> {
    const { database, log, triesMax = returnsMax } = this.#options;
    const worked = (rows: number) => this.#housekeeping.worked(rows);
    const gaveUp = () => this.#wakeQueues(new Set([deadLetters]));
    const queue = new EmbeddedQueue({ database, queue: name, handle, log, triesMax, gaveUp, worked });
    const entry = { name, queue };
    this.#queues.add(entry);
    await queue.start();
    return {
      stop: async () => {
        await queue.stop();
        this.#queues.delete(entry);
      },
    };
  }

  async follow(definition: EventDefinition, each: (event: unknown) => void): Promise<Subscription> {
    let last: number | null = null;
    let stopped = false;
    let reading: Promise<void> = Promise.resolve();
    const read = async (): Promise<void> => {
      for (let found = newerMax; found === newerMax && !stopped;) {
        const rows = await this.#journal.newer(this.#options.database, definition, last);
        found = rows.length;
        for (const { seq, body } of rows) {
          last = seq;
          if (!stopped) each(body);
        }
      }
      // From now on each one, even when there is none yet.
      last ??= 0;
    };
    const wake = (): void => {
      reading = reading.then(read).catch((error: unknown) => {
        this.#options.log.warn({ error, type: definition.type }, 'Kept events could not be read');
      });
    };
    const followers = this.#followers.get(definition.type) ?? new Set();
    this.#followers.set(definition.type, followers.add(wake));
    wake();
    await reading;
    return {
      stop: async () => {
        stopped = true;
        followers.delete(wake);
        await reading;
      },
    };
  }

  async readJournal(range: JournalRange, each: (events: readonly unknown[]) => Promise<void>): Promise<void> {
    const { database } = this.#options;
    const end = await this.#journal.end(database);
    for (let after = 0; after < end;) {
      range.signal?.throwIfAborted();
      const { rows, upTo } = await this.#journal.range(database, { ...range, after, end });
      if (rows.length > 0) await each(rows);
      after = upTo;
    }
  }

  loads(queues: readonly string[]): Promise<readonly QueueLoad[]> {
    return this.#loads.of(queues);
  }

  status(): BusStatus {
    const ofQueues = [...this.#queues].map(({ queue }) => queue.problem());
    const problem = [this.#options.database.problem, ...ofQueues].find((each) => each !== null) ?? null;
    return { connected: problem === null, problem };
  }

  async stop(): Promise<void> {
    await this.#group.stop();
    await Promise.all([...this.#queues].map(({ queue }) => queue.stop()));
    await this.#housekeeping.stop();
  }

  async #insert(tx: Tx, events: readonly Event[]): Promise<void> {
    if (events.length === 0) return;
    await withSendSpans(this.system, events, () => this.#journal.insert(tx, events));
    tx.afterCommit(() => this.#wake(new Set(events.map(({ type }) => type))));
    tx.afterCommit(() => this.#housekeeping.worked(events.length));
  }

  #wake(types: ReadonlySet<string>): void {
    const queues = new Set([...types].flatMap((type) => this.#journal.queuesOf(type)));
    this.#wakeQueues(queues);
    for (const type of types) for (const wake of this.#followers.get(type) ?? []) wake();
  }

  #wakeQueues(names: ReadonlySet<string>): void {
    for (const { name, queue } of this.#queues) if (names.has(name)) queue.wake();
  }
}
