// Tries parked deliveries again when they are due, and does what operators ask of dead ones.
import { setTimeout as delay } from 'node:timers/promises';
import type { Meter } from '@opentelemetry/api';
import { deliveryReplayRequested } from '../events/delivery.js';
import { readEvent } from '../events/catalogue.js';
import { UnreadableEvent, type Event } from '../events/event.js';
import { reasonOf, unavailable } from '../store/failure.js';
import { countParked, drop, due, revive, takeBack } from '../store/parking.js';
import type { Store } from '../store/store.js';
import type { Attempt, Item } from './attempt.js';
import { consumer as define, type Consumer } from './consumer.js';
import type { DeliveryLog } from './delivery.js';
import { returnedMessages } from './returned.js';

interface Options {
  readonly service: string;
  readonly store: Store;
  readonly consumers: readonly Consumer[];
  readonly run: (consumer: Consumer, items: readonly Item[], claim: Attempt['claim']) => Promise<void>;
  readonly log: DeliveryLog;
  readonly meter: Meter;
}

const lookEveryMs = 500;
const batchMax = 50;
/** Of one consumer, before the next one's turn; rows that another instance holds stay due. */
const roundsMax = 20;

export class ParkingKeeper {
  readonly #stopping = new AbortController();
  #counts = { waiting: 0, dead: 0 };
  #looking: Promise<void> = Promise.resolve();
  #problem: string | null = null;
  /** Hear what operators ask and what the bus gave up; every service does, and each answers for its own consumers. */
  readonly controls: readonly Consumer[];

  constructor(private readonly options: Options) {
    this.controls = [this.#requests(), this.#returned()];
    const gauge = options.meter.createObservableGauge('muster.parked', {
      description: 'Deliveries parked: waiting to be tried again, or dead',
    });
    gauge.addCallback((result) => {
      const service = options.store.schema;
      result.observe(this.#counts.waiting, { service, state: 'waiting' });
      result.observe(this.#counts.dead, { service, state: 'dead' });
    });
  }

  #requests(): Consumer {
    const { schema } = this.options.store;
    const name = `${this.options.service}.parking`;
    // Its own deliveries too: a request that died can be replayed or dropped like any other.
    const mine = new Set([
      name,
      `${this.options.service}.returned`,
      ...this.options.consumers.map((each) => each.name),
    ]);
    return define({
      name,
      on: [deliveryReplayRequested],
      load: () => Promise.resolve(null),
      decide: ({ data }) => ({ changes: mine.has(data.consumer) ? [data] : [], events: [] }),
      save: async (tx, changes) => {
        for (const { action, consumer, eventId, otherEventIds = [] } of changes) {
          await (action === 'replay' ? revive : drop)(tx, schema, consumer, [eventId, ...otherEventIds]);
        }
      },
    });
  }

  #returned(): Consumer {
    const { service, store, consumers } = this.options;
    const consumerOf = (type: string): string => {
      const hearing = [...consumers, ...this.controls].find(({ on }) =>
        on.some((each) => each.type === type),
      );
      return hearing?.name ?? consumers[0]?.name ?? `${service}.parking`;
    };
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
        for (const consumer of [...this.options.consumers, ...this.controls]) await this.#retryAll(consumer);
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
      let rounds = roundsMax;
      while (!this.#stopping.signal.aborted && rounds > 0 && (await this.#retry(consumer)) === batchMax)
        rounds -= 1;
    } catch (error) {
      if (unavailable(error)) throw error;
      const fields = { error, consumer: consumer.name };
      this.options.log.error(fields, 'Parked deliveries could not be tried again');
    }
  }

  /** Resolves to how many were due. */
  async #retry(consumer: Consumer): Promise<number> {
    const { store } = this.options;
    const rows = await due(store, store.schema, consumer.name, batchMax);
    if (rows.length === 0) return 0;
    const claim: Attempt['claim'] = (tx, items) =>
      takeBack(
        tx,
        store.schema,
        consumer.name,
        items.map(({ event }) => event.id),
      );
    const items = rows.map(({ event, attempts }) => ({ event: readAgain(event), attempts }));
    await this.options.run(this.#checked(consumer), items, claim);
    return rows.length;
  }

  /** What was dead because this build could not read it stays so until a build can. */
  #checked(consumer: Consumer): Consumer {
    const heard = new Set(consumer.on.map(({ type }) => type));
    return {
      ...consumer,
      load: (tx, events) =>
        consumer.load(
          tx,
          events.filter((event) => heard.has(event.type)),
        ),
      decide: (event, state) => {
        readEvent(event);
        if (!heard.has(event.type)) {
          throw new UnreadableEvent('unknownType', `no consumer of this service hears ${event.type}`);
        }
        return consumer.decide(event, state);
      },
    };
  }
}

/** Its data as the schema gives it, where it can be read; as it lies there, where not: decide refuses it then. */
function readAgain(event: Event): Event {
  try {
    return readEvent(event);
  } catch {
    return event;
  }
}
