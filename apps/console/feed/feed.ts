// The feed, read by everyone who listens: one watcher for each instance, woken clients read what is new for them.
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { PARTS, type StoredParts } from '#runtime/service';

export interface FeedRow {
  readonly sequence: number;
  readonly event: object;
}

/** How often the head of the feed is looked at while somebody listens. */
const lookMs = 250;

@Injectable()
export class Feed implements OnModuleDestroy {
  readonly #stopping = new AbortController();
  readonly #waiting = new Set<() => void>();
  /** How many each caller has open. */
  readonly #listeners = new Map<string, number>();
  #watching: Promise<void> | null = null;
  #head = 0;

  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  /** Aborted when the process stops. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, open) => sum + open, 0);
  }

  listenersOf(name: string): number {
    return this.#listeners.get(name) ?? 0;
  }

  /** Counts a listener of this caller until the function returned is called. */
  listen(name: string): () => void {
    this.#count(name, 1);
    this.#watching ??= this.#watch();
    let here = true;
    return () => {
      if (here) this.#count(name, -1);
      here = false;
    };
  }

  /** Number of the newest event, and of the oldest that is kept. */
  async bounds(): Promise<{ readonly oldest: number; readonly newest: number }> {
    const [row] = await this.#query<{ oldest: number | null; newest: number }>(
      'select last as newest, (select min(sequence) from console.feed) as oldest from console.feed_head',
    );
    const newest = row?.newest ?? 0;
    return { newest, oldest: row?.oldest ?? newest + 1 };
  }

  after(sequence: number, limit: number): Promise<readonly FeedRow[]> {
    return this.#query<FeedRow>(
      'select sequence, event from console.feed where sequence > $1 order by sequence limit $2',
      [sequence, limit],
    );
  }

  /** Resolves when there is something after `sequence`, and after `limitMs` at the latest. */
  async wait(sequence: number, limitMs: number): Promise<void> {
    if (this.#head > sequence) return;
    const done = new AbortController();
    const woken = new Promise<void>((wake) => {
      this.#waiting.add(wake);
      done.signal.addEventListener('abort', () => this.#waiting.delete(wake));
    });
    await Promise.race([woken, delay(limitMs, undefined, { signal: done.signal }).catch(() => undefined)]);
    done.abort();
  }

  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#watching;
  }

  /** Looks as long as there are listeners. */
  async #watch(): Promise<void> {
    while (this.#listeners.size > 0 && !this.#stopping.signal.aborted) {
      const head = await this.bounds().then(
        ({ newest }) => newest,
        () => this.#head,
      );
      if (head !== this.#head) {
        this.#head = head;
        this.#wake();
      }
      await delay(lookMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
    this.#watching = null;
  }

  #count(name: string, change: 1 | -1): void {
    const open = this.listenersOf(name) + change;
    if (open > 0) this.#listeners.set(name, open);
    else this.#listeners.delete(name);
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.parts.store.query<Row>(sql, parameters);
  }
}
