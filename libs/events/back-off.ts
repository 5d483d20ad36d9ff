// How long to wait before something that failed is tried again.

export interface Pauses {
  /** At most, after the first failure; doubled after each further one. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/** `attempt` counts failures from 1. Half of the wait is by chance (`random`, 0 to 1): those that failed together come apart. */
export function backOffMs(
  attempt: number,
  { firstMs, maxMs }: Pauses,
  random: number = Math.random(),
): number {
  const wholeMs = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 20));
  return Math.round(wholeMs * (0.5 + random / 2));
}
