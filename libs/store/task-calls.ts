// Within one process, whoever queues a task calls whoever waits for one: nobody waits for the next look at the table.
const sleepers = new Map<string, Set<() => void>>();

/** Calls `then` whenever this process has queued a task of that budget, so that nobody waits for the next poll. */
export function onQueued(schema: string, budget: string, then: () => void): () => void {
  const name = `${schema} ${budget}`;
  const waiting = sleepers.get(name) ?? new Set();
  sleepers.set(name, waiting.add(then));
  return () => {
    waiting.delete(then);
    if (waiting.size === 0) sleepers.delete(name);
  };
}

/** Whoever waits for tasks of that budget looks again. */
export function wake(schema: string, budget: string): void {
  for (const then of sleepers.get(`${schema} ${budget}`) ?? []) then();
}
