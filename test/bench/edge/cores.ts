// Who runs where: each server that is measured alone on the first core, load, broker and all else on the others. What runs
// beside a server on its core empties its caches and is paid for by it.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Before anything is started: what is started by us runs where we do. False: this machine has one core, or no taskset. */
export function leaveFirstCore(): boolean {
  const count = availableParallelism();
  return count > 1 && run(process.pid, count === 2 ? '1' : `1-${String(count - 1)}`);
}

export const takeFirstCore = (pid: number): boolean => run(pid, '0');

function run(pid: number, cores: string): boolean {
  try {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
