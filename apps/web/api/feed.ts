// The event stream of console, once for the whole page. The browser resumes it by itself, naming the last event it saw.
import type { Event } from './types.js';

export type FeedState = 'connecting' | 'open' | 'lost';

/** Kept for a page that opens later; older ones are asked from the API. */
const eventsMax = 2000;

export interface FeedSnapshot {
  readonly state: FeedState;
  /** Oldest first. */
  readonly events: readonly Event[];
}

export class Feed {
  #snapshot: FeedSnapshot = { state: 'connecting', events: [] };
  #source: EventSource | null = null;
  #pending: Event[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;
  readonly #listeners = new Set<() => void>();

  /**
   * @param heard gets every batch of new events, at most five times a second
   * @param missed is called when the page may not have all: events of before the stream began or that the server no longer has,
   * answers that were lost while it was away. Everything is to be read anew
   */
  constructor(
    private readonly heard: (events: readonly Event[]) => void,
    private readonly missed: () => void,
  ) {}

  readonly snapshot = (): FeedSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  open(): void {
    const source = new EventSource('/api/events');
    this.#source = source;
    source.onopen = () => {
      this.#set({ state: 'open' });
      this.missed();
    };
    source.onmessage = (message: MessageEvent<string>) => this.#take(message.data);
    source.addEventListener('reset', this.missed);
    source.onerror = () => {
      this.#set({ state: 'lost' });
      // A refused stream (signed out, restarted behind a proxy) is closed for good: the page asks again itself.
      if (source.readyState === EventSource.CLOSED) this.#retry = setTimeout(() => this.open(), 5000);
    };
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#retry) clearTimeout(this.#retry);
    this.#timer = this.#retry = null;
    this.#source?.close();
  }

  #take(text: string): void {
    try {
      this.#pending.push(JSON.parse(text) as Event);
    } catch {
      return;
    }
    this.#timer ??= setTimeout(() => this.#flush(), 200);
  }

  #flush(): void {
    const fresh = this.#pending;
    this.#pending = [];
    this.#timer = null;
    this.#set({ events: [...this.#snapshot.events, ...fresh].slice(-eventsMax) });
    this.heard(fresh);
  }

  #set(change: Partial<FeedSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
