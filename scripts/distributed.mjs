// A distributed Muster on this machine: private RabbitMQ and PostgreSQL, topology and migrations, then each service as
// processes of its own with accounts of their own.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { quietly, startGuard } from './child.mjs';
import { entryOf, processes, steps } from './processes.mjs';
import { inRoot, root, Trouble } from './project.mjs';
import { makeSecrets } from './secrets.mjs';
import { freePort } from './free-port.mjs';
import { startPostgres } from './postgres-server.mjs';
import { startRabbit } from './rabbit-server.mjs';

const readyLimitMs = 180_000;
const stopLimitMs = 25_000;

/**
 * Resolves when every service is ready. `dir` holds everything and is kept; `say` gets each line of each process; `ports`
 * are those of the first console and gateway, and of RabbitMQ's management, which is not there without one; `instances` is a number for all services, or numbers by name. The project
 * must have been built.
 */
export async function startDistributed({
  dir,
  node,
  instances = 1,
  environment = {},
  ports = {},
  say = () => {},
}) {
  // The servers run as users of their own and must be able to pass.
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o711);
  const folder = join(dir, 'secrets');
  const secret = await makeSecrets(folder);
  trust(secret('authority.crt'));
  const tlsOf = (name) => ({ certificate: secret(`${name}.crt`), key: secret(`${name}.key`) });
  const { management } = ports;
  const password = readFileSync(secret('rabbitmq'), 'utf8');
  const settings = { max_connections: '400' };
  const [rabbit, postgres] = await Promise.all([
    restartable((port) =>
      startRabbit({ dir: join(dir, 'rabbitmq'), port, management, password, tls: tlsOf('rabbitmq') }),
    ),
    restartable((port) =>
      startPostgres({ dir: join(dir, 'postgresql'), port, settings, tls: tlsOf('postgresql') }),
    ),
  ]);
  const guard = startGuard();
  const running = [];
  const stop = async () => {
    await Promise.all(running.map((each) => each.stop()));
    guard.end();
    await Promise.all([rabbit.stop(), postgres.stop()]);
  };
  try {
    const run = (entry, words, variables) =>
      runStep({ node, entry, words, variables: { ...variables, ...trusted(variables, secret) } });
    await prepareRabbit({ rabbit, run, folder, dir });
    await run(steps.migrate, ['--passwords', folder], { MUSTER_DATABASE_URL: postgres.url });
    for (const each of processes) {
      const count = typeof instances === 'number' ? instances : (instances[each.name] ?? 1);
      for (let number = 1; number <= count; number += 1) {
        const variables = await variablesOf(each, { dir, number, rabbit, postgres, secret, ports });
        running.push(
          startProcess({
            node,
            name: each.name,
            number,
            variables: { ...variables, ...environment },
            guard,
            say,
          }),
        );
      }
    }
    await Promise.all(running.map((each) => each.ready()));
  } catch (error) {
    await stop();
    throw error;
  }
  const named = (name) => running.filter((each) => each.name === name);
  const files = { adminPasswordFile: secret('admin'), secretsFolder: folder };
  return { processes: running, named, rabbit, postgres, ...files, stop };
}

/** Whoever runs in this process with the addresses of the servers need not be told whom to trust. */
function trust(authorityFile) {
  // Node 20, which may start the services, has it not; it runs nothing else in this process.
  tls.setDefaultCACertificates?.([...tls.getCACertificates(), readFileSync(authorityFile, 'utf8')]);
}

/** What a process that reaches broker or database needs to know whom it speaks to. */
const trusted = (variables, secret) => ({
  ...(variables.MUSTER_AMQP_URL && { MUSTER_AMQP_CA_FILE: secret('authority.crt') }),
  ...(variables.MUSTER_DATABASE_URL && { MUSTER_DATABASE_CA_FILE: secret('authority.crt') }),
});

/** A server that may be killed, and started again where it was. */
async function restartable(start) {
  let server = await start();
  const { url } = server;
  const port = Number(new URL(url).port);
  return {
    url,
    get pid() {
      return server.pid;
    },
    control: (...words) => server.control(...words),
    kill: () => server.kill(),
    stop: () => server.stop(),
    restart: async () => {
      server = await start(port);
    },
  };
}

const vhost = 'muster';

async function prepareRabbit({ rabbit, run, folder, dir }) {
  const definitions = await run(
    steps.topology,
    ['--definitions', '--vhost', vhost, '--passwords', folder],
    {},
  );
  const file = join(dir, 'rabbitmq', 'definitions.json');
  await writeFile(file, definitions);
  await chmod(file, 0o644);
  await rabbit.control('import_definitions', file);
  await rabbit.control('set_permissions', '-p', vhost, 'muster', '.*', '.*', '.*');
  await run(steps.topology, [], { MUSTER_AMQP_URL: `${rabbit.url}/${vhost}` });
}

