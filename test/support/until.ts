// Waiting for a condition, with a limit: tests never sleep.
import { setTimeout as delay } from 'node:timers/promises';

/** The first value of `look` that is neither null nor false; throws what was seen last when `limitMs` have passed. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  limitMs = 60_000,
): Promise<Exclude<T, null | undefined | false>> {
  const end = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) {
      return seen as Exclude<T, null | undefined | false>;
    }
    if (performance.now() > end) throw new Error(`after ${limitMs} ms still not: ${what}`);
    await delay(10);
  }
}
