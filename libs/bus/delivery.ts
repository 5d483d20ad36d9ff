// The life of a batch. A message is settled only when its effect, or its place in parking, is committed.
import { setTimeout as delay } from 'node:timers/promises';
import type { Meter } from '@opentelemetry/api';
import { backOffMs } from '../events/back-off.js';
import { messageOf } from '../events/message-of.js';
import { reasonOf, timedOut, unavailable } from '../store/failure.js';
import type { Event } from '../events/event.js';
import { claim } from '../store/inbox.js';
import type { Store } from '../store/store.js';
import { attempt, setAside, type Attempt, type Item, type Outcome, type Refused } from './attempt.js';
import { batchMax as busBatchMax, type Batch, type Bus, type Subscription } from './bus.js';
import type { Consumer } from './consumer.js';
import { accusedBy } from './evidence.js';
import { ParkingKeeper } from './parking-keeper.js';
import { positionsOf, receive, type Received } from './received.js';
import { fieldsOf } from './log-fields.js';
import { markFailed, startEventSpan, withBatchSpan, type EventSpan } from './spans.js';
import { deliveryMetrics, type DeliveryMetrics } from './delivery-metrics.js';
import { queueOf } from './topology.js';

export interface DeliveryLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface DeliveryOptions {
  readonly service: string;
  readonly store: Store;
  readonly bus: Bus;
  readonly consumers: readonly Consumer[];
  readonly log: DeliveryLog;
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
  readonly #metrics: DeliveryMetrics;
  readonly #stopping = new AbortController();
  /** Consumers of which the log knows that they forgot something. */
  readonly #forgetful = new Set<string>();
  #subscriptions: readonly Subscription[] = [];
  #problem: string | null = null;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#metrics = deliveryMetrics(options.meter);
    this.#parking = new ParkingKeeper({
      store: options.store,
      service: options.service,
      consumers: options.consumers,
      run: (consumer, items, claimItems) => this.#runAll(consumer, items, claimItems, true),
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
    else await this.#runAll(consumer, group.map(newItem), claimItems(consumer), late);
  }

  /** What this build cannot read, dead; or forgotten, where only the newest counts and the next comes soon. */
  async #putAway(
    consumer: Consumer,
    group: readonly Received[],
    claimItems: Attempt['claim'],
  ): Promise<void> {
    const on = this.#attemptOf(consumer, claimItems, new Map());
    if (consumer.fleeting) {
      await this.#options.store.transaction((tx) => claimItems(tx, group.map(newItem)));
      this.#tellForgotten(consumer, group);
      return;
    }
    for (const { event, fault } of group) this.#tell(on, await setAside(on, { event, attempts: 0 }, fault));
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

  /**
   * The whole set; when its load or save fails, without whom the failure names; else its halves, until the culprit is alone.
   * @param late whether a statement that times out, while the database answers, is such a failure
   */
  async #runAll(
    consumer: Consumer,
    items: readonly Item[],
    claimItems: Attempt['claim'],
    late: boolean,
  ): Promise<void> {
    const unique = [...new Map(items.map((item) => [item.event.id, item])).values()];
    const as = { system: this.#options.bus.system, consumer: consumer.name };
    const queue = ({ type }: Event): string | null => this.#queues.get(type) ?? null;
    const spans = new Map(unique.map(({ event }) => [event.id, startEventSpan(as, event, queue(event))]));
    const on = { ...this.#attemptOf(consumer, claimItems, spans), late };
    try {
      await withBatchSpan(as, [...spans.values()], () => this.#halve(on, unique));
    } finally {
      for (const span of spans.values()) span.end();
    }
  }

  async #halve(on: Search, items: readonly Item[], refused: Refused = new Map()): Promise<void> {
    const began = performance.now();
    try {
      const outcome = await attempt(on, items, refused);
      this.#metrics.batch(on.consumer.name, items.length, performance.now() - began);
      this.#tell(on, outcome);
    } catch (error) {
      if (unavailable(error) && !(on.late && (await this.#isOwn(error)))) throw error;
      const [only] = items;
      if (only && items.length === 1) {
        this.#tell(on, await setAside(on, only, error));
        return;
      }
      const suspects = items.map(({ event }) => event).filter(({ id }) => !refused.has(id));
      const names = refused.size < accusedMax && !timedOut(error);
      const accused = names ? accusedBy(error, suspects) : null;
      if (accused !== null) await this.#halve(on, items, new Map([...refused, [accused, error]]));
      else await this.#halves(on, items, refused);
    }
  }

  /** It timed out, and something trivial does not: it is not the database that is away, or frozen. */
  async #isOwn(error: unknown): Promise<boolean> {
    if (!timedOut(error)) return false;
    const answered = this.#options.store.query('select 1').then(() => true);
    return answered.catch(() => false);
  }

  /** The second half is not made to wait for what cannot even be set aside in the first. */
  async #halves(on: Search, items: readonly Item[], refused: Refused): Promise<void> {
    const middle = Math.ceil(items.length / 2);
    const failures: unknown[] = [];
    for (const half of [items.slice(0, middle), items.slice(middle)]) {
      await this.#halve(on, half, refused).catch((error: unknown) => {
        if (unavailable(error)) throw error;
        failures.push(error);
      });
    }
    if (failures.length > 0) throw toError(failures[0]);
  }

  #attemptOf(
    consumer: Consumer,
    claimItems: Attempt['claim'],
    spans: ReadonlyMap<string, EventSpan>,
  ): Attempt {
    const { store, bus } = this.#options;
    const took: Attempt['took'] = (phase, durationMs) =>
      this.#metrics.phase(consumer.name, phase, durationMs);
    return { store, bus, consumer, claim: claimItems, spanOf: (event) => spans.get(event.id), took };
  }

  #tell({ consumer, spanOf }: Attempt, { handled, parked, notes }: Outcome): void {
    for (const { fields, message } of notes) this.#options.log.info(fields, message);
    this.#metrics.handled(consumer.name, handled);
    for (const { event, attempts, delayMs, reason, waits } of parked) {
      markFailed(spanOf(event), reason);
      const fields = {
        consumer: consumer.name,
        event: event.id,
        type: event.type,
        subject: event.subject,
        ...fieldsOf(event),
        attempts,
        reason,
      };
      if (delayMs === null) {
        this.#metrics.died(consumer.name);
        this.#options.log.error(
          fields,
          'An event could not be handled and is dead: mend the reason, then replay it',
        );
      } else if (!waits) {
        this.#options.log.warn(
          { ...fields, againInMs: delayMs },
          'An event could not be handled; it is tried again',
        );
      } else if (attempts === waitsToldAfter) {
        this.#options.log.warn(
          fields,
          'An event waits for what must come before it; it is tried again each second',
        );
      }
    }
  }
}

/** A try that may have to find who makes it fail. */
interface Search extends Attempt {
  readonly late: boolean;
}

/** Of what waits, tried each second, the log says nothing for a minute: mostly it was early. */
const waitsToldAfter = 60;
/** More culprits than these in one batch are found by halving it. */
const accusedMax = 16;

const toError = (failure: unknown): Error =>
  failure instanceof Error ? failure : new Error(String(failure));
/** What goes through one transaction: of one consumer, and readable or not. */
const setOf = ({ consumer, fault }: Received): string => `${fault ? 'not ' : ''}${consumer?.name ?? ''}`;
const newItem = ({ event }: Received): Item => ({ event, attempts: 0 });
