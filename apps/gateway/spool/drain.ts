// What lies in the spool goes to the broker, in order: one announcement until the broker confirms again, then many at a
// time. Each is deleted only when it is confirmed; a process that dies in between publishes it twice, with the same id.
import { setTimeout as delay } from 'node:timers/promises';
import { backOffMs, type Pauses } from '#events/back-off';
import { parseEnvelope, type Event } from '#events/event';
import type { Log } from '#runtime/log';
import { faultOf, type SpoolFault } from './fault.js';
import type { Row } from './file.js';
import type { Link } from './link.js';
import type { Waiting } from './thread.js';

/** Published together; confirmed, they are deleted by one commit. */
const togetherMax = 200;
/** Between two tries: doubled each time, half of it by chance. */
const pauses: Pauses = { firstMs: 200, maxMs: 2_000 };

export interface DrainOptions {
  readonly link: Pick<Link, 'ask'>;
  readonly publish: (event: Event) => Promise<void>;
  /** Told how many more the broker has. */
  readonly drained: (count: number) => void;
  /** Told whether what waits can be read: what is wrong, or null. */
  readonly read: (fault: SpoolFault | null) => void;
  readonly log: Pick<Log, 'error'>;
}

interface Letter {
  readonly place: number;
  readonly event: Event;
}

export class Drain {
  readonly #options: DrainOptions;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #woken = Promise.withResolvers<void>();
  #flowing = false;
  /** Tries since the broker confirmed last. */
  #failures = 0;

  constructor(options: DrainOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  /** Whether the broker confirmed what it was given last. */
  get flowing(): boolean {
    return this.#flowing;
  }

  /** There is something to drain. */
  wake(): void {
    this.#woken.resolve();
  }

  /** What is under way is waited for; what is left stays. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const waiting = await this.#next();
      if (!waiting || waiting.rows.length === 0) await this.#woken.promise;
      else await this.#deliver(waiting).catch(() => this.#pause());
    }
  }

  /** Null when there is nothing, or it cannot be read now: the next announcement, or the next look, wakes us. */
  async #next(): Promise<Waiting | null> {
    this.#woken = Promise.withResolvers();
    if (this.#stopping.signal.aborted) this.wake();
    const { link, read } = this.#options;
    try {
      const { waiting } = await link.ask({ do: 'next', max: togetherMax });
      read(null);
      return waiting;
    } catch (error) {
      read(faultOf(error));
      return null;
    }
  }

  /** Until all are confirmed, or we are stopped. */
  async #deliver({ file, rows }: Waiting): Promise<void> {
    let left = await this.#read(file, rows);
    while (left.length > 0 && !this.#stopping.signal.aborted) {
      const tried = this.#flowing ? left : left.slice(0, 1);
      const failed = await this.#publish(tried);
      this.#flowing = failed.length === 0;
      if (this.#flowing) this.#failures = 0;
      left = [...failed, ...left.slice(tried.length)];
      if (!this.#flowing) await this.#pause();
    }
    const end = left[0]?.place ?? Infinity;
    const confirmed = rows.filter(({ place }) => place < end);
    const place = confirmed.at(-1)?.place;
    if (place === undefined) return;
    this.#options.drained(confirmed.length);
    // Not deleted for want of room: they are with the next, or published again by the next process.
    await this.#options.link
      .ask({ do: 'confirm', file, place, count: confirmed.length })
      .catch(() => undefined);
  }

  async #publish(letters: readonly Letter[]): Promise<readonly Letter[]> {
    const outcomes = await Promise.allSettled(letters.map(({ event }) => this.#options.publish(event)));
    return letters.filter((_, index) => outcomes[index]?.status === 'rejected');
  }

  /** Each id once: a device that repeated itself is one event. What is no event is kept for a person, out of the way. */
  async #read(file: string, rows: readonly Row[]): Promise<readonly Letter[]> {
    const letters = new Map<string, Letter>();
    for (const { place, event: text } of rows) {
      const event = eventIn(text);
      if (event && !letters.has(event.id)) letters.set(event.id, { place, event });
      if (!event) {
        this.#options.log.error(
          { place },
          'The spool holds what is no event; it is kept in its table unreadable',
        );
        await this.#options.link.ask({ do: 'setAside', file, place });
      }
    }
    return [...letters.values()];
  }

  #pause(): Promise<unknown> {
    const { signal } = this.#stopping;
    this.#failures += 1;
    return delay(backOffMs(this.#failures, pauses), null, { signal }).catch(() => null);
  }
}

function eventIn(text: string): Event | null {
  try {
    return parseEnvelope(JSON.parse(text));
  } catch {
    return null;
  }
}
