// Certificates of broker and database, made once with openssl: an authority of their own, trusted by nothing else, whose
// key is thrown away. To renew them, delete the files and run this again, then start everything anew.
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quietly } from './child.mjs';
import { Trouble } from './project.mjs';

/** Each with the names by which services reach it: of compose file and this machine. */
const servers = ['rabbitmq', 'postgresql'];
const days = '3650';

const config = (name) => `[req]
distinguished_name = subject
prompt = no
[subject]
CN = ${name}
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:${name}, DNS:localhost, IP:127.0.0.1
`;

/** Writes authority.crt, and a .crt and .key for each server, unless they are all there. */
export async function makeCertificates(folder) {
  const wanted = ['authority.crt', ...servers.flatMap((name) => [`${name}.crt`, `${name}.key`])];
  if (wanted.every((file) => existsSync(join(folder, file)))) return;
  const own = await mkdtemp(join(folder, 'making-'));
  const run = (...words) => openssl(own, words);
  try {
    await writeFile(join(own, 'authority.cnf'), config('Muster broker and database'));
    await run(
      ...['req', '-x509', '-config', 'authority.cnf', '-extensions', 'authority', '-days', days],
      ...['-out', 'authority.crt', ...newKey('authority.key')],
    );
    for (const name of servers) await issue(run, own, name);
    for (const file of wanted) await rename(join(own, file), join(folder, file));
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function issue(run, own, name) {
  await writeFile(join(own, `${name}.cnf`), config(name));
  await run('req', '-config', `${name}.cnf`, '-out', `${name}.csr`, ...newKey(`${name}.key`));
  await run(
    ...['x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, '-days', days],
    ...['-CA', 'authority.crt', '-CAkey', 'authority.key', '-CAcreateserial'],
    ...['-extfile', `${name}.cnf`, '-extensions', 'server'],
  );
}

const newKey = (file) => [
  ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:named_curve'],
  ...['-nodes', '-keyout', file],
];

async function openssl(cwd, words) {
  const { code, output } = await quietly('openssl', words, { cwd }).catch(() => {
    throw new Trouble('openssl is needed to make the certificates of broker and database: install it');
  });
  if (code !== 0) throw new Trouble(`openssl ${words[0]} failed:\n${output}`);
}
