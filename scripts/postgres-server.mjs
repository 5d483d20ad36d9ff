// A private PostgreSQL from the package of this machine. It listens on loopback alone and dies with who started it.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.mjs';
import {
  accountOf,
  copyTls,
  identity,
  once,
  own,
  prepare,
  startLimitMs,
  supervise,
} from './server-process.mjs';

const run = promisify(execFile);
const home = '/usr/lib/postgresql';

/** @typedef {import('./server-process.mjs').Tls} Tls */

/**
 * A PostgreSQL cluster of its own. Ready in about 2 s, the first time.
 * @type {typeof import('./postgres-server.mjs').startPostgres}
 */
export async function startPostgres({ dir, port, tls, settings = {} }) {
  const bin = postgresBin();
  if (bin === null) throw new Error('PostgreSQL is not installed');
  const account = await accountOf('postgres');
  await prepare(dir, account);
  const kept = await identity(dir, async () => ({ password: randomBytes(12).toString('hex') }));
  const data = path.join(dir, 'data');
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: dir };
  if (!existsSync(path.join(data, 'PG_VERSION'))) {
    const passwordFile = path.join(dir, 'password');
    await writeFile(passwordFile, kept.password, { mode: 0o600 });
    await own(dir, account);
    const words = [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      '--pwfile',
      passwordFile,
      '-E',
      'UTF8',
      '-N',
    ];
    await run(`${bin}/initdb`, words, { env, cwd: dir, timeout: startLimitMs, ...account });
    await rm(passwordFile);
  }
  await dropStaleLock(data);
  const tcp = port ?? (await freePort());
  const secured = tls ? await tlsSettings(dir, await copyTls(dir, tls)) : {};
  await own(dir, account);
  const listening = { listen_addresses: '127.0.0.1', port: String(tcp), unix_socket_directories: '' };
  const all = { ...listening, ...secured, ...settings };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = supervise('postgres', `${bin}/postgres`, ['-D', data, ...flags], { dir, env, account });
  try {
    await server.said(/database system is ready to accept connections/);
  } catch (error) {
    await server.kill();
    throw error;
  }
  return {
    url: `postgres://postgres:${kept.password}@127.0.0.1:${tcp}/postgres${tls ? '?sslmode=verify-full' : ''}`,
    pid: server.pid,
    stop: once(() => server.end('SIGINT')),
    kill: once(server.kill),
  };
}

/** And nobody without TLS is let in. @param {string} dir @param {Tls} tls */
async function tlsSettings(dir, { certificate, key }) {
  const access = path.join(dir, 'access.conf');
  await writeFile(access, 'hostssl all all 127.0.0.1/32 scram-sha-256\n', { mode: 0o600 });
  return { ssl: 'on', ssl_cert_file: certificate, ssl_key_file: key, hba_file: access };
}

/**
 * A cluster whose server was killed keeps its lock file; PostgreSQL itself heeds it as long as the dead process was not
 * reaped, or when its number is taken by another.
 * @param {string} data
 */
async function dropStaleLock(data) {
  const file = path.join(data, 'postmaster.pid');
  const lock = await readFile(file, 'utf8').catch(() => '');
  const pid = Number.parseInt(lock, 10);
  if (!pid) return;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (command.includes(data)) throw new Error(`PostgreSQL ${pid} still runs on ${data}: stop it first`);
  if (!command.includes('postgres')) await rm(file, { force: true });
}

/** @returns {string | null} folder of the newest PostgreSQL's programs */
export function postgresBin() {
  if (!existsSync(home)) return null;
  const versions = ['18', '17', '16', '15'].map((version) => `${home}/${version}/bin`);
  return versions.find((folder) => existsSync(`${folder}/postgres`)) ?? null;
}
