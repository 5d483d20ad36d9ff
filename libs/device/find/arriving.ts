// What comes from callbacks, for whoever asks for one after another. How much there can be of it, those who push it bound.

export class Arriving<T> {
  readonly #waiting: T[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  push(one: T): void {
    if (this.#ended) return;
    this.#waiting.push(one);
    this.#wake();
  }

  /** What has come is handed on still. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *all(): AsyncGenerator<T, void> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
