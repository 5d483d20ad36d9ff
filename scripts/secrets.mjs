// npm run secrets -- FOLDER: one password per account, each in a file of its name, and the certificates of broker and
// database. What is there is kept.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCertificates } from './certificates.mjs';
import { processes } from './processes.mjs';

/**
 * Files for each service (its password on broker and database alike), the first administrator of the console (admin), the
 * passphrase of the authority's keys (trust), and the owners of broker and database; keys that seal devices' credentials
 * (credentials); authority.crt, which services trust, and the certificates of both servers. Resolves
 * with the path of a file by its name.
 *
 * The folder is closed to others; the files are not, as containers read them as a user of their own.
 */
export async function makeSecrets(folder) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = (name) => join(folder, name);
  const names = [...processes.map(({ name }) => name), 'admin', 'trust', 'rabbitmq', 'postgresql'];
  for (const name of names) await keep(path(name), randomBytes(18).toString('base64url'));
  // A line for each key; the last one seals.
  await keep(path('credentials'), `${randomBytes(32).toString('base64')}\n`);
  const administrator = await readFile(path('rabbitmq'), 'utf8');
  await keep(
    path('rabbitmq-conf'),
    `default_vhost = muster\ndefault_user = muster\ndefault_pass = ${administrator}\n`,
  );
  await makeCertificates(folder);
  // Containers read a key as a user of their own, too.
  for (const name of ['rabbitmq.key', 'postgresql.key']) await chmod(path(name), 0o644);
  return path;
}

async function keep(file, text) {
  if (!existsSync(file)) await writeFile(file, text, { mode: 0o644 });
}

if (fileURLToPath(import.meta.url) === process.argv[1]) {
  const folder = resolve(process.argv[2] ?? 'deploy/secrets');
  await makeSecrets(folder);
  console.log(`Secrets are in ${folder}; the console's first password is in its file admin.`);
}
