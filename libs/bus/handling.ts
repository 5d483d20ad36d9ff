// Events with one consumer until each is handled or parked: all together, and when that fails, without the culprits.
import { timedOut, unavailable } from '../store/failure.js';
import type { Store } from '../store/store.js';
import { attempt, setAside, type Attempt, type Item, type Outcome, type Refused } from './attempt.js';
import type { Bus } from './bus.js';
import type { Consumer } from './consumer.js';
import type { DeliveryMetrics } from './delivery-metrics.js';
import { accusedBy } from './evidence.js';
import { fieldsOf, type BusLog } from './log-fields.js';
import { markFailed, startEventSpan, withBatchSpan, type EventSpan } from './spans.js';

export interface HandlingOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly log: BusLog;
  readonly metrics: DeliveryMetrics;
  /** By event type: the queue that brings it, for spans. */
  readonly queueFor: (type: string) => string | null;
}

export class Handling {
  constructor(private readonly options: HandlingOptions) {}

  /**
   * The whole set; when its load or save fails, without whom the failure names; else its halves, until the culprit is alone.
   * @param late whether a statement that times out, while the database answers, is such a failure
   */
  async run(
    consumer: Consumer,
    items: readonly Item[],
    claimItems: Attempt['claim'],
    late: boolean,
  ): Promise<void> {
    const unique = [...new Map(items.map((item) => [item.event.id, item])).values()];
    const { bus, queueFor } = this.options;
    const as = { system: bus.system, consumer: consumer.name };
    const spans = new Map(
      unique.map(({ event }) => [event.id, startEventSpan(as, event, queueFor(event.type))]),
    );
    const on = { ...this.#attemptOf(consumer, claimItems, spans), late };
    try {
      await withBatchSpan(as, [...spans.values()], () => this.#halve(on, unique));
    } finally {
      for (const span of spans.values()) span.end();
    }
  }

  /** One that this build cannot read, dead with that reason. */
  async putAway(consumer: Consumer, item: Item, claimItems: Attempt['claim'], fault: unknown): Promise<void> {
    const on = this.#attemptOf(consumer, claimItems, new Map());
    this.#tell(on, await setAside(on, item, fault));
  }

  async #halve(on: Search, items: readonly Item[], refused: Refused = new Map()): Promise<void> {
    const began = performance.now();
    try {
      const outcome = await attempt(on, items, refused);
      this.options.metrics.batch(on.consumer.name, items.length, performance.now() - began);
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
    const answered = this.options.store.query('select 1').then(() => true);
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
    const { store, bus } = this.options;
    const took: Attempt['took'] = (phase, durationMs) =>
      this.options.metrics.phase(consumer.name, phase, durationMs);
    return { store, bus, consumer, claim: claimItems, spanOf: (event) => spans.get(event.id), took };
  }

  #tell({ consumer, spanOf }: Attempt, { handled, parked, notes }: Outcome): void {
    for (const { fields, message } of notes) this.options.log.info(fields, message);
    this.options.metrics.handled(consumer.name, handled);
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
        this.options.metrics.died(consumer.name);
        this.options.log.error(
          fields,
          'An event could not be handled and is dead: mend the reason, then replay it',
        );
      } else if (!waits) {
        this.options.log.warn(
          { ...fields, againInMs: delayMs },
          'An event could not be handled; it is tried again',
        );
      } else if (attempts === waitsToldAfter) {
        this.options.log.warn(
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
