// Which lists an event makes stale. What is on the screen is asked again at once, the rest when it is opened.
import type { Query, QueryClient } from '@tanstack/react-query';
import type { Event } from './types.js';

// Announcements are not among them: the Live page reads those from the stream itself.
const byNoun: Readonly<Record<string, readonly string[]>> = {
  device: ['devices', 'overview', 'quarantine'],
  announcement: ['refusals'],
  assessment: ['devices', 'overview', 'tasks', 'changes', 'dry-runs'],
  settings: ['settings', 'overview', 'identities'],
  trustSet: ['trust-sets'],
  certificate: ['status'],
  policy: ['policies', 'devices'],
  group: ['groups', 'devices'],
  listener: ['listeners'],
  licence: ['licences', 'overview'],
  seats: ['licences', 'overview'],
  serialList: ['serials'],
  delivery: ['deliveries', 'status'],
  discovery: ['discoveries'],
  schedule: ['schedules', 'runs'],
};

/** Names of the lists that these events changed. */
export function staleAfter(events: readonly Event[]): ReadonlySet<string> {
  const nouns = new Set(events.map((event) => event.type.split('.')[0] ?? ''));
  return new Set([...nouns].flatMap((noun) => byNoun[noun] ?? []));
}

/** In a storm each list is asked again at most this often. */
const pauseMs = 1000;

/** Collects what is stale, and asks again for what is shown. */
export class Freshness {
  readonly #names = new Set<string>();
  /** Hashes of queries whose answer was on its way, and may be older than what was heard. */
  readonly #late = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly client: QueryClient) {}

  readonly heard = (events: readonly Event[]): void => this.#makeStale(staleAfter(events));

  /** Nobody knows what has changed: all that was asked so far is stale. */
  readonly missed = (): void => this.#makeStale(this.client.getQueryCache().findAll().map(nameOf));

  #makeStale(names: Iterable<string>): void {
    for (const name of names) this.#names.add(name);
    if (this.#names.size > 0) this.#timer ??= setTimeout(() => this.#refresh(), pauseMs);
  }

  /** An answer on its way is waited for, and asked for anew: called off each time, a slow one would never be shown in a storm. */
  #refresh(): void {
    const names = new Set(this.#names);
    const late = new Set(this.#late);
    this.#names.clear();
    this.#late.clear();
    const predicate = (query: Query): boolean => names.has(nameOf(query)) || late.has(query.queryHash);
    for (const { queryHash } of this.client.getQueryCache().findAll({ predicate, fetchStatus: 'fetching' }))
      this.#late.add(queryHash);
    void this.client.invalidateQueries({ predicate, fetchStatus: 'idle' });
    this.#timer = this.#late.size > 0 ? setTimeout(() => this.#refresh(), pauseMs) : null;
  }
}

const nameOf = ({ queryKey: [name] }: Query): string => String(name);
