// How many may work at a time.

export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets `max` pieces of work run, the others wait their turn. */
export function gate(max: number): Gate {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= max) await new Promise<void>((enter) => waiting.push(enter));
    else running += 1;
    try {
      return await work();
    } finally {
      // The place goes straight to the next one, so that nobody slips in between.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
