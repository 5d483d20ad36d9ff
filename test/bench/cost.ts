// Processor time from /proc, so that what else the machine does is not counted.
import { readdirSync, readFileSync } from 'node:fs';

const tickMs = 10;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ownMs: number;
  /** Of children that have ended. */
  readonly endedMs: number;
}

/** User and system time since its start. The name in brackets may hold anything. */
export const cpuMsOf = (pid: number): number => statOf(pid)?.ownMs ?? 0;

/** Of a process and all that descend from it, those that have ended included. */
export function treeCpuMsOf(pid: number): number {
  const all = readdirSync('/proc').flatMap((name) =>
    /^\d+$/.test(name) ? (statOf(Number(name)) ?? []) : [],
  );
  const sum = (of: Stat): number =>
    of.ownMs +
    of.endedMs +
    all.filter(({ parent }) => parent === of.pid).reduce((ms, one) => ms + sum(one), 0);
  const top = all.find((one) => one.pid === pid);
  return top ? sum(top) : 0;
}

function statOf(pid: number): Stat | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const ticks = (...places: readonly number[]) =>
      places.reduce((sum, at) => sum + (fields[at] ?? 0), 0) * tickMs;
    return { pid, parent: fields[1] ?? 0, ownMs: ticks(11, 12), endedMs: ticks(13, 14) };
  } catch {
    return null;
  }
}
