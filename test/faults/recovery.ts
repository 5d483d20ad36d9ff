// How long everything was away, against the goal.
import type { Struck } from './strike.js';

/** One line for each target: kills, and its slowest return: when nothing else was down, and at all. */
export function recoveryLines({ kills, recoveries }: Struck): readonly string[] {
  return [...kills.keys()].toSorted().map((name) => {
    const own = recoveries.filter(({ target }) => target === name);
    const slowest = (of: typeof own): number => Math.max(0, ...of.map(({ ms }) => ms));
    const alone = slowest(own.filter((each) => each.alone));
    const limitMs = own[0]?.limitMs ?? 0;
    const verdict = alone <= limitMs ? 'in time' : 'LATE';
    return `${name.padEnd(13)} killed ${kills.get(name) ?? 0} times; back within ${alone} ms (limit ${limitMs}: ${verdict}), beside others within ${slowest(own)} ms`;
  });
}
