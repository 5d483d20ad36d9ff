// How Muster's services speak on the bus.
//
//   consumer.ts   what a service writes: load, decide, save; keep-documents.ts is one that services share
//   bus.ts        what a driver must do, its journal included; rabbit.ts and embedded.ts do it, under one contract suite
//   delivery.ts   the life of a batch, from queue to settlement; received.ts: whose a message is
//   handling.ts   until each is handled or parked; attempt.ts: claim, load, decide, save, record, park; evidence.ts: who is
//                 the culprit of a batch
//   parking-keeper.ts  tried again; retried.ts: with what; replay-requests.ts: when an operator asks for it; returned.ts:
//                 what killed its reader, kept as dead too
//   spans.ts      traces; log-fields.ts: what a line of the log names; delivery-metrics.ts, buckets.ts: what is counted
//   relay.ts      events from an outbox to the broker, with confirms
//   put-back.ts   events of the journal, put on one queue again
//   topology.ts   exchange, queues, bindings, accounts: made from the catalogue, in one step (rabbit/definitions.ts: as
//                 RabbitMQ wants them); integrator.ts: of others
//   worker.ts     tasks: claimed under a budget (task-pump.ts), run outside any transaction (task-run.ts), ended with
//                 their lease (lease.ts) in one transaction (task-end.ts), counted (task-metrics.ts)
//   kill-point.ts where a test may end the process
//   transport.ts  the Nest strategy that starts and drains the deliveries
import type { Draft, Event, EventDefinition } from '../events/event.js';
import type { Tx } from '../store/store.js';

/** What one event leads to. */
export interface Decision<Change> {
  readonly changes: readonly Change[];
  readonly events: readonly Draft[];
  /** What the log says of it, at info, once it is committed. */
  readonly notes?: readonly Note[];
}

/** A line of the log: what it is about, then one sentence. */
export interface Note {
  readonly fields: object;
  readonly message: string;
}

/** Nothing is to be done about this event. */
export const nothing: Decision<never> = { changes: [], events: [] };

/**
 * A consumer is load, decide, save: set-wise SQL, then a pure rule for each event, then set-wise SQL again, all in one
 * transaction for a whole batch.
 */
export interface Consumer<State = unknown, Change = unknown, E extends Event = Event> {
  /** `service.subject`, such as `licensing.seats`. Names its inbox: to change it is to read everything again. */
  readonly name: string;
  /** What it hears. Within a service an event type has at most one consumer. */
  readonly on: readonly EventDefinition[];
  /** Only the newest of what it hears counts, and it comes by the clock: what cannot be read is forgotten, not parked. */
  readonly fleeting?: boolean;
  /** All that the decisions need, with every lock taken, in a fixed order. Throws: the batch is halved until the culprit is alone. */
  load(tx: Tx, events: readonly E[]): Promise<State>;
  /**
   * Pure and synchronous. Throws Unprocessable: dead at once; anything else: this event alone is tried again later.
   * @param tries before this one: of what is not yet there, one each second
   */
  decide(event: E, state: State, tries: number): Decision<Change>;
  /** Brings the loaded state up to date with one change, for the decisions that follow in the batch. */
  evolve?(state: State, change: Change): void;
  /** All changes of the batch, in the order in which they were decided. */
  save(tx: Tx, changes: readonly Change[]): Promise<void>;
}

/** A consumer, checked by the compiler: events typed by `on`, changes by `decide`. */
export function consumer<State, Change, D>(
  of: Omit<Consumer<State, Change, Event<D>>, 'on'> & { readonly on: readonly EventDefinition<D>[] },
): Consumer {
  return of;
}

/** Thrown by decide when trying again cannot help: the event is dead at once, with this reason for a person to read. */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable';
}

/** Thrown by decide when something must come first, such as settings not seen yet: tried again, and no error is logged. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
}
