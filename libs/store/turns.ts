// Who gets the only connection of an embedded database next.

/** Gateway inserts first (a device waits), then services, then the page. */
export type Priority = 'gateway' | 'service' | 'page';
const order: readonly Priority[] = ['gateway', 'service', 'page'];

/**
 * Hands out one turn at a time, and lets the event loop go round between two: a device that has said something meanwhile
 * is heard, and comes first. Without it a backlog, which is one turn after the other, lets nobody in.
 * A page still gets every eighth turn under load, so that it never starves.
 */
export class Turns {
  #busy = false;
  #granted = 0;
  readonly #waiting: Record<Priority, (() => void)[]> = { gateway: [], service: [], page: [] };

  /** Resolves when it is this caller's turn, with the function that ends it. */
  async take(priority: Priority): Promise<() => void> {
    if (this.#busy) await new Promise<void>((go) => this.#waiting[priority].push(go));
    this.#busy = true;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      setImmediate(() => this.#next());
    };
  }

  #next(): void {
    this.#granted += 1;
    const turns = this.#granted % 8 === 0 ? order.toReversed() : order;
    const next = turns.find((priority) => this.#waiting[priority].length > 0);
    const go = next && this.#waiting[next].shift();
    if (go) go();
    else this.#busy = false;
  }
}
