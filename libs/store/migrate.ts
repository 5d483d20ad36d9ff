// Brings the schemas of services up to date: one step, run by an owner role before the services start.
import { readdir, readFile } from 'node:fs/promises';
import type { Database, Tx } from './store.js';
import { taskTables } from './tasks.js';

/** Where the SQL lies: beside libs in the sources, and beside dist in a build. */
const folders = [
  new URL('../../deploy/migrations/', import.meta.url),
  new URL('../../../deploy/migrations/', import.meta.url),
];

/** Any number of processes may call it at once; the others wait for the first. */
const advisoryLock = 332_900;

export interface Migrated {
  readonly schema: string;
  readonly file: string;
}

/**
 * Applies what is missing of deploy/migrations/<schema>/*.sql, in order of name, each schema's tables for inbox, outbox,
 * parking, tasks and documents first. All in one transaction: after a failure nothing has changed.
 */
export async function migrate(database: Database, schemas: readonly string[]): Promise<readonly Migrated[]> {
  const wanted = await Promise.all(schemas.map(async (schema) => ({ schema, files: await sqlOf(schema) })));
  return database.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(${advisoryLock})`);
    const applied: Migrated[] = [];
    for (const { schema, files } of wanted) applied.push(...(await bringUp(tx, schema, files)));
    return applied;
  });
}

/** Files that a schema lacks; empty when the service may start. */
export async function missing(database: Database, schema: string): Promise<readonly string[]> {
  const files = await sqlOf(schema);
  const [there] = await database.query<{ there: boolean }>(`select to_regclass($1) is not null as there`, [
    `${schema}.migration`,
  ]);
  if (!there?.there) return files.map(({ name }) => name);
  const done = new Set(
    (await database.query<{ file: string }>(`select file from ${schema}.migration`)).map((row) => row.file),
  );
  return files.map(({ name }) => name).filter((name) => !done.has(name));
}

interface SqlFile {
  readonly name: string;
  readonly sql: string;
}

async function bringUp(tx: Tx, schema: string, files: readonly SqlFile[]): Promise<readonly Migrated[]> {
  await tx.query(`create schema if not exists ${schema}`);
  await tx.query(
    `create table if not exists ${schema}.migration (file text primary key, applied_at timestamptz not null default now())`,
  );
  const done = new Set(
    (await tx.query<{ file: string }>(`select file from ${schema}.migration`)).map((row) => row.file),
  );
  const applied: Migrated[] = [];
  for (const { name, sql } of files.filter((file) => !done.has(file.name))) {
    await tx.query(sql);
    await tx.query(`insert into ${schema}.migration (file) values ($1)`, [name]);
    applied.push({ schema, file: name });
  }
  return applied;
}

async function sqlOf(schema: string): Promise<readonly SqlFile[]> {
  if (!/^[a-z]+$/.test(schema)) throw new Error(`${schema} cannot be the name of a schema`);
  const common = schema === 'bus' ? [] : commonFiles(schema);
  for (const folder of folders) {
    const names = await readdir(new URL(`${schema}/`, folder)).catch(() => null);
    if (!names) continue;
    const files = names.filter((name) => name.endsWith('.sql')).toSorted();
    const own = files.map(async (name) => ({
      name,
      sql: await readFile(new URL(`${schema}/${name}`, folder), 'utf8'),
    }));
    return [...common, ...(await Promise.all(own))];
  }
  return common;
}

/** What the no-loss path and the tasks of every service need. What was released is never changed: more is a file more. */
const commonFiles = (schema: string): readonly SqlFile[] => [
  { name: '000-delivery.sql', sql: commonTables(schema) },
  { name: '000-parked-tries.sql', sql: triesOfParked(schema) },
  { name: '000-outbox-order.sql', sql: `create index on ${schema}.outbox (sequence)` },
];

/** Tries that were begun, in a row, and did not end; and which is the last of them. */
const triesOfParked = (schema: string): string =>
  `alter table ${schema}.parked add column begun int not null default 0, add column try_id uuid`;

const commonTables = (schema: string): string => `
create sequence ${schema}.event_sequence;
create table ${schema}.inbox (
  consumer text not null,
  event_id uuid not null,
  taken_at timestamptz not null default now(),
  primary key (consumer, event_id)
);
create index on ${schema}.inbox (taken_at);
create table ${schema}.outbox (
  id uuid primary key,
  sequence bigint not null,
  event jsonb not null,
  claimed_until timestamptz not null
);
create index on ${schema}.outbox (claimed_until);
create table ${schema}.parked (
  consumer text not null,
  event_id uuid not null,
  event_type text not null,
  event jsonb not null,
  attempts int not null,
  due_at timestamptz,
  reason text not null,
  parked_at timestamptz not null default now(),
  primary key (consumer, event_id)
);
create index on ${schema}.parked (due_at) where due_at is not null;
create table ${schema}.document (
  kind text not null,
  id text not null,
  version int not null,
  body jsonb,
  primary key (kind, id)
);
${taskTables(schema)}`;
