// RabbitMQ and PostgreSQL as packages of this machine: for the tests and for `npm run services`, which start private ones
// (rabbit-server.mjs, postgres-server.mjs) in folders given.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { postgresBin } from './postgres-server.mjs';
import { rabbitHome } from './rabbit-server.mjs';

const run = promisify(execFile);

/** What of both is there. */
export function installed() {
  return { rabbitmq: existsSync(`${rabbitHome}/rabbitmq-server`), postgres: postgresBin() !== null };
}

/** Installs what is missing with apt-get, without starting any service of the system. Throws when it cannot. */
export async function install({ say = (/** @type {string} */ _line) => {} } = {}) {
  const there = installed();
  const missing = [there.rabbitmq ? '' : 'rabbitmq-server', there.postgres ? '' : 'postgresql'].filter(
    Boolean,
  );
  if (missing.length === 0) return;
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) {
    throw new Error(`${missing.join(' and ')} must be installed, and this can do it only as root on Debian`);
  }
  say(`installing ${missing.join(' and ')} with apt-get`);
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['update', '-q'], { env, maxBuffer: 64e6 });
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], {
      env,
      maxBuffer: 64e6,
    });
  } finally {
    if (ours) await rm(policy, { force: true });
  }
}
