// What the authority has done, in one SQLite file of its folder: the commands and the process read and write it side by
// side, each change is one transaction, and it is on the disk when it returns.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';
import { messageOf } from '#events/message-of';
import { TrustFault } from './fault.js';

const pragmas = `
  pragma busy_timeout = 10000;
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma foreign_keys = on;
`;

const schema = `
  create table if not exists fact (name text primary key, value text not null) strict;
  create table if not exists certificate (
    serial text primary key,
    issuer text not null check (issuer in ('root', 'issuing')),
    profile text not null,
    subject text not null,
    names text not null,
    device text,
    fingerprint text not null unique,
    from_ms integer not null,
    until_ms integer not null,
    pem text not null,
    revoked_ms integer,
    reason text,
    check ((revoked_ms is null) = (reason is null))
  ) strict;
  create index if not exists certificate_device on certificate (device) where device is not null;
  create index if not exists certificate_device_until on certificate (device, until_ms)
    where device is not null and revoked_ms is null;
  create index if not exists certificate_until on certificate (until_ms);
  create index if not exists certificate_revoked on certificate (issuer) where revoked_ms is not null;
  create table if not exists list (
    issuer text primary key check (issuer in ('root', 'issuing')),
    number integer not null,
    der blob not null,
    this_ms integer not null,
    next_ms integer not null
  ) strict;
  create table if not exists identity (
    name text primary key,
    key text not null,
    request text,
    certificates text,
    changed_ms integer not null,
    check (request is not null or certificates is not null)
  ) strict;
  create table if not exists secret (
    name text primary key,
    hash text not null,
    device text,
    names text not null,
    reusable integer not null,
    until_ms integer not null,
    used_ms integer
  ) strict;
  create table if not exists gateway (
    fingerprint text primary key,
    key text not null,
    name text not null,
    seen_ms integer not null,
    admitted_ms integer
  ) strict;
  -- What console has not been told yet, whichever process did it.
  create table if not exists change (number integer primary key autoincrement, serial text not null) strict;
  insert into change (serial) select serial from certificate where not exists (select 1 from change) order by rowid;
  create trigger if not exists certificate_issued after insert on certificate
    begin insert into change (serial) values (new.serial); end;
  create trigger if not exists certificate_revoked_now after update of revoked_ms on certificate
    begin insert into change (serial) values (new.serial); end;
  -- What operators wished at console, and what became of it: heard again, it is not done again.
  create table if not exists wish (
    id text primary key,
    refused text,
    certificates text,
    at_ms integer not null
  ) strict;
`;

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** A column that may have nothing in it. */
export function textOf(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' ? value : null;
}

export class Books {
  readonly #database: DatabaseSync;

  /** Made when there are none. Throws TrustFault. */
  constructor(dir: string) {
    const path = join(dir, 'books.sqlite');
    try {
      this.#database = new DatabaseSync(path);
      // Before anything is in it: the files beside it are made with its mode.
      chmodSync(path, 0o600);
      this.#database.exec(pragmas);
      this.#database.exec(schema);
    } catch (cause) {
      throw new TrustFault('file', `${path} cannot be used: ${messageOf(cause)}`, { cause });
    }
  }

  all(query: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#database.prepare(query).all(...values);
  }

  one(query: string, ...values: readonly SQLInputValue[]): Row | null {
    return this.#database.prepare(query).get(...values) ?? null;
  }

  /** How many rows it changed. */
  run(query: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#database.prepare(query).run(...values).changes);
  }

  /** All of it or nothing; nobody else writes meanwhile. */
  transaction<T>(work: () => T): T {
    this.#database.exec('begin immediate');
    try {
      const result = work();
      this.#database.exec('commit');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
  }

  fact(name: string): string | null {
    const row = this.one('select value from fact where name = ?', name);
    return row && textOf(row, 'value');
  }

  note(name: string, value: string): void {
    this.run(
      'insert into fact values (?, ?) on conflict (name) do update set value = excluded.value',
      name,
      value,
    );
  }

  close(): void {
    this.#database.close();
  }
}
