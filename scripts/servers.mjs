// Private RabbitMQ and PostgreSQL servers from the packages of this machine: for the tests and for `npm run services`.
// They listen on loopback alone, keep everything in the folder given, and die with the process that started them.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const startLimitMs = 180_000;
const stopLimitMs = 20_000;
const rabbitHome = '/usr/lib/rabbitmq/bin';
const postgresHome = '/usr/lib/postgresql';

/**
 * @typedef {object} Server
 * @property {string} url
 * @property {number} pid leader of the server's process group
 * @property {() => Promise<void>} stop orderly; a second call waits for the first
 * @property {() => Promise<void>} kill at once, as a power cut to the process would
 */
/**
 * @typedef {Server & { environment: Record<string, string>, control: (...words: string[]) => Promise<string> }} Rabbit
 * `control` runs rabbitmqctl on it, as `controlRabbit` does with its environment from another process
 */
/** @typedef {{ certificate: string, key: string }} Tls files; with them nobody is heard who does not speak TLS */
/**
 * @typedef {{ dir: string, port?: number, tls?: Tls, management?: number, password?: string }} RabbitOptions a port of its own choice when
 * none is given; `management`: port of its page and HTTP API, which it has not without it; `password` of its
 * administrator muster, when it is started for the first time
 */
/**
 * @typedef {{ dir: string, port?: number, tls?: Tls, settings?: Record<string, string> }} PostgresOptions settings of
 * postgresql.conf
 */
/** @typedef {{ uid?: number, gid?: number }} Account empty: as we are */

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

/**
 * A RabbitMQ node of its own: own name, cookie, epmd; nothing listens beyond loopback. Ready in about 6 s.
 * @param {RabbitOptions} options
 * @returns {Promise<Rabbit>}
 */
export async function startRabbit({ dir, port, tls, management, password }) {
  const account = await accountOf('rabbitmq');
  await prepare(dir, account);
  const kept = await identity(dir, async () => ({
    node: `muster-${randomBytes(4).toString('hex')}@localhost`,
    password: password ?? randomBytes(12).toString('hex'),
  }));
  const amqp = port ?? (await freePort());
  const [epmd, distribution] = [await freePort(), await freePort()];
  const env = rabbitEnvironment(dir, kept.node, epmd, distribution);
  const listening = tls ? tlsConf(amqp, await copyTls(dir, tls)) : `listeners.tcp.1 = 127.0.0.1:${amqp}\n`;
  const conf = rabbitConf(kept.password) + listening + (management ? managementConf(management) : '');
  await writeFile(path.join(dir, 'rabbitmq.conf'), conf);
  await writeFile(path.join(dir, 'env.conf'), '');
  await writeFile(path.join(dir, 'plugins'), management ? '[rabbitmq_management].\n' : '[].\n');
  await own(dir, account);
  const names = supervise('epmd', 'epmd', ['-address', '127.0.0.1', '-port', String(epmd)], {
    dir,
    env,
    account,
  });
  const broker = supervise('rabbitmq', `${rabbitHome}/rabbitmq-server`, [], { dir, env, account });
  try {
    await broker.said(/Server startup complete/);
  } catch (error) {
    await Promise.all([broker.kill(), names.kill()]);
    throw error;
  }
  const withNames = (/** @type {() => Promise<void>} */ end) => once(() => end().finally(() => names.kill()));
  return {
    url: `${tls ? 'amqps' : 'amqp'}://muster:${kept.password}@127.0.0.1:${amqp}`,
    pid: broker.pid,
    stop: withNames(() => broker.end('SIGTERM')),
    kill: withNames(broker.kill),
    environment: env,
    control: (...words) => controlRabbit(env, words),
  };
}

/**
 * @param {Record<string, string>} environment of a Rabbit
 * @param {string[]} words
 * @returns {Promise<string>} what rabbitmqctl said
 */
export async function controlRabbit(environment, words) {
  const account = await accountOf('rabbitmq');
  const options = { env: environment, cwd: environment.HOME, timeout: 60_000, ...account };
  return (await run(`${rabbitHome}/rabbitmqctl`, ['--quiet', ...words], options)).stdout;
}

/** @param {string} password */
function rabbitConf(password) {
  return `default_user = muster
default_pass = ${password}
disk_free_limit.absolute = 200MB
log.console = true
log.console.level = info
log.file = false
`;
}

/** Clients prove themselves by password. @param {number} port @param {Tls} files */
function tlsConf(port, { certificate, key }) {
  return `listeners.tcp = none
listeners.ssl.1 = 127.0.0.1:${port}
ssl_options.certfile = ${certificate}
ssl_options.keyfile = ${key}
ssl_options.versions.1 = tlsv1.3
ssl_options.versions.2 = tlsv1.2
ssl_options.verify = verify_none
ssl_options.fail_if_no_peer_cert = false
`;
}

/** @param {number} port */
function managementConf(port) {
  return `management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = ${port}\n`;
}

/** Where the server's own user may read them, and nobody else. @param {string} dir @param {Tls} tls @returns {Promise<Tls>} */
async function copyTls(dir, tls) {
  const copy = { certificate: path.join(dir, 'server.crt'), key: path.join(dir, 'server.key') };
  await writeFile(copy.certificate, await readFile(tls.certificate));
  await rm(copy.key, { force: true });
  await writeFile(copy.key, await readFile(tls.key), { mode: 0o600 });
  return copy;
}

