// A private RabbitMQ from the package of this machine. It listens on loopback alone and dies with who started it.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.mjs';
import { accountOf, copyTls, identity, once, own, prepare, supervise } from './server-process.mjs';

const run = promisify(execFile);
export const rabbitHome = '/usr/lib/rabbitmq/bin';

/** @typedef {import('./server-process.mjs').Tls} Tls */

/**
 * A RabbitMQ node of its own: own name, cookie, epmd; nothing listens beyond loopback. Ready in about 6 s.
 * @type {typeof import('./rabbit-server.mjs').startRabbit}
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

/** Erlang's threads spin while they wait for work, which takes the processor from whatever runs beside them. */
const patient = '+sbwt none +sbwtdcpu none +sbwtdio none';

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
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${loopback} -start_epmd false ${patient}`,
    RABBITMQ_CTL_ERL_ARGS: loopback,
  };
}
