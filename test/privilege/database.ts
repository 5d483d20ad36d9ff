// Everything that a role of the database must not be able to do, tried.
import type { Client } from 'pg';
import { shared } from './rights.js';

/** Insufficient privilege. */
const refused = '42501';

/** What was not refused, and how it ended instead. Each is rolled back. */
export async function notRefusedBy(
  client: Client,
  own: string,
  schemas: readonly string[],
): Promise<{ readonly tried: number; readonly found: readonly string[] }> {
  const { rows } = await client.query<{ schema: string; name: string; column: string }>(
    `select n.nspname as schema, c.relname as name, a.attname as column
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     join lateral (
       -- A number that the database gives is refused to everybody, for another reason.
       select attname from pg_attribute
       where attrelid = c.oid and attnum > 0 and attidentity = '' and not attisdropped order by attnum limit 1
     ) a on true
     where c.relkind = 'r' and n.nspname = any($1)`,
    [schemas],
  );
  const mine = new Set(shared[own]);
  const attempts = [
    ...rows
      .filter(({ schema, name }) => schema !== own && !mine.has(`${schema}.${name}`))
      .flatMap(({ schema, name, column }) => onTable(`${schema}.${name}`, column)),
    ...rows
      .filter(({ schema, name }) => schema === own || mine.has(`${schema}.${name}`))
      .flatMap(({ schema, name }) => changing(`${schema}.${name}`)),
    ...[...schemas, 'public'].map((schema) => `create table ${schema}.mine (id int)`),
    'create schema mine',
    'create role mine',
    "copy (select 1) to program 'true'",
    "select pg_read_file('postgresql.conf')",
    `alter role ${own} superuser`,
    ...schemas.filter((schema) => schema !== own).map((schema) => `set role ${schema}`),
  ];
  const found: string[] = [];
  for (const statement of attempts) {
    const end = await endOf(client, statement);
    if (end !== refused) found.push(`${statement}: ${end}`);
  }
  return { tried: attempts.length, found };
}

const onTable = (table: string, column: string): readonly string[] => [
  `select * from ${table} limit 1`,
  `insert into ${table} default values`,
  `update ${table} set ${column} = ${column}`,
  `delete from ${table}`,
  ...changing(table),
];

const changing = (table: string): readonly string[] => [
  `truncate ${table}`,
  `alter table ${table} add column mine int`,
  `drop table ${table}`,
];

async function endOf(client: Client, statement: string): Promise<string> {
  await client.query('begin');
  try {
    await client.query(statement);
    return 'done';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    await client.query('rollback');
  }
}