async function runStep({ node, entry, words, variables }) {
  const env = { ...process.env, ...variables };
  const { code, output } = await quietly(node, [inRoot(entry), ...words], { cwd: root, env });
  if (code !== 0) throw new Trouble(`${entry} ${words.join(' ')} failed:\n${output}`);
  return output;
}

async function variablesOf(
  { name, database, folders, secrets: own },
  { dir, number, rabbit, postgres, secret, ports },
) {
  const first = number === 1 ? ports : {};
  const state = join(dir, `${name}-${number}`);
  await mkdir(state, { recursive: true });
  const addresses = {
    MUSTER_AMQP_URL: addressFor(name, `${rabbit.url}/${vhost}`),
    ...(database && { MUSTER_DATABASE_URL: addressFor(name, postgres.url) }),
  };
  return {
    ...addresses,
    ...trusted(addresses, secret),
    MUSTER_INSTANCE: `${name}-${number}`,
    MUSTER_HTTP_HOST: '127.0.0.1',
    MUSTER_HTTP_PORT: String((name === 'console' && first.http) || (await freePort())),
    MUSTER_AMQP_PASSWORD_FILE: secret(name),
    ...(database && {
      MUSTER_DATABASE_PASSWORD_FILE: secret(name),
      MUSTER_DATABASE_POOL_MAX: '5',
    }),
    ...(name === 'gateway' && { MUSTER_ANNOUNCE_PORT: String(first.announce || (await freePort())) }),
    // What console tells operators to open.
    ...(name === 'console' && ports.announce && { MUSTER_ANNOUNCE_PORT: String(ports.announce) }),
    ...Object.fromEntries(folders.map((variable) => [variable, join(state, placeOf(variable))])),
    ...(own.includes('MUSTER_ADMIN_PASSWORD_FILE') && { MUSTER_ADMIN_PASSWORD_FILE: secret('admin') }),
    ...(own.includes('MUSTER_CREDENTIALS_KEY_FILE') && {
      MUSTER_CREDENTIALS_KEY_FILE: secret('credentials'),
    }),
  };
}

/** Lists of revoked certificates have places of their own: what is cached is tidied. */
function placeOf(variable) {
  if (variable.endsWith('_FILE')) return 'cache.json';
  return /_CRL_/.test(variable) ? variable.replace(/^MUSTER_GATEWAY_|_DIR$/g, '').toLowerCase() : '';
}

function addressFor(account, url) {
  const own = new URL(url);
  own.username = account;
  own.password = '';
  return own.href;
}

function startProcess({ node, name, number, variables, guard, say }) {
  const label = `${name}-${number}`;
  let child;
  let exited;
  const start = (extra = {}) => {
    child = spawn(node, ['--enable-source-maps', inRoot(entryOf(name))], {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: '', ...variables, ...extra },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    guard.watch(child.pid);
    exited = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => say(label, line));
    }
  };
  start();
  const url = `http://127.0.0.1:${variables.MUSTER_HTTP_PORT}`;
  return {
    name,
    number,
    url,
    announcePort: variables.MUSTER_ANNOUNCE_PORT ? Number(variables.MUSTER_ANNOUNCE_PORT) : null,
    get pid() {
      return child.pid;
    },
    get exited() {
      return exited;
    },
    ready: () => awaitReady(url, label, exited),
    signal: (which) => child.kill(which),
    /** After the process has ended: the same again; `extra` is added to its environment, this time. */
    restart: async (extra) => {
      await exited;
      start(extra);
    },
    stop: async () => {
      child.kill('SIGTERM');
      const stopped = await Promise.race([
        exited.then(() => true),
        delay(stopLimitMs, false, { ref: false }),
      ]);
      if (!stopped) child.kill('SIGKILL');
      await exited;
    },
  };
}

async function awaitReady(url, label, exited) {
  let ended = null;
  void exited.then((how) => (ended = how));
  let problems = 'no answer';
  for (const deadline = Date.now() + readyLimitMs; Date.now() < deadline; await delay(100)) {
    if (ended !== null) throw new Trouble(`${label} ended (${ended}) before it was ready; its log says why.`);
    const response = await fetch(`${url}/health/ready`).catch(() => null);
    if (response?.ok) return;
    if (response) problems = await response.text();
  }
  throw new Trouble(`${label} was not ready after ${readyLimitMs / 1000} s: ${problems}`);
}
