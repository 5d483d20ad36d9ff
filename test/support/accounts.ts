// Each service with an account of its own on broker and database, as in a real Muster: a story in which one needs a right
// that it has not, fails. Accounts belong to the whole server, which other test files use meanwhile: hence one password for
// each in all of them, and rights by virtual host and database.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { Process } from './process.js';
import { freshDatabase, rabbit } from './servers.js';

export interface Accounts {
  /** Addresses and password files of a service. */
  environmentOf(service: string): Readonly<Record<string, string>>;
}

/** A virtual host and a database with all that the services need; `dir` is the caller's own. */
export async function ownAccounts(dir: string, services: readonly string[]): Promise<Accounts> {
  const folder = join(dir, 'accounts');
  // The broker, a user of its own, reads its definitions there.
  await chmod(dir, 0o755);
  await mkdir(folder);
  for (const service of services) await writeFile(join(folder, service), `${service}-password`);
  const [broker, database] = await Promise.all([ownVhost(folder), freshDatabase()]);
  await Promise.all([
    step('topology', [], { MUSTER_AMQP_URL: broker }),
    alone(database, () => step('migrate', ['--passwords', folder], { MUSTER_DATABASE_URL: database })),
  ]);
  return {
    environmentOf: (service) => ({
      MUSTER_AMQP_URL: of(service, broker),
      MUSTER_AMQP_PASSWORD_FILE: join(folder, service),
      MUSTER_DATABASE_URL: of(service, database),
      MUSTER_DATABASE_PASSWORD_FILE: join(folder, service),
    }),
  };
}

/** With the accounts' rights in it; the URL is the administrator's. */
async function ownVhost(folder: string): Promise<string> {
  const server = await rabbit();
  const vhost = `test-${randomBytes(5).toString('hex')}`;
  const printed = await step('topology', ['--definitions', '--vhost', vhost, '--passwords', folder], {});
  const made = JSON.parse(printed) as { readonly permissions: readonly object[] };
  const all = { user: 'muster', vhost, configure: '.*', write: '.*', read: '.*' };
  const file = join(folder, 'definitions.json');
  await writeFile(file, JSON.stringify({ ...made, permissions: [...made.permissions, all] }));
  await server.import(file);
  return `${server.url}/${vhost}`;
}

/** Roles of one server cannot be altered by two at a time. */
async function alone<T>(database: string, work: () => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: new URL('/postgres', database).href });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock(3329)');
    return await work();
  } finally {
    await client.end();
  }
}

function step(name: string, words: readonly string[], environment: Readonly<Record<string, string>>) {
  return Process.run({ name, entry: `apps/standalone/${name}.js`, words, environment });
}

function of(service: string, address: string): string {
  const url = new URL(address);
  url.username = service;
  url.password = '';
  return url.href;
}
