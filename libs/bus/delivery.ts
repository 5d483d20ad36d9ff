// The life of a batch. A message is settled only when its effect, or its place in parking, is committed.
import { setTimeout as delay } from 'node:timers/promises';
import type { Meter } from '@opentelemetry/api';
import { backOffMs } from '../events/back-off.js';
import { messageOf } from '../events/message-of.js';
import { reasonOf, timedOut } from '../store/failure.js';
import { claim } from '../store/inbox.js';
import type { Store } from '../store/store.js';
import type { Attempt, Item } from './attempt.js';
import { batchMax as busBatchMax, type Batch, type Bus, type Subscription } from './bus.js';
import type { Consumer } from './consumer.js';
import { Handling } from './handling.js';
import type { BusLog } from './log-fields.js';
import { ParkingKeeper } from './parking-keeper.js';
import { positionsOf, receive, type Received } from './received.js';
import { deliveryMetrics } from './delivery-metrics.js';
import { queueOf } from './topology.js';

export interface DeliveryOptions {
  readonly service: string;
  readonly store: Store;
  readonly bus: Bus;
  readonly consumers: readonly Consumer[];
  readonly log: BusLog;
  readonly meter: Meter;
  /** Events in one transaction at most. */
  readonly batchMax?: number;
}

/** All deliveries of one service: its facts and its control queue, and what is parked. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #byType = new Map<string, Consumer>();
  readonly #queues = new Map<string, string>();
  readonly #parking: ParkingKeeper;
  readonly #handling: Handling;
  readonly #stopping = new AbortController();
  /** Consumers of which the log knows that they forgot something. */
  readonly #forgetful = new Set<string>();
  #subscriptions: readonly Subscription[] = [];
  #problem: string | null = null;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    const queueFor = (type: string): string | null => this.#queues.get(type) ?? null;
    this.#handling = new Handling({ ...options, metrics: deliveryMetrics(options.meter), queueFor });
    this.#parking = new ParkingKeeper({
      store: options.store,
      service: options.service,
      consumers: options.consumers,
      run: (consumer, items, claimItems) => this.#handling.run(consumer, items, claimItems, true),
      log: options.log,
      meter: options.meter,
    });
    for (const consumer of [...options.consumers, ...this.#parking.controls]) {
      for (const { type, plane } of consumer.on) {
        const other = this.#byType.get(type);
        if (other)
          throw new Error(
            `${type} has two consumers in ${options.service}: ${other.name} and ${consumer.name}`,
          );
        this.#byType.set(type, consumer);
        this.#queues.set(type, queueOf(options.service, plane));
      }
    }
  }

  async start(): Promise<void> {
    const { service, bus } = this.#options;
    const handle = (batch: Batch) => this.#handle(batch);
    this.#subscriptions = await Promise.all([
      bus.subscribe(`${service}.facts`, handle),
      bus.subscribe(`${service}.control`, handle),
    ]);
    this.#parking.start();
  }

  /** Ends the batches in flight and takes no more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([
      this.#parking.stop(),
      ...this.#subscriptions.map((subscription) => subscription.stop()),
    ]);
  }

  /** Why events are not handled now; null when they are. */
  problem(): string | null {
    return this.#problem ?? this.#parking.problem();
  }

  async #handle(batch: Batch): Promise<void> {
    const { batchMax = busBatchMax } = this.#options;
    const received = batch.messages.map((message, position) => receive(message, position, this.#byType));
    try {
      for (const group of Map.groupBy(received, setOf).values()) {
        for (let start = 0; start < group.length; start += batchMax) {
          await this.#persist(batch, group.slice(start, start + batchMax));
        }
      }
      batch.settled();
    } catch {
      batch.abandon();
    }
  }

  /**
   * Until it is committed, or the process stops. While the database is away the batch is held, however long: given back, it
   * would come again and again, and the broker would count each time towards giving it up. What timed out twice in a row may
   * be one event's own.
   */
  async #persist(batch: Batch, group: readonly Received[]): Promise<void> {
    let late = false;
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#process(batch, group, late);
        this.#problem = null;
        return;
      } catch (error) {
        const { log, service } = this.#options;
        late = timedOut(error);
        this.#problem = `${service} cannot save: ${messageOf(error)}`;
        if (tries === 1)
          log.error(
            { error, events: group.length },
            'The database does not take events; trying again until it does',
          );
        if (this.#stopping.signal.aborted) throw error;
        await delay(backOffMs(tries, { firstMs: 200, maxMs: 2_000 }), null, {
          signal: this.#stopping.signal,
        }).catch(() => undefined);
      }
    }
  }

  async #process(batch: Batch, group: readonly Received[], late: boolean): Promise<void> {
    const { store } = this.#options;
    const positions = new Map(group.map(({ event, position }) => [event.id, position]));
    const claimItems =
      (consumer: Consumer): Attempt['claim'] =>
      async (tx, items) => {
        const ids = items.map(({ event }) => event.id);
        await batch.settleIn(tx, positionsOf(group, new Set(ids), positions));
        return claim(tx, store.schema, consumer.name, ids);
      };
    const [first] = group;
    const consumer = first?.consumer ?? this.#options.consumers[0];
    if (!consumer) return;
    if (first?.fault) await this.#putAway(consumer, group, claimItems(consumer));
    else await this.#handling.run(consumer, group.map(newItem), claimItems(consumer), late);
  }

  /** What this build cannot read, dead; or forgotten, where only the newest counts and the next comes soon. */
  async #putAway(
    consumer: Consumer,
    group: readonly Received[],
    claimItems: Attempt['claim'],
  ): Promise<void> {
    if (consumer.fleeting) {
      await this.#options.store.transaction((tx) => claimItems(tx, group.map(newItem)));
      this.#tellForgotten(consumer, group);
      return;
    }
    for (const received of group)
      await this.#handling.putAway(consumer, newItem(received), claimItems, received.fault);
  }

  /** Once: they come by the clock. */
  #tellForgotten(consumer: Consumer, [first]: readonly Received[]): void {
    if (!first || this.#forgetful.has(consumer.name)) return;
    this.#forgetful.add(consumer.name);
    const fields = { consumer: consumer.name, type: first.event.type, reason: reasonOf(first.fault) };
    this.#options.log.warn(
      fields,
      'Events that this build cannot read are passed over, this one and those after it',
    );
  }
}

/** What goes through one transaction: of one consumer, and readable or not. */
const setOf = ({ consumer, fault }: Received): string => `${fault ? 'not ' : ''}${consumer?.name ?? ''}`;
const newItem = ({ event }: Received): Item => ({ event, attempts: 0 });
