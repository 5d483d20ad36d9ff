// A server and all that it started: PostgreSQL's backends are in process groups of their own.
import { readdirSync, readFileSync } from 'node:fs';

/** Ids of a process and of all below it. */
export function processesBelow(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (const waiting = [pid]; waiting.length > 0;) {
    const next = waiting.pop();
    if (next === undefined) break;
    found.push(next);
    waiting.push(...(children.get(next) ?? []));
  }
  return found;
}

/** From /proc/PID/stat; the name in brackets may hold anything. */
function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

/** To each that is still there. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone already.
    }
  }
}
