// A disk of a few megabytes in memory, which a test fills and frees: real ENOSPC. Only root may mount one, on Linux.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class SmallDisk {
  private constructor(
    readonly dir: string,
    private readonly guard: ReturnType<typeof startGuard>,
  ) {}

  /** At this folder, made when absent. */
  static mount(dir: string, megabytes: number): SmallDisk {
    mkdirSync(dir, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', dir], {
      stdio: 'pipe',
    });
    return new SmallDisk(dir, startGuard(dir));
  }

  /** Whatever room there is, but for some bytes; more than once where others write meanwhile. */
  fill(leaveBytes = 0): void {
    for (let part = 0; part < 5; part += 1) {
      const { bavail, bsize } = statfsSync(this.dir);
      const bytes = bavail * bsize - leaveBytes;
      if (bytes < bsize) return;
      // Refused where somebody was faster.
      try {
        execFileSync('fallocate', ['-l', `${bytes}`, join(this.dir, `ballast-${part}`)], { stdio: 'pipe' });
      } catch {
        continue;
      }
    }
  }

  free(): void {
    for (let part = 0; part < 5; part += 1) rmSync(join(this.dir, `ballast-${part}`), { force: true });
  }

  async unmount(): Promise<void> {
    this.guard.stdin.end();
    await once(this.guard, 'exit');
  }
}

/** Unmounts it, even when we are killed. */
function startGuard(dir: string) {
  const words = ['-c', 'cat >/dev/null; umount -l "$0"', dir];
  return spawn('sh', words, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
}

/** Null, or why this machine has no small disks. */
export function noSmallDisks(): string | null {
  const dir = mkdtempSync(join(tmpdir(), 'muster-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir], { stdio: 'pipe' });
    execFileSync('umount', [dir]);
    return null;
  } catch (error) {
    return `no tmpfs can be mounted here: ${String(error)}`;
  } finally {
    rmSync(dir, { recursive: true });
  }
}
