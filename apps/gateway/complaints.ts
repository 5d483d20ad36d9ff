// One line for each peer that is turned away, and never a flood of them.
import type { Log } from '#runtime/log';
import type { Turned } from './refusals.js';

const quietMs = 60_000;
const rememberedMax = 1_000;

/** Tells of one peer and reason at most once a minute, and then how often it happened unsaid. */
export class Complaints {
  readonly #told = new Map<string, { readonly at: number; unsaid: number }>();

  constructor(
    private readonly log: Log,
    private readonly now: () => number = () => performance.now(),
    /** Hears all of it, said or not. */
    private readonly also: (told: Turned) => void = () => undefined,
  ) {}

  /** @param peer address; what the peer said of itself is no key: it could change with each try */
  tell(peer: string, reason: string, message: string, fields: object = {}): void {
    this.also({ peer, reason, message, ...fields });
    const key = `${reason} ${peer}`;
    const told = this.#told.get(key);
    const now = this.now();
    if (told && now - told.at < quietMs) {
      told.unsaid += 1;
      return;
    }
    this.#forget(now);
    if (this.#told.size >= rememberedMax) return;
    this.#told.set(key, { at: now, unsaid: 0 });
    const repeated = told?.unsaid ?? 0;
    this.log.warn({ peer, reason, ...(repeated > 0 && { repeated }), ...fields }, message);
    if (this.#told.size === rememberedMax) {
      this.log.warn(
        { peers: rememberedMax },
        'So many peers are turned away that for a minute no more are named; see the metrics',
      );
    }
  }

  /** Entries are in order of age: a Map keeps insertion order, and each telling inserts anew. */
  #forget(now: number): void {
    for (const [key, { at }] of this.#told) {
      if (now - at < quietMs) return;
      this.#told.delete(key);
    }
  }
}
