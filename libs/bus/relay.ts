// Events from an outbox to the broker. They are published from memory as soon as their transaction has committed; the
// rows are there for the case that this process does not come to it: whichever instance looks next publishes them.
import type { Event } from '../events/event.js';
import { messageOf } from '../events/message-of.js';
import { claimExpired, confirmOutbox, saveOutbox } from '../store/outbox.js';
import type { Store, Tx } from '../store/store.js';
import { killPoint } from './kill-point.js';

export interface RelayLog {
  warn(fields: object, message: string): void;
}

export interface RelayOptions {
  readonly store: Store;
  /** Resolves when the event is safe on the broker. */
  readonly send: (event: Event) => Promise<void>;
  /** Why sending is of no use now; null when it is. */
  readonly problem: () => string | null;
  readonly log: RelayLog;
  /** How often confirmed rows are deleted and expired ones looked for. */
  readonly everyMs?: number;
}

/** Events in memory at most. What does not fit waits in its row until its claim expires. */
const waitingMax = 10_000;
const sendingMax = 1_000;
const claimMax = 500;

export class Relay {
  readonly #options: RelayOptions;
  #waiting: Event[] = [];
  #confirmed: string[] = [];
  #sending = 0;
  #told: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #tidying: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Whoever waits until nothing is in memory. */
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#schedule();
  }

  async record(tx: Tx, schema: string, events: readonly Event[]): Promise<void> {
    if (events.length === 0) return;
    const own = this.#options.store.schema;
    if (schema !== own) throw new Error(`the relay of ${own} cannot record for ${schema}`);
    await saveOutbox(tx, schema, events);
    tx.afterCommit(() => this.#hand(events));
  }

  /** Sends what is in memory, as far as the broker takes it, and forgets what it confirmed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#tidying;
    await this.#emptied();
    await this.#forgetConfirmed();
  }

  #hand(events: readonly Event[]): void {
    if (this.#waiting.length + events.length > waitingMax) return;
    this.#waiting.push(...events);
    this.#pump();
  }

  #pump(): void {
    if (this.#options.problem() !== null) this.#waiting = [];
    let taken = 0;
    while (this.#sending < sendingMax) {
      const event = this.#waiting[taken];
      if (!event) break;
      taken += 1;
      this.#sending += 1;
      void this.#send(event);
    }
    if (taken > 0) this.#waiting.splice(0, taken);
    if (this.#sending > 0 || this.#waiting.length > 0) return;
    this.#idle?.resolve();
    this.#idle = null;
  }

  /** Resolves when nothing is in memory any more: sent, or left to its row. */
  #emptied(): Promise<void> {
    // One for all who wait: a second one in its place would leave the first caller waiting for ever.
    this.#idle ??= Promise.withResolvers();
    const { promise } = this.#idle;
    this.#pump();
    return promise;
  }

  async #send(event: Event): Promise<void> {
    try {
      await this.#options.send(event);
      killPoint('relayed');
      this.#confirmed.push(event.id);
      this.#told = null;
    } catch (error) {
      // Its row stays: it is sent again when its claim has expired.
      const problem = messageOf(error);
      if (this.#told === null)
        this.#options.log.warn({ problem, event: event.id }, 'An event waits in the outbox');
      this.#told = problem;
    } finally {
      this.#sending -= 1;
      if (this.#sending < sendingMax / 2) this.#pump();
    }
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#tidying = this.#tidy().finally(() => this.#schedule());
    }, this.#options.everyMs ?? 1_000);
    this.#timer.unref();
  }

  async #tidy(): Promise<void> {
    const { store, problem } = this.#options;
    await this.#forgetConfirmed();
    try {
      let found = claimMax;
      while (found === claimMax && !this.#stopped && problem() === null && this.#waiting.length === 0) {
        const events = await claimExpired(store, store.schema, claimMax);
        found = events.length;
        this.#hand(events);
        if (found === claimMax) await this.#emptied();
        await this.#forgetConfirmed();
      }
    } catch {
      // The database is away: whoever needs it says so; the rows wait in it.
    }
  }

  async #forgetConfirmed(): Promise<void> {
    const ids = this.#confirmed;
    if (ids.length === 0) return;
    this.#confirmed = [];
    const { store } = this.#options;
    await confirmOutbox(store, store.schema, ids).catch(() => {
      this.#confirmed = [...ids, ...this.#confirmed].slice(0, waitingMax);
    });
  }
}
