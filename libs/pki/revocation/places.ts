// So many at a time; those beyond wait for a place, in the order of their coming, not too many and not for long.
export interface PlacesOptions {
  readonly atOnce: number;
  readonly waitingMax: number;
  readonly waitMs: number;
}

export class Places {
  #taken = 0;
  readonly #waiting = new Set<(got: boolean) => void>();

  constructor(private readonly options: PlacesOptions) {}

  /** False: there was none in time. Whoever got one leaves it again. */
  take(): Promise<boolean> {
    const { atOnce, waitingMax, waitMs } = this.options;
    if (this.#taken < atOnce) {
      this.#taken += 1;
      return Promise.resolve(true);
    }
    if (this.#waiting.size >= waitingMax) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (got: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        resolve(got);
      };
      const timer = setTimeout(end, waitMs, false);
      this.#waiting.add(end);
    });
  }

  leave(): void {
    const [next] = this.#waiting;
    if (next) next(true);
    else this.#taken -= 1;
  }

  /** Nobody waits any longer. */
  dismiss(): void {
    for (const end of this.#waiting) end(false);
  }
}