/** @param {string} dir @param {string} node @param {number} epmd @param {number} distribution */
function rabbitEnvironment(dir, node, epmd, distribution) {
  const loopback = '-kernel inet_dist_use_interface {127,0,0,1}';
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    LANG: 'C.UTF-8',
    HOME: dir,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmd),
    ERL_CRASH_DUMP_BYTES: '0',
    RABBITMQ_NODENAME: node,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_CONF_ENV_FILE: path.join(dir, 'env.conf'),
    RABBITMQ_CONFIG_FILE: path.join(dir, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: path.join(dir, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: path.join(dir, 'plugins'),
    RABBITMQ_GENERATED_CONFIG_DIR: path.join(dir, 'generated'),
    RABBITMQ_MNESIA_BASE: path.join(dir, 'data'),
    RABBITMQ_LOG_BASE: path.join(dir, 'log'),
    RABBITMQ_PID_FILE: path.join(dir, 'rabbitmq.pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${loopback} -start_epmd false`,
    RABBITMQ_CTL_ERL_ARGS: loopback,
  };
}

/**
 * A PostgreSQL cluster of its own. Ready in about 2 s, the first time.
 * @param {PostgresOptions} options
 * @returns {Promise<Server>}
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
function postgresBin() {
  if (!existsSync(postgresHome)) return null;
  const versions = ['18', '17', '16', '15'].map((version) => `${postgresHome}/${version}/bin`);
  return versions.find((folder) => existsSync(`${folder}/postgres`)) ?? null;
}

/**
 * Runs a server in a process group of its own, beside a guard that kills the group once this process is gone, however
 * it went: the guard reads from a pipe that only we hold.
 * @param {string} name
 * @param {string} program
 * @param {string[]} words
 * @param {{ dir: string, env: Record<string, string | undefined>, account: Account }} options
 */
function supervise(name, program, words, { dir, env, account }) {
  const child = spawn(program, words, {
    cwd: dir,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...account,
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${program} could not be started`);
  const watch = 'cat >/dev/null; kill -s KILL -- "-$0" 2>/dev/null; exit 0';
  const guard = spawn('sh', ['-c', watch, String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    ...account,
  });
  const log = tail(child);
  // Its output may be held open a little longer, by a backend that has yet to notice.
  const exited = new Promise((resolve) => {
    child.once('close', resolve);
    child.once('exit', () => setTimeout(resolve, 1_000));
  });
  for (const handle of [child, guard, child.stdout, child.stderr, guard.stdin])
    /** @type {any} */ (handle)?.unref?.();
  void exited.then(() => {
    guard.kill('SIGKILL');
    guard.stdin?.destroy();
  });
  const kill = async () => {
    child.ref();
    signal(-pid, 'SIGKILL');
    await exited;
  };
  return {
    pid,
    kill,
    /** @param {NodeJS.Signals} how */
    end: async (how) => {
      child.ref();
      signal(pid, how);
      await Promise.race([exited, delay(stopLimitMs, undefined, { ref: false })]);
      await kill();
    },
    /** @param {RegExp} words */
    said: (words) => log.until(words, name, exited),
  };
}

/** The last lines a server wrote, and waiting for one. @param {import('node:child_process').ChildProcess} child */
function tail(child) {
  let text = '';
  /** @type {Set<() => void>} */
  const readers = new Set();
  const add = (/** @type {Buffer} */ chunk) => {
    text += chunk.toString();
    for (const read of readers) read();
    text = text.slice(-20_000);
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return {
    /** @param {RegExp} words @param {string} name @param {Promise<unknown>} exited @returns {Promise<void>} */
    until: (words, name, exited) =>
      new Promise((resolve, reject) => {
        const fail = (/** @type {string} */ why) =>
          done(new Error(`${name} ${why}; its last lines:\n${text}`));
        const timer = setTimeout(() => fail(`was not ready after ${startLimitMs} ms`), startLimitMs);
        const read = () => words.test(text) && done();
        const done = (/** @type {Error | undefined} */ error = undefined) => {
          clearTimeout(timer);
          readers.delete(read);
          if (error) reject(error);
          else resolve();
        };
        readers.add(read);
        void exited.then(() => fail('ended'));
        read();
      }),
  };
}

/** @param {number} pid @param {NodeJS.Signals} name */
function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already: what was wanted.
  }
}

/** @param {() => Promise<void>} work @returns {() => Promise<void>} */
function once(work) {
  /** @type {Promise<void> | undefined} */
  let running;
  return () => (running ??= work());
}

/** Servers refuse to run as root: then as the package's own user. @param {string} user @returns {Promise<Account>} */
async function accountOf(user) {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${user}:`));
  if (!line) throw new Error(`there is no user ${user} to run its server as`);
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** The folder, owned by its server, which must be able to reach it. @param {string} dir @param {Account} account */
async function prepare(dir, account) {
  await mkdir(path.dirname(dir), { recursive: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await own(dir, account);
  await run('ls', [dir], { ...account, cwd: '/' }).catch(() => {
    throw new Error(
      `${dir} cannot be reached by user ${account.uid}: choose a folder outside a private home`,
    );
  });
}

/** @param {string} dir @param {Account} account */
async function own(dir, { uid, gid }) {
  if (uid === undefined || gid === undefined) return;
  await chown(dir, uid, gid);
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (entry.isFile()) await chown(path.join(dir, entry.name), uid, gid);
  }
}

/**
 * What a server keeps from one start to the next: its name and password.
 * @template {object} T
 * @param {string} dir
 * @param {() => Promise<T>} make
 * @returns {Promise<T>}
 */
async function identity(dir, make) {
  const file = path.join(dir, 'identity.json');
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8'));
  const made = await make();
  await writeFile(file, JSON.stringify(made), { mode: 0o600 });
  return made;
}

/** A free port of loopback below those that the system hands to outgoing connections. */
export async function freePort() {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port was found');
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
