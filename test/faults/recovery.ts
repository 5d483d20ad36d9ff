// How long everything was away, against the goal. Machines are shared: being late is told, and fails no run.
import type { Struck } from './strike.js';

interface Away {
  readonly name: string;
  readonly kills: number;
  readonly limitMs: number;
  /** Slowest return when nothing else was down; null when it never was the only one. */
  readonly aloneMs: number | null;
  readonly besideMs: number | null;
}

function awayOf({ kills, recoveries }: Struck): readonly Away[] {
  return [...kills.keys()].toSorted().map((name) => {
    const own = recoveries.filter(({ target }) => target === name);
    const slowest = (of: typeof own): number | null =>
      of.length === 0 ? null : Math.max(...of.map(({ ms }) => ms));
    return {
      name,
      kills: kills.get(name) ?? 0,
      limitMs: own[0]?.limitMs ?? 0,
      aloneMs: slowest(own.filter(({ alone }) => alone)),
      besideMs: slowest(own.filter(({ alone }) => !alone)),
    };
  });
}

const isLate = ({ aloneMs, limitMs }: Away): boolean => aloneMs !== null && aloneMs > limitMs;

/** One line for each target: kills, and its slowest return, when nothing else was down and beside others. */
export function recoveryLines(struck: Struck): readonly string[] {
  return awayOf(struck).map((away) => {
    const { name, kills, limitMs, aloneMs, besideMs } = away;
    const alone =
      aloneMs === null
        ? 'not struck alone'
        : `back within ${aloneMs} ms (limit ${limitMs}: ${isLate(away) ? 'LATE' : 'in time'})`;
    const beside = besideMs === null ? '' : `, beside others within ${besideMs} ms`;
    return `${name.padEnd(13)} killed ${kills} times; ${alone}${beside}`;
  });
}

/** All that matters of it in one line. */
export function recoveryVerdict(struck: Struck): string {
  const all = awayOf(struck);
  const late = all.filter(isLate);
  const unknown = all.filter(({ aloneMs }) => aloneMs === null).map(({ name }) => name);
  const verdict =
    late.length === 0
      ? 'all in time'
      : `LATE ${late.map(({ name, aloneMs, limitMs }) => `${name} ${aloneMs ?? 0} ms (limit ${limitMs})`).join(', ')}`;
  return `recovery: ${verdict}${unknown.length === 0 ? '' : `; not struck alone: ${unknown.join(', ')}`}`;
}
