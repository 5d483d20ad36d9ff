// `muster migrate`: brings every schema up to date, with an owner's role, before the services start; with
// --passwords FOLDER it also makes a role for each service, with the password in the file of its name.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig, storeShape } from '#runtime/config';
import { databaseAddress } from '#runtime/database-address';
import { migrate } from '#store/migrate';
import { openPostgres } from '#store/open';
import { grantRoles } from '#store/roles';
import type { Database } from '#store/store';
import { command } from './command.js';
import { schemas } from './services.js';

const help = `muster migrate                       brings every schema up to date; MUSTER_DATABASE_URL names the database, as its owner
  --passwords FOLDER                 then makes a role for each service, with the password in the file of its name`;

await command('migrate', async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean' }, passwords: { type: 'string' } } });
  if (values.help) process.stdout.write(`${help}\n`);
  else await bringUp(values.passwords ?? null);
});

async function bringUp(passwords: string | null): Promise<void> {
  const config = readConfig(storeShape, process.env);
  const database = await openPostgres({
    ...databaseAddress(config),
    poolMax: 2,
    statementLimitMs: 0,
    applicationName: 'muster-migrate',
  });
  try {
    await apply(database, passwords);
  } finally {
    await database.close();
  }
}

async function apply(database: Database, passwords: string | null): Promise<void> {
  const applied = await migrate(database, schemas);
  for (const { schema, file } of applied) process.stdout.write(`applied ${schema}/${file}\n`);
  process.stdout.write(applied.length === 0 ? 'nothing to apply\n' : `${applied.length} applied\n`);
  if (passwords === null) return;
  await grantRoles(database, schemas, (schema) => readFileSync(join(passwords, schema), 'utf8').trim());
  process.stdout.write(`${schemas.length} roles granted\n`);
}
