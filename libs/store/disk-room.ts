// Whether the disk below an embedded database has room to write. PGlite that finds none in the middle of a commit, or at
// its start, never answers again; so nothing is begun with less than it may need at once.
import { statfs } from 'node:fs/promises';

/** A segment of its write-ahead log is 16 MB, and is there whole or not at all; as much again for tables. */
export const roomMinBytes = 32 * 1024 * 1024;
/** Asked no more often. */
const lookMs = 200;

/** No fault of the statement; with PostgreSQL's own code for it: whoever meets it waits. */
class NoRoom extends Error {
  override readonly name = 'NoRoom';
  readonly code = '53100';
}

export class DiskRoom {
  #lookedAtMs = -Infinity;
  #problem: string | null = null;

  constructor(private readonly dir: string) {}

  /** As it was when somebody wanted to write last; null when there is room. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Rejects when nothing should be begun now. */
  async check(): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedAtMs > lookMs) {
      this.#lookedAtMs = now;
      this.#problem = await this.#look();
    }
    if (this.#problem !== null) throw new NoRoom(this.#problem);
  }

  async #look(): Promise<string | null> {
    const disk = await statfs(this.dir).catch(() => null);
    if (disk === null || disk.bavail * disk.bsize >= roomMinBytes) return null;
    return `the disk that holds ${this.dir} is full: make room, at least ${roomMinBytes >> 20} MB`;
  }
}
