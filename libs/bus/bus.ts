// What a driver of the bus must do. bus.spec.ts is one suite for all drivers.
import type { Event, EventDefinition } from '../events/event.js';
import type { QueueLoad } from '../events/service.js';
import type { Tx } from '../store/store.js';

/** Its name in spans; RabbitMQ's is OpenTelemetry's own. */
export type MessagingSystem = 'rabbitmq' | 'muster';

/** Messages in one batch at most, whatever the driver. */
export const batchMax = 200;

/** Messages taken from one queue together. */
export interface Batch {
  /** As they came: not parsed, not trusted. A message that came before runs alone. */
  readonly messages: readonly unknown[];
  /** Inside the transaction that takes responsibility for `positions` (indexes into messages). The embedded bus deletes them here. */
  settleIn(tx: Tx, positions: readonly number[]): Promise<void>;
  /** After every message's transaction has committed. RabbitMQ's messages are acked here. */
  settled(): void;
  /** Nothing was committed (database lost, stopping): the messages come again. */
  abandon(): void;
}

export interface Subscription {
  /** Takes no more batches, waits for the one in flight, then resolves. */
  stop(): Promise<void>;
}

/** When events entered the journal, to the second. */
export interface JournalRange {
  /** Null: from the oldest that is kept. */
  readonly since: Date | null;
  /** Exclusive; null: to the end. */
  readonly to: Date | null;
  /** Ends the reading: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface BusStatus {
  readonly connected: boolean;
  /** Why not, for readiness and the log; null when connected. */
  readonly problem: string | null;
}

export interface Bus {
  readonly system: MessagingSystem;

  /**
   * Inside the transaction that made the events: makes them as durable as it is. What must follow the commit is left with
   * tx.afterCommit.
   * @param schema of the service whose transaction it is
   */
  record(tx: Tx, schema: string, events: readonly Event[]): Promise<void>;

  /**
   * From a process without a database. Resolves when every event is safe: confirmed by the broker and routed, or committed.
   * Rejects with BusError; 'unknown' means that it may still arrive.
   */
  publish(events: readonly Event[]): Promise<void>;

  /** One batch in flight at a time; `handle` settles or abandons it and never rejects. */
  subscribe(queue: string, handle: (batch: Batch) => Promise<void>): Promise<Subscription>;

  /** The newest event of a kept stream (edge.configured), then each newer one. Resolves when following, not when one came. */
  follow(definition: EventDefinition, each: (event: unknown) => void): Promise<Subscription>;

  /**
   * Reads the journal once, in the order in which events entered it: up to batchMax events at a time, as they were written
   * then, not parsed; repeats are possible. Resolves at its end as it was when reading began. Rejects with BusError when it
   * could not be read to there.
   */
  readJournal(range: JournalRange, each: (events: readonly unknown[]) => Promise<void>): Promise<void>;

  /**
   * How much waits in each of these queues, not older than a few seconds. Never rejects, and takes no long time: what cannot
   * be told is null.
   */
  loads(queues: readonly string[]): Promise<readonly QueueLoad[]>;

  status(): BusStatus;
  /** Publishes what is in memory still, then closes. */
  stop(): Promise<void>;
}

/** Thrown when an event could not be published. */
export class BusError extends Error {
  override readonly name = 'BusError';
  constructor(
    /** refused: surely not stored. unknown: no answer in time, it may be stored. unroutable: nobody's queue wanted it. */
    readonly code: 'refused' | 'unknown' | 'unroutable' | 'disconnected',
    message: string,
  ) {
    super(message);
  }
}
