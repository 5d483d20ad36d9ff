// Batches from the delivery rows of one queue, oldest first.
import { setTimeout as delay } from 'node:timers/promises';
import { backOffMs } from '../../events/back-off.js';
import { messageOf } from '../../events/message-of.js';
import type { Database, Tx } from '../../store/store.js';
import { killPoint } from '../kill-point.js';
import { batchMax, type Batch, type Subscription } from '../bus.js';
import { deadLetters } from '../topology.js';
import { addDeadLetter } from './journal.js';

const batchMin = 10;
/** A batch holds the only connection for about as long; larger ones are made smaller. */
const batchMs = 30;
/** After a batch that was not full a queue rests some times as long as it took: more gather, and few cost as much as one. */
const restFactor = 3;
const restMaxMs = 150;

export interface EmbeddedQueueOptions {
  readonly database: Database;
  readonly queue: string;
  readonly handle: (batch: Batch) => Promise<void>;
  readonly log: { error(fields: object, message: string): void };
  /** Times a message may be tried alone without being settled: then it is said to kill its process. */
  readonly triesMax: number;
  /** A message was given up and lies among the dead letters. */
  readonly gaveUp: () => void;
  /** Told how many rows were settled. */
  readonly worked: (rows: number) => void;
}

interface Row {
  readonly seq: number;
  readonly tries: number;
  readonly body: unknown;
}

interface Outcome {
  readonly settled: boolean;
  /** How long its transactions held the connection; waiting for it does not count. */
  readonly heldMs: number;
}

export class EmbeddedQueue implements Subscription {
  readonly #options: EmbeddedQueueOptions;
  readonly #stopping = new AbortController();
  /** Rows that were there at the start or came back: whatever was in a batch when its process died runs alone. */
  #aloneUpTo = 0;
  /** Nothing at or below it is left: with one connection, rows are committed in the order of their numbers. */
  #settledUpTo = 0;
  #limit = 1;
  #failures = 0;
  #restsUntil = 0;
  #woken = Promise.withResolvers<void>();
  #running: Promise<void> = Promise.resolve();
  #problem: string | null = null;

  constructor(options: EmbeddedQueueOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { database, queue } = this.#options;
    const [first] = await database.query<{ seq: number | null }>(
      `select max(seq) as seq from (select seq from bus.delivery where queue = $1 order by seq limit $2) as oldest`,
      [queue, batchMax],
    );
    this.#aloneUpTo = first?.seq ?? 0;
    this.#running = this.#run();
  }

  /** There may be rows. */
  wake(): void {
    this.#woken.resolve();
  }

  problem(): string | null {
    return this.#problem;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#rest();
      this.#woken = Promise.withResolvers();
      const outcome = await this.#batch().catch((error: unknown) => {
        this.#problem = `queue ${this.#options.queue}: ${messageOf(error)}`;
        return 'failed' as const;
      });
      if (outcome === 'empty' && !signal.aborted) await this.#woken.promise;
      if (outcome === 'failed') await this.#pause();
      else this.#failures = 0;
    }
  }

  async #batch(): Promise<'empty' | 'settled' | 'failed'> {
    const asked = this.#limit;
    const rows = await this.#read(asked);
    this.#problem = null;
    if (rows.length === 0 || this.#stopping.signal.aborted) return 'empty';
    const [first] = rows;
    const alone = first !== undefined && first.seq <= this.#aloneUpTo;
    if (alone && !(await this.#mayTry(first))) return 'settled';
    const taken = alone ? [first] : rows;
    const began = performance.now();
    const { settled, heldMs } = await this.#handle(taken);
    if (!settled) {
      this.#aloneUpTo = Math.max(this.#aloneUpTo, taken.at(-1)?.seq ?? 0);
      return 'failed';
    }
    if (!alone || this.#limit === 1) this.#adapt(taken.length, heldMs);
    if (this.#options.database.single) this.#settledUpTo = taken.at(-1)?.seq ?? this.#settledUpTo;
    this.#options.worked(taken.length);
    if (alone || rows.length === asked) return 'settled';
    // All there was: whatever came since has woken us.
    const endedAt = performance.now();
    this.#restsUntil = endedAt + Math.min(restMaxMs, restFactor * (endedAt - began));
    return 'empty';
  }

  /** Nothing while little is to do: a message that comes long after the last one is taken at once. */
  async #rest(): Promise<void> {
    const ms = this.#restsUntil - performance.now();
    if (ms > 1) await delay(ms, null, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  #read(limit: number): Promise<Row[]> {
    const { database, queue } = this.#options;
    // The rows first, by their index, then their events: so the plan is right whatever the planner believes.
    // Behind those who write: under load more gather meanwhile, and a batch of many costs little more than one of few.
    return database.query<Row>(
      `select d.seq, d.tries, e.body from (
         select seq, tries from bus.delivery where queue = $1 and seq > $2 order by seq limit $3) as d
       join bus.event e on e.seq = d.seq order by d.seq`,
      [queue, this.#settledUpTo, limit],
      'page',
    );
  }

  async #handle(rows: readonly Row[]): Promise<Outcome> {
    const { queue, handle, log } = this.#options;
    const outcome = { settled: false, heldMs: 0 };
    const batch: Batch = {
      messages: rows.map(({ body }) => body),
      settleIn: (tx, positions) => {
        const began = performance.now();
        tx.afterCommit(() => (outcome.heldMs += performance.now() - began));
        return this.#delete(tx, seqsAt(rows, positions));
      },
      settled: () => {
        outcome.settled = true;
      },
      abandon: () => undefined,
    };
    await handle(batch).catch((error: unknown) => {
      log.error({ error, queue }, 'A handler of a queue failed; its messages come again');
    });
    if (outcome.settled) killPoint('acked');
    return outcome;
  }

  async #delete(tx: Tx, seqs: readonly number[]): Promise<void> {
    await tx.query(`delete from bus.delivery where queue = $1 and seq = any($2::bigint[])`, [
      this.#options.queue,
      seqs,
    ]);
  }

  /** Counts a try before it is made, so that the count survives the process. */
  async #mayTry({ seq, tries, body }: Row): Promise<boolean> {
    const { database, queue, log, triesMax, gaveUp } = this.#options;
    if (tries >= triesMax && queue !== deadLetters) {
      const reason = `killed its reader ${tries} times`;
      await database.transaction(async (tx) => {
        await this.#delete(tx, [seq]);
        await addDeadLetter(tx, { queue, attempts: tries, reason, message: body });
      });
      log.error({ queue, seq, tries }, 'A message that ends its process was given up: it is a dead letter');
      gaveUp();
      return false;
    }
    await database.query(`update bus.delivery set tries = tries + 1 where queue = $1 and seq = $2`, [
      queue,
      seq,
    ]);
    return true;
  }

  /** As many as fit into the time that a batch may take, at what each of these cost: never more than were tried to be so fast. */
  #adapt(size: number, heldMs: number): void {
    const fitting = Math.floor((size * batchMs) / Math.max(heldMs, 0.1));
    this.#limit = Math.min(batchMax, Math.max(batchMin, fitting));
  }

  async #pause(): Promise<void> {
    this.#failures += 1;
    const ms = backOffMs(this.#failures, { firstMs: 100, maxMs: 2_000 });
    await delay(ms, null, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

function seqsAt(rows: readonly Row[], positions: readonly number[]): readonly number[] {
  return positions.flatMap((position) => rows[position]?.seq ?? []);
}
