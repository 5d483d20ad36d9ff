// Several who are asked in turn, of whom one may do: who is quick is asked alone, and those that are slow, or silent, cost their
// time once, not one after another.

/** So long one is waited for before the next is asked beside it. */
const headStartMs = 1_000;

export interface Turns<Who, Word> {
  /** Whose word counts more comes first. */
  readonly whom: readonly Who[];
  /** Rejects only when `signal` is aborted. @param before what those have said whose word counts more */
  readonly ask: (who: Who, before: readonly Word[], signal: AbortSignal) => Promise<Word>;
  /** Looked at again whenever somebody has spoken: who is not needed any more is not waited for. */
  readonly isNeeded: (who: Who, before: readonly Word[]) => boolean;
}

/** What those have said who were needed to the end, in their order. Rejects only when `signal` is aborted, with its reason. */
export async function inTurn<Who, Word extends object>(
  { whom, ask, isNeeded }: Turns<Who, Word>,
  signal: AbortSignal,
): Promise<ReadonlyMap<Who, Word>> {
  const said = new Map<Who, Word>();
  const asking = new Map<Who, AbortController>();
  const wordsOf = (some: readonly Who[]): readonly Word[] => some.flatMap((who) => said.get(who) ?? []);
  const before = (who: Who): readonly Word[] => wordsOf(whom.slice(0, whom.indexOf(who)));
  const call = async (who: Who): Promise<void> => {
    const stop = new AbortController();
    asking.set(who, stop);
    try {
      said.set(who, await ask(who, before(who), AbortSignal.any([signal, stop.signal])));
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
    asking.delete(who);
    for (const [other, running] of asking) if (!isNeeded(other, before(other))) running.abort();
  };
  const calls: Promise<void>[] = [];
  for (const who of whom) {
    if (signal.aborted || !isNeeded(who, before(who))) continue;
    const latest = call(who);
    calls.push(latest);
    await endOf(latest);
  }
  await Promise.allSettled(calls);
  signal.throwIfAborted();
  await Promise.all(calls);
  return new Map(whom.flatMap((who) => wordsOf([who]).map((word) => [who, word] as const)));
}

/** Or of its head start. */
const endOf = (call: Promise<void>): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, headStartMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    call.then(end, end);
  });
