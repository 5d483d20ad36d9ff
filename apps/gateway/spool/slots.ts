// The folder: one slot for each process that shares it. This process writes to its own, and drains those that nobody holds.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { lockFile, type Unlock } from '#store/lock-file';
import { isCorrupt, SpoolFault } from './fault.js';
import { SpoolFile } from './file.js';

/** Processes on one folder at most. */
const slotsMax = 64;

export interface SlotsOptions {
  readonly dir: string;
  readonly bytesMax: number;
  readonly say: (level: 'info' | 'error', fields: object, message: string) => void;
}

/** A slot that this process holds. */
export interface Held {
  readonly slot: number;
  /** Of this opening: another file may come to lie in the slot, another slot may be ours. */
  readonly id: string;
  readonly file: SpoolFile;
  readonly unlock: Unlock;
}

export class Slots {
  readonly #options: SlotsOptions;
  #own: Held | null = null;
  /** Left by processes that are gone. */
  #adopted: readonly Held[] = [];
  /** Slots of others that cannot be used, and were complained of. */
  readonly #told = new Set<number>();

  constructor(options: SlotsOptions) {
    this.#options = options;
  }

  /** This process's own; taken when it has none yet. Throws while the folder cannot be used. */
  own(): Held {
    if (this.#own) return this.#own;
    mkdirSync(this.#options.dir, { recursive: true, mode: 0o700 });
    for (let slot = 0; slot < slotsMax && !this.#own; slot += 1) this.#own = this.#hold(slot);
    if (!this.#own) throw new SpoolFault('broken', `${slotsMax} processes use ${this.#options.dir} already`);
    return this.#own;
  }

  /** All that this process holds, its own first. */
  held(): readonly Held[] {
    return [...(this.#own ? [this.#own] : []), ...this.#adopted];
  }

  /** Not confirmed yet: in this process's own file, and in those that it took over. */
  waiting(): { readonly own: number; readonly adopted: number } {
    const adopted = this.#adopted.reduce((sum, { file }) => sum + file.waiting, 0);
    return { own: this.#own?.file.waiting ?? 0, adopted };
  }

  /** Gives back what is drained, takes what a process left that is gone. */
  adopt(): void {
    const drained = this.#adopted.filter(({ file }) => file.waiting === 0);
    this.#adopted = this.#adopted.filter(({ file }) => file.waiting > 0);
    drained.forEach(release);
    const mine = new Set(this.held().map(({ slot }) => slot));
    for (const name of readdirSync(this.#options.dir)) {
      const slot = Number(/^slot-(\d+)\.db$/.exec(name)?.[1] ?? -1);
      if (slot >= 0 && !mine.has(slot)) this.#takeOver(slot);
    }
  }

  /** Runs `work` on a slot; a file found corrupt is set aside, then the error is thrown all the same. */
  on<T>(held: Held, work: (file: SpoolFile) => T): T {
    try {
      return work(held.file);
    } catch (error) {
      if (isCorrupt(error)) {
        this.#forget(held);
        this.#setAside(held.slot, error);
        held.unlock();
      }
      throw error;
    }
  }

  close(): void {
    this.held().forEach(release);
    this.#own = null;
    this.#adopted = [];
  }

  #takeOver(slot: number): void {
    const file = this.#path(slot, 'db');
    try {
      const held = this.#hold(slot);
      if (!held) return;
      const announcements = held.file.waiting;
      if (announcements === 0) return release(held);
      this.#adopted = [...this.#adopted, held];
      this.#options.say(
        'info',
        { file, announcements },
        'Announcements that another gateway left are drained',
      );
    } catch (error) {
      if (this.#told.has(slot)) return;
      this.#told.add(slot);
      this.#options.say(
        'error',
        { error, file },
        'A file that another gateway left cannot be drained; mend it',
      );
    }
  }

  #hold(slot: number): Held | null {
    const unlock = lockFile(this.#path(slot, 'lock'));
    if (!unlock) return null;
    try {
      return { slot, id: randomUUID(), file: this.#open(slot), unlock };
    } catch (error) {
      unlock();
      throw error;
    }
  }

  #open(slot: number): SpoolFile {
    const path = this.#path(slot, 'db');
    try {
      return new SpoolFile(path, this.#options.bytesMax);
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.#setAside(slot, error);
      return new SpoolFile(path, this.#options.bytesMax);
    }
  }

  /** Never deleted: a person may still save what it holds. */
  #setAside(slot: number, error: unknown): void {
    const from = this.#path(slot, 'db');
    const to = `${from}.corrupt-${new Date().toISOString().replaceAll(/[:.]/g, '')}`;
    for (const part of ['-wal', '']) if (existsSync(from + part)) renameSync(from + part, to + part);
    this.#options.say(
      'error',
      { error, file: to },
      'A file of the spool is corrupt and was set aside; what can be read of it: sqlite3 FILE .recover',
    );
  }

  #forget(held: Held): void {
    held.file.close();
    if (this.#own === held) this.#own = null;
    this.#adopted = this.#adopted.filter((each) => each !== held);
  }

  #path(slot: number, extension: 'db' | 'lock'): string {
    return join(this.#options.dir, `slot-${slot}.${extension}`);
  }
}

function release({ file, unlock }: Held): void {
  file.close();
  unlock();
}
