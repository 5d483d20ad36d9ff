// Many callers, one transaction: each waits for the commit that holds its events.
import type { Event } from '../../events/event.js';
import { messageOf } from '../../events/message-of.js';
import { unavailable } from '../../store/failure.js';
import { BusError } from '../bus.js';

interface Caller {
  readonly events: readonly Event[];
  readonly done: PromiseWithResolvers<void>;
}

/** Events in one transaction; the callers of more wait for the next. */
const groupMax = 500;
/** Events that wait at most; more are refused. */
const waitingMax = 20_000;

export class GroupCommit {
  readonly #commit: (events: readonly Event[]) => Promise<void>;
  readonly #callers: Caller[] = [];
  #waiting = 0;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(commit: (events: readonly Event[]) => Promise<void>) {
    this.#commit = commit;
  }

  async add(events: readonly Event[]): Promise<void> {
    if (this.#stopped) throw new BusError('refused', 'the bus is stopping');
    if (this.#waiting + events.length > waitingMax) {
      throw new BusError('refused', `${waitingMax} events wait to be committed`);
    }
    const done = Promise.withResolvers<void>();
    this.#callers.push({ events, done });
    this.#waiting += events.length;
    this.#running ??= this.#run().finally(() => (this.#running = null));
    return done.promise;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // Callers of the same turn of the event loop go together.
    await Promise.resolve();
    while (this.#callers.length > 0) await this.#together(this.#next());
  }

  #next(): readonly Caller[] {
    let events = 0;
    const end = this.#callers.findIndex((caller) => (events += caller.events.length) > groupMax);
    const group = this.#callers.splice(0, end === -1 ? this.#callers.length : Math.max(end, 1));
    for (const caller of group) this.#waiting -= caller.events.length;
    return group;
  }

  async #together(group: readonly Caller[]): Promise<void> {
    try {
      await this.#commit(group.flatMap(({ events }) => events));
      for (const { done } of group) done.resolve();
    } catch (error) {
      // What one caller's event is refused for must not be the end of its neighbours'.
      if (group.length > 1 && !unavailable(error)) for (const caller of group) await this.#together([caller]);
      else for (const { done } of group) done.reject(asBusError(error));
    }
  }
}

function asBusError(error: unknown): BusError {
  const text = messageOf(error);
  return new BusError(unavailable(error) ? 'unknown' : 'refused', text);
}
