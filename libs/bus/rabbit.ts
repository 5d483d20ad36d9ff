// The bus on RabbitMQ, 3.10 and newer. Publishing has a connection of its own: the broker blocks one that publishes when
// its memory or disk runs short, and consuming, which empties it, must go on.
import type { Meter } from '@opentelemetry/api';
import type { Event, EventDefinition } from '../events/event.js';
import type { QueueLoad } from '../events/service.js';
import type { Store, Tx } from '../store/store.js';
import {
  BusError,
  type Batch,
  type Bus,
  type BusStatus,
  type JournalRange,
  type Subscription,
} from './bus.js';
import { Confirms } from './rabbit/confirms.js';
import { Depths } from './rabbit/depths.js';
import { StreamFollower } from './rabbit/follow.js';
import { Line } from './rabbit/line.js';
import { meterLine } from './rabbit/line-metrics.js';
import { Publisher } from './rabbit/publisher.js';
import { QueueReader } from './rabbit/queue.js';
import { readStream } from './rabbit/stream.js';
import { Relay } from './relay.js';
import { journal, streamOf } from './topology.js';
import type { BusLog } from './log-fields.js';

/** A broker that has not confirmed by then may never do so. */
export const confirmLimitMs = 4_000;

export interface RabbitOptions {
  /** amqp(s)://user:password@host:port/vhost of each node of the cluster. */
  readonly urls: readonly string[];
  /** Shown in the broker's list of connections. */
  readonly name: string;
  /** PEM of the authority that the broker's certificate must lead to. */
  readonly authority?: string | null;
  /** Of the service whose outbox is relayed; null for a process without a database. */
  readonly store: Store | null;
  /** Queues without which nothing may be published: what only the journal keeps, nobody handles. */
  readonly requiredQueues?: readonly string[];
  /** Without a confirm for so long, a message is 'unknown'; confirmLimitMs unless told. */
  readonly confirmTimeoutMs?: number;
  /** How long messages wait for others, to leave in one packet with them; not at all unless told. */
  readonly gatherMs?: number;
  /** Without one nothing is counted. */
  readonly meter?: Meter;
  readonly log: BusLog;
}

/** Connects in the background, for ever; resolves once the first attempt is over. `status` tells. */
export async function openRabbit(options: RabbitOptions): Promise<Bus> {
  const bus = new RabbitBus(options);
  await bus.tried();
  return bus;
}

interface Reader extends Subscription {
  problem(): string | null;
}

class RabbitBus implements Bus {
  readonly system = 'rabbitmq';
  readonly #options: RabbitOptions;
  readonly #out: Line;
  readonly #in: Line;
  readonly #publisher: Publisher;
  readonly #confirms: Confirms;
  readonly #relay: Relay | null;
  readonly #readers = new Set<Reader>();
  readonly #depths: Depths;

  constructor(options: RabbitOptions) {
    this.#options = options;
    const { urls, name, authority = null, log, store } = options;
    this.#out = new Line({ urls, name: `${name} publishes`, authority, log });
    this.#in = new Line({ urls, name: `${name} consumes`, authority, log });
    this.#depths = new Depths(this.#in);
    this.#publisher = new Publisher({
      line: this.#out,
      log,
      requiredQueues: options.requiredQueues ?? [],
      confirmTimeoutMs: options.confirmTimeoutMs ?? confirmLimitMs,
      gatherMs: options.gatherMs ?? 0,
    });
    this.#confirms = new Confirms(this.#publisher, options.meter);
    if (options.meter) meterLine(options.meter, this.#out);
    this.#relay = store && this.#relayOf(store);
  }

  async tried(): Promise<void> {
    await Promise.all([this.#out.tried(), this.#in.tried()]);
    if (this.#out.model) await this.#publisher.opened();
  }

  async record(tx: Tx, schema: string, events: readonly Event[]): Promise<void> {
    if (!this.#relay) throw new Error('this process has no outbox to record in');
    await this.#relay.record(tx, schema, events);
  }

  async publish(events: readonly Event[]): Promise<void> {
    const [only, ...others] = events;
    if (only && others.length === 0) return this.#confirms.send(only);
    const outcomes = await Promise.allSettled(events.map((event) => this.#confirms.send(event)));
    const failures = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [asError(outcome.reason)] : [],
    );
    const [first] = failures;
    if (first === undefined) return;
    // Of several, some may be there: only when all were refused is it sure that none is.
    if (failures.length < events.length)
      throw new BusError('unknown', `${failures.length} of ${events.length}: ${first.message}`);
    throw failures.find((failure) => failure instanceof BusError && failure.code === 'unknown') ?? first;
  }

  async subscribe(queue: string, handle: (batch: Batch) => Promise<void>): Promise<Subscription> {
    const reader = new QueueReader({ line: this.#in, queue, handle, log: this.#options.log });
    return this.#keep(reader);
  }

  async follow(definition: EventDefinition, each: (event: unknown) => void): Promise<Subscription> {
    const stream = streamOf(definition);
    if (!stream) throw new Error(`no stream keeps ${definition.type}`);
    const follower = new StreamFollower({ line: this.#in, stream, type: definition.type, each });
    if (this.#in.model) await follower.started();
    return this.#keep(follower);
  }

  readJournal(range: JournalRange, each: (events: readonly unknown[]) => Promise<void>): Promise<void> {
    return readStream(this.#in, journal, range, each);
  }

  async loads(queues: readonly string[]): Promise<readonly QueueLoad[]> {
    const ready = await this.#depths.of(queues);
    const readers = [...this.#readers].filter((reader) => reader instanceof QueueReader);
    return queues.map((queue) => {
      const { held, oldestAgeMs } = readers.find((reader) => reader.queue === queue)?.held() ?? nothingHeld;
      const waiting = ready.get(queue) ?? null;
      return { queue, depth: waiting === null ? null : waiting + held, held, oldestAgeMs };
    });
  }

  status(): BusStatus {
    const reading = [...this.#readers].map((reader) => reader.problem());
    const problem =
      [this.#publisher.problem(), this.#in.problem, ...reading].find((each) => each !== null) ?? null;
    return { connected: problem === null, problem };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#readers].map((reader) => reader.stop()));
    await this.#relay?.stop();
    await this.#publisher.stop();
    await this.#depths.stop();
    await Promise.all([this.#in.stop(), this.#out.stop()]);
  }

  #relayOf(store: Store): Relay {
    return new Relay({
      store,
      send: (event) => this.#confirms.send(event),
      problem: () => this.#publisher.problem(),
      log: this.#options.log,
    });
  }

  #keep(reader: Reader): Subscription {
    this.#readers.add(reader);
    return {
      stop: async () => {
        await reader.stop();
        this.#readers.delete(reader);
      },
    };
  }
}

const nothingHeld = { held: 0, oldestAgeMs: null };
const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));
