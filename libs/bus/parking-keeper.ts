// Tries parked deliveries again when they are due, and does what operators ask of dead ones.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Meter } from '@opentelemetry/api';
import { reasonOf, unavailable } from '../store/failure.js';
import { begin, giveBack, takeBack, type Begun, type Try } from '../store/parked-tries.js';
import { handOver, handOverMax, type Owners } from '../store/parked-owners.js';
import { countParked } from '../store/parking.js';
import type { Store } from '../store/store.js';
import type { Attempt, Item } from './attempt.js';
import type { Consumer } from './consumer.js';
import { replayRequests } from './replay-requests.js';
import { givingUp, readAgain, readingAgain } from './retried.js';
import { returnedMessages } from './returned.js';
import type { BusLog } from './log-fields.js';

interface Options {
  readonly service: string;
  readonly store: Store;
  readonly consumers: readonly Consumer[];
  readonly run: (consumer: Consumer, items: readonly Item[], claim: Attempt['claim']) => Promise<void>;
  readonly log: BusLog;
  readonly meter: Meter;
}

const lookEveryMs = 500;
/** What another build parks meanwhile, under its own names, is found then. */
const handOverEveryMs = 60_000;
const batchMax = 50;
/** Of one consumer, before the next one's turn; rows that another instance holds stay due. */
const roundsMax = 20;
/**
 * A try counts for this when its process dies during it. One takes some milliseconds, and after each death it is farther from
 * the next: chance, or a hundred kills on purpose, does not strike one delivery ten times in a row.
 */
const deathsMax = 10;

export class ParkingKeeper {
  readonly #stopping = new AbortController();
  #counts = { waiting: 0, dead: 0 };
  #looking: Promise<void> = Promise.resolve();
  #handOverAt = 0;
  #problem: string | null = null;
  /** Tries that did not end although this process lives. */
  #unended: readonly string[] = [];
  /** Hear what operators ask and what the bus gave up; every service does, and each answers for its own consumers. */
  readonly controls: readonly Consumer[];

  constructor(private readonly options: Options) {
    const { service, store } = options;
    this.controls = [
      replayRequests({ service, schema: store.schema, owners: () => this.#owners(this.#fallback) }),
      this.#returned(),
    ];
    const gauge = options.meter.createObservableGauge('muster.parked', {
      description: 'Deliveries parked: waiting to be tried again, or dead',
    });
    gauge.addCallback((result) => {
      const service = options.store.schema;
      result.observe(this.#counts.waiting, { service, state: 'waiting' });
      result.observe(this.#counts.dead, { service, state: 'dead' });
    });
  }

  get #all(): readonly Consumer[] {
    return [...this.options.consumers, ...this.controls];
  }

  /** For deliveries of types that nobody hears. */
  get #fallback(): string {
    return this.options.consumers[0]?.name ?? `${this.options.service}.parking`;
  }

  #owners(fallback: string | null): Owners {
    const heard = this.#all.flatMap(({ name, on }) => on.map(({ type }) => [type, name] as const));
    return { byType: new Map(heard), fallback };
  }

  #returned(): Consumer {
    const { service, store } = this.options;
    const consumerOf = (type: string): string => this.#owners(null).byType.get(type) ?? this.#fallback;
    return returnedMessages({ service, schema: store.schema, consumerOf });
  }

  start(): void {
    this.#looking = this.#look();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
  }

  /** The database answers no more, even while no event comes; null when it does. */
  problem(): string | null {
    return this.#problem;
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await delay(lookEveryMs * (0.75 + Math.random() / 2), null, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#giveBack();
        await this.#handOver();
        for (const consumer of this.#all) await this.#retryAll(consumer);
        this.#counts = await countParked(this.options.store, this.options.store.schema);
        this.#problem = null;
      } catch (error) {
        this.#problem = `${this.options.service} cannot ask its database: ${reasonOf(error)}`;
        if (!unavailable(error))
          this.options.log.error({ error }, 'Parked deliveries could not be tried again');
      }
    }
  }

  /** One consumer's trouble is not the others'. */
  async #retryAll(consumer: Consumer): Promise<void> {
    try {
      for (let rounds = roundsMax; rounds > 0 && !this.#stopping.signal.aborted; rounds -= 1) {
        if (!(await this.#retry(consumer))) return;
      }
    } catch (error) {
      if (unavailable(error)) throw error;
      const fields = { error, consumer: consumer.name };
      this.options.log.error(fields, 'Parked deliveries could not be tried again');
    }
  }

  /** Resolves to whether any were due. */
  async #retry(consumer: Consumer): Promise<boolean> {
    const id = randomUUID();
    try {
      return await this.#try({ id, consumer: consumer.name }, consumer);
    } catch (error) {
      this.#unended = [...this.#unended, id];
      throw error;
    }
  }

  async #try(current: Try, consumer: Consumer): Promise<boolean> {
    const { store, run } = this.options;
    const rows = await begin(store, store.schema, current, batchMax);
    const [first] = rows;
    if (!first) return false;
    const idsOf = (items: readonly Item[]) => items.map(({ event }) => event.id);
    const claim: Attempt['claim'] = (tx, items) => takeBack(tx, store.schema, current, idsOf(items));
    // What a process died of comes alone.
    if (first.deaths >= deathsMax) await run(givingUp(consumer, first.deaths), [first], claim);
    else await run(readingAgain(consumer), this.#itemsOf(consumer, rows), claim);
    return true;
  }

  #itemsOf(consumer: Consumer, rows: readonly Begun[]): readonly Item[] {
    for (const { event, deaths } of rows.filter((row) => row.deaths > 0)) {
      this.options.log.warn(
        { consumer: consumer.name, event: event.id, type: event.type, deaths },
        'A process died while it tried this event; it is tried again, alone',
      );
    }
    return rows.map(({ event, attempts }) => ({ event: readAgain(event), attempts }));
  }

  /** Types that this build does not hear are left to the build that may. */
  async #handOver(): Promise<void> {
    if (performance.now() < this.#handOverAt) return;
    const { store } = this.options;
    this.#handOverAt = performance.now() + handOverEveryMs;
    const found = await handOver(store, store.schema, this.#owners(null));
    if (found === handOverMax) this.#handOverAt = 0;
  }

  async #giveBack(): Promise<void> {
    if (this.#unended.length === 0) return;
    await giveBack(this.options.store, this.options.store.schema, this.#unended);
    this.#unended = [];
  }
}
