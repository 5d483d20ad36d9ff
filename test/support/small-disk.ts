// A disk of a few megabytes in memory, which a test fills and frees: real ENOSPC. Only root may mount one, on Linux.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class SmallDisk {
  #parts = 0;

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

  /** Whatever room there is, but for some bytes. To be said again as long as it must be full: others delete what they had. */
  fill(leaveBytes = 0): void {
    for (let tries = 0; tries < 5; tries += 1) {
      const { bavail, bsize } = statfsSync(this.dir);
      const bytes = bavail * bsize - leaveBytes;
      if (bytes < bsize) return;
      // Refused where somebody was faster.
      try {
        execFileSync('fallocate', ['-l', `${bytes}`, this.#ballast(this.#parts)], { stdio: 'pipe' });
        this.#parts += 1;
      } catch {
        continue;
      }
    }
  }

  free(): void {
    for (let part = 0; part <= this.#parts; part += 1) rmSync(this.#ballast(part), { force: true });
    this.#parts = 0;
  }

  #ballast(part: number): string {
    return join(this.dir, `ballast-${part}`);
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
