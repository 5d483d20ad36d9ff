// What PostgreSQL asks for the rows alone: every row that the services keep of the devices carried, inserted once more
// into empty tables of the same shape and indexes, in batches of 200, by one connection of one process. Outboxes are empty
// by then, and deletes, updates and reads are not repeated: it is the least that anything could do.
import pg from 'pg';

const batch = 200;
const schemas = ['discovery', 'licensing', 'autogroup', 'assessment', 'forwarding', 'console'];

/** Resolves to how many rows there were, and how long inserting them took. */
export async function insertBare(database: string, rowsMin: number) {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    await client.query('drop schema if exists bare cascade; create schema bare');
    const sets = [];
    for (const table of await tablesOf(client)) {
      const rows = await rowsOf(client, table);
      if (rows.length < rowsMin) continue;
      const copy = `bare.${table.replace('.', '_')}`;
      await client.query(`create table ${copy} (like ${table} including all)`);
      sets.push({ copy, rows });
    }
    const startedAt = performance.now();
    for (const { copy, rows } of sets) await insert(client, copy, rows);
    const seconds = (performance.now() - startedAt) / 1000;
    const byTable = sets.map(({ copy, rows }) => `${copy.slice(5)} ${rows.length}`);
    return { seconds, byTable, rows: sets.reduce((sum, set) => sum + set.rows.length, 0) };
  } finally {
    await client.end();
  }
}

async function tablesOf(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = any($1) order by 1`,
    [schemas],
  );
  return rows.map(({ name }) => name);
}

/** As text, so that making JSON of them is not timed. */
async function rowsOf(client: pg.Client, table: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ row: string }>(`select to_jsonb(t)::text as row from ${table} t`);
  return rows.map(({ row }) => row);
}

async function insert(client: pg.Client, copy: string, rows: readonly string[]): Promise<void> {
  const text = `insert into ${copy} overriding system value select * from jsonb_populate_recordset(null::${copy}, $1::jsonb)`;
  for (let start = 0; start < rows.length; start += batch) {
    const values = [`[${rows.slice(start, start + batch).join(',')}]`];
    await client.query({ name: copy, text, values });
  }
}
