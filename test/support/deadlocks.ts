// Deadlocks that a database has had to end: transactions are repeated after one, so that nobody else hears of it.
import { Client } from 'pg';
import { until } from './until.js';

/** Counted once nobody else is connected any more: until then its own may be known to a session alone. */
export async function deadlocksIn(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await until('all others have left', async () => {
      const { rowCount } = await client.query(
        `select from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
      );
      return rowCount === 0;
    });
    const { rows } = await client.query<{ deadlocks: string }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    return Number(rows[0]?.deadlocks);
  } finally {
    await client.end();
  }
}
