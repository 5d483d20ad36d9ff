// Opens the database of a process: PostgreSQL by address, or PGlite in a folder.
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { DiskRoom } from './disk-room.js';
import { lockFolder } from './lock-folder.js';
import { Database } from './store.js';

// int8 as a number: sequences and counts stay far below 2^53. Timestamps stay Dates.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export interface PostgresOptions {
  /** postgres://user@host:port/database */
  readonly url: string;
  readonly password?: string | undefined;
  /** Connections at most; 10 by default. */
  readonly poolMax?: number;
  /** PEM of the authority that the server's certificate must lead to; null: no TLS (loopback only). */
  readonly authority?: string | null | undefined;
  /** After so long a server counts as gone, though it said no word; 0: never. */
  readonly statementLimitMs?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
}

/** Limits for each session: no statement waits long for a lock, no transaction stays open while its process does something else. */
const sessionLimits = '-c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000';
/** No statement of a service takes a tenth of it. */
const statementLimitMs = 15_000;
/** Of that, what the server itself allows: one that it does not end goes on, and keeps its locks, when nobody waits any more. */
const cancelledAfter = 0.8;

/** A pool on PostgreSQL 15 or newer. Rejects when the server cannot be reached. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const database = postgres(options);
  await database.connect();
  return database;
}

/** The same, not connected yet: until `connect` has resolved, its statements fail as they do when the server is away. */
export function postgres(options: PostgresOptions): Database {
  const limitMs = options.statementLimitMs ?? statementLimitMs;
  const source = new DataSource({
    type: 'postgres',
    url: withPassword(options),
    ...(options.authority ? { ssl: { ca: options.authority } } : {}),
    applicationName: options.applicationName ?? 'muster',
    connectTimeoutMS: 5_000,
    poolSize: options.poolMax ?? 10,
    poolErrorHandler: () => undefined,
    extra: {
      options: `${sessionLimits} -c statement_timeout=${Math.floor(limitMs * cancelledAfter)}`,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      query_timeout: limitMs,
    },
  });
  return new Database(source, false);
}

/** TypeORM and pg take an address for the whole truth: a password or an authority beside it would be ignored. */
function withPassword({ url: text, password, authority }: PostgresOptions): string {
  const url = new URL(text);
  if (authority) url.searchParams.delete('sslmode');
  if (password !== undefined) url.password = encodeURIComponent(password);
  return url.href;
}

export interface EmbeddedOptions {
  /** Made when absent; null keeps everything in memory. One process at a time. */
  readonly dir: string | null;
}

/**
 * PGlite: PostgreSQL in this process, one connection. It does not fsync: safe against the death of the process, not
 * against power loss. Rejects with FolderLocked when another process uses the folder, and when its disk is full.
 */
export async function openEmbedded({ dir }: EmbeddedOptions): Promise<Database> {
  const unlock = dir === null ? null : await lockDataFolder(dir);
  const room = dir === null ? null : new DiskRoom(dir);
  try {
    await room?.check();
    const engine = await startEngine(dir);
    const source = new DataSource({
      type: 'postgres',
      connectTimeoutMS: 30_000,
      poolErrorHandler: () => undefined,
      extra: { ...createPgConfig(engine), max: 1, idleTimeoutMillis: 0 },
    });
    const closed = async (): Promise<void> => {
      await engine.close();
      await unlock?.();
    };
    const database = new Database(source, true, closed, room);
    await database.connect();
    // ANALYZE reads 300 rows for each, while all others wait.
    await database.query(`set default_statistics_target to ${statisticsTarget}`);
    // Of the log, only what a crash would need stays: PostgreSQL would keep files of a gigabyte, filled with zeros, to write again.
    await database.query('set wal_recycle to off');
    await database.query('set wal_init_zero to off');
    return database;
  } catch (error) {
    await unlock?.();
    throw error;
  }
}

/** A tenth of the usual: Muster's statements go by their indexes. */
const statisticsTarget = 10;

async function lockDataFolder(dir: string): Promise<() => Promise<void>> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return lockFolder(dir);
}

async function startEngine(dir: string | null): Promise<PGlite> {
  const options = { relaxedDurability: false } as const;
  const template = await readTemplate();
  const loadDataDir = template && !(dir && (await initialized(dir))) ? { loadDataDir: template } : {};
  if (dir !== null) await closeToOthers(join(dir, 'database'));
  return PGlite.create({
    ...options,
    ...(dir === null ? {} : { dataDir: join(dir, 'database') }),
    ...loadDataDir,
  });
}

/** PGlite's files may be written by anyone who gets as far as them, whoever made the folder that they lie in. */
async function closeToOthers(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
}

/** A data folder made by the build: saves the seconds of a first start. Seen from the sources, and from the build. */
const templates = ['../../dist/pglite-template.tar.gz', '../../pglite-template.tar.gz'];

async function readTemplate(): Promise<Blob | null> {
  for (const path of templates) {
    const bytes = await readFile(new URL(path, import.meta.url)).catch(() => null);
    if (bytes) return new Blob([bytes]);
  }
  return null;
}

/** What `readTemplate` reads. */
export async function makeTemplate(): Promise<Uint8Array> {
  const engine = await PGlite.create();
  const dump = await engine.dumpDataDir('gzip');
  await engine.close();
  return new Uint8Array(await dump.arrayBuffer());
}

async function initialized(dir: string): Promise<boolean> {
  return readFile(join(dir, 'database', 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}
