// One role per service, which may read and write its own schema, and what little it shares with another, and define nothing.
import type { Database, Tx } from './store.js';

/** Tables that a second service reads and writes: what must not go by the bus. */
const shared = [{ schema: 'assessment', table: 'assessment.credential', with: 'console' }] as const;

/**
 * Makes or renews the role of each service; its name is that of its schema. Run after `migrate`, by the schemas' owner,
 * who must be allowed to make roles.
 */
export async function grantRoles(
  database: Database,
  schemas: readonly string[],
  passwordOf: (schema: string) => string,
): Promise<void> {
  await database.transaction(async (tx) => {
    for (const schema of schemas) await grantRole(tx, schema, passwordOf(schema));
    for (const { schema, table, with: role } of shared) {
      if (!schemas.includes(schema) || !schemas.includes(role)) continue;
      await tx.query(`grant usage on schema ${schema} to ${role}`);
      await tx.query(`grant select, insert, update, delete on ${table} to ${role}`);
    }
  });
}

async function grantRole(tx: Tx, role: string, password: string): Promise<void> {
  const [found] = await tx.query(`select 1 from pg_roles where rolname = $1`, [role]);
  // A role's definition takes no parameters: the server quotes for us.
  const verb = found ? 'alter' : 'create';
  const [{ statement } = { statement: '' }] = await tx.query<{ statement: string }>(
    `select format('${verb} role %I login nosuperuser nocreatedb nocreaterole password %L', $1::text, $2::text) as statement`,
    [role, password],
  );
  await tx.query(statement);
  await tx.query(`grant usage on schema ${role} to ${role}`);
  await tx.query(`grant select, insert, update, delete on all tables in schema ${role} to ${role}`);
  await tx.query(`grant usage, select on all sequences in schema ${role} to ${role}`);
}
