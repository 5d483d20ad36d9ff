// Which lists an event makes stale. What is on the screen is asked again at once, the rest when it is opened.
import type { QueryClient } from '@tanstack/react-query';
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
  readonly #stale = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly client: QueryClient) {}

  readonly heard = (events: readonly Event[]): void => {
    for (const name of staleAfter(events)) this.#stale.add(name);
    if (this.#stale.size > 0) this.#timer ??= setTimeout(() => this.#refresh(), pauseMs);
  };

  #refresh(): void {
    this.#timer = null;
    for (const name of this.#stale)
      void this.client.invalidateQueries({ queryKey: [name] }, { cancelRefetch: false });
    this.#stale.clear();
  }
}
