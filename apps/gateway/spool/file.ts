// One slot's announcements in one SQLite file, in the order in which they came. Its lock is held by whoever opens it.
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { SpoolFault } from './fault.js';

// Exclusive: no shared memory beside the write-ahead log, which network file systems lack. FULL: each commit is flushed.
const pragmas = `
  pragma locking_mode = exclusive;
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma journal_size_limit = 8388608;
`;
const schema = `
  create table if not exists announcement (place integer primary key, at_ms integer not null, event text not null) strict;
  create table if not exists unreadable (at_ms integer not null, event text not null) strict;
`;
/** For the announcements that may come together. */
const roomBytes = 65_536;
/** An emptied file that is larger gives its room back to the disk. */
const keptBytes = 1_048_576;

/** An announcement as it lies in the file. */
export interface Row {
  readonly place: number;
  readonly event: string;
}

export class SpoolFile {
  readonly #closed: DatabaseSync;
  /** Counted here: to count in the file is to read it. */
  #waiting: number;
  #last: number;
  /** Up to here all are confirmed, and deleted, unless the disk refused. */
  #confirmed = 0;

  /** Throws when the file cannot be used. */
  constructor(
    private readonly path: string,
    private readonly bytesMax: number,
  ) {
    this.#closed = new DatabaseSync(path, { open: false });
    try {
      this.#waiting = this.#number('select count(*) from announcement');
      this.#last = this.#number('select coalesce(max(place), 0) from announcement');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Announcements not confirmed yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** In use; the file may be larger. */
  get bytes(): number {
    const pages = this.#number('pragma page_count') - this.#number('pragma freelist_count');
    return pages * this.#number('pragma page_size');
  }

  /** When the first of those that wait came; null when none does. */
  get oldestAtMs(): number | null {
    if (this.#waiting === 0) return null;
    return this.#number(
      `select at_ms from announcement where place > ${this.#confirmed} order by place limit 1`,
    );
  }

  /** On the disk when it returns, all or none. */
  append(events: readonly string[]): void {
    const now = Date.now();
    const insert = this.#database.prepare('insert into announcement values (?, ?, ?)');
    this.#database.exec('begin immediate');
    try {
      for (const [index, event] of events.entries()) insert.run(this.#last + 1 + index, now, event);
      this.#database.exec('commit');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
    this.#last += events.length;
    this.#waiting += events.length;
  }

  /** The first of those that wait. */
  next(max: number): readonly Row[] {
    const rows = this.#database
      .prepare('select place, event from announcement where place > ? order by place limit ?')
      .all(this.#confirmed, max);
    return rows.map(({ place, event }) => ({ place: Number(place), event: String(event) }));
  }

  /** The first `count`, up to this place, need not be kept. Throws when they could not be deleted: they will be with the next. */
  confirm(place: number, count: number): void {
    this.#confirmed = place;
    this.#waiting -= count;
    try {
      this.#database.exec(`delete from announcement where place <= ${place}`);
    } catch (error) {
      // A disk filled by ourselves has no room even for a deletion.
      if (!this.#renewed()) throw error;
    }
    if (this.#number('pragma page_count') * this.#number('pragma page_size') > keptBytes) this.#renewed();
  }

  /** A copy for a person, in a table that is never drained. */
  setAside(place: number): void {
    this.#database.exec(
      `insert into unreadable select at_ms, event from announcement where place = ${place}`,
    );
  }

  /** Writes, and nothing else. Throws when announcements could not be written either. */
  touch(): void {
    if (this.bytes + roomBytes > this.bytesMax) {
      throw new SpoolFault('full', 'the limit of the spool is reached');
    }
    this.#database.exec('pragma user_version = 1');
  }

  close(): void {
    if (this.#closed.isOpen) this.#closed.close();
  }

  /** A new file in its place, when all it holds is confirmed. */
  #renewed(): boolean {
    if (this.#waiting > 0 || this.#number('select count(*) from unreadable') > 0) return false;
    this.close();
    for (const part of ['-wal', '']) rmSync(this.path + part, { force: true });
    this.#confirmed = 0;
    this.#last = 0;
    return true;
  }

  get #database(): DatabaseSync {
    if (!this.#closed.isOpen) this.#open();
    return this.#closed;
  }

  #open(): void {
    this.#closed.open();
    try {
      this.#closed.exec(pragmas);
      const pageBytes = Number(this.#closed.prepare('pragma page_size').get()?.['page_size']);
      this.#closed.exec(`pragma max_page_count = ${Math.floor(this.bytesMax / pageBytes)}; ${schema}`);
    } catch (error) {
      this.#closed.close();
      throw error;
    }
  }

  #number(query: string): number {
    return Number(Object.values(this.#database.prepare(query).get() ?? {})[0] ?? 0);
  }
}
