// One service as a process on RabbitMQ and PostgreSQL: what an app's main.ts calls.
import type { Meter } from '@opentelemetry/api';
import { brokerUrls } from './broker-urls.js';
import { databaseAddress } from './database-address.js';
import {
  type Config,
  busShape,
  commonShape,
  ConfigError,
  configure,
  instanceOf,
  readAll,
  readConfig,
  storeShape,
} from './config.js';
import { helped } from './help.js';
import { openLog, type Log } from './log.js';
import { inWords, PortUnavailable } from './port-unavailable.js';
import type { Database } from '../store/store.js';
import { requiredQueues } from './required-queues.js';
import type { ServiceName } from '../events/service.js';
import type { Service } from './service.js';
import { startTelemetry } from './telemetry.js';

/** How long a drain may take before the process ends all the same: less than what Kubernetes grants. */
const drainLimitMs = 20_000;

/**
 * Runs until SIGTERM or SIGINT, then drains; exit code 0, or 1 when it could not start.
 * @param load imports the service: after telemetry has started, so that http and pg are instrumented
 */
export async function serve(name: ServiceName, load: () => Promise<Service>): Promise<void> {
  if (helped(name, `Muster's service ${name} as a process of its own, on RabbitMQ`)) return;
  try {
    await run(name, load);
  } catch (error) {
    const expected = error instanceof ConfigError || error instanceof PortUnavailable;
    const told = error instanceof Error ? (expected ? error.message : error.stack) : String(error);
    process.stderr.write(`${name} cannot start: ${told}\n`);
    process.exit(1);
  }
}

async function run(name: ServiceName, load: () => Promise<Service>): Promise<void> {
  const { env } = process;
  // Until it serves there is nothing to drain.
  let stop: (signal: string) => Promise<void> | void = () => process.exit(0);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
  const telemetry = startTelemetry(`muster-${name}`, env);
  const service = await load();
  const [common, broker, stored, services] = readAll(
    () => readConfig(commonShape, env),
    () => readConfig(busShape, env),
    () => (service.stored === false ? null : readConfig(storeShape, env)),
    () => configure([service], env),
  );
  const instance = instanceOf(env);
  const log = openLog({ level: common.MUSTER_LOG_LEVEL, fields: { service: name, instance } });
  const database = stored && (await openStore(name, stored));
  const bus = await openBus(name, { broker, database, log, meter: telemetry.meter });
  const { host } = await import('./host.js');
  const settingOf = (port: number): string =>
    port === common.MUSTER_HTTP_PORT ? 'MUSTER_HTTP_PORT' : 'MUSTER_ANNOUNCE_PORT';
  const running = await host({
    services,
    bus,
    database,
    telemetry,
    log,
    instance,
    http: { host: common.MUSTER_HTTP_HOST, port: common.MUSTER_HTTP_PORT },
    batchMax: common.MUSTER_BATCH_MAX,
    reportSeconds: common.MUSTER_REPORT_SECONDS,
  }).catch((error: unknown) => {
    throw inWords(error, settingOf);
  });
  let stopping = false;
  stop = async (signal) => {
    stopping = true;
    log.info({ signal }, 'Draining');
    const late = setTimeout(() => {
      log.error(
        { drainLimitMs },
        'Draining took too long; what is unfinished is done by another instance, or at the next start',
      );
      process.exit(1);
    }, drainLimitMs);
    await running.stop();
    await database?.close();
    await telemetry.stop();
    clearTimeout(late);
    log.info({}, 'Stopped');
    process.exit(0);
  };
  log.info({ url: running.url }, 'Health and metrics are served; starting');
  await running.started.catch((error: unknown) => {
    throw inWords(error, settingOf);
  });
  if (!stopping) log.info({}, 'Started');
}

async function openStore(name: ServiceName, config: Config<typeof storeShape>) {
  const { postgres } = await import('../store/open.js');
  return postgres({
    ...databaseAddress(config),
    poolMax: config.MUSTER_DATABASE_POOL_MAX,
    applicationName: `muster-${name}`,
  });
}

/** A packet to the broker costs the gateway as much as a tenth of a handshake; a device does not notice the wait. */
const gatherMs = 20;

interface BusParts {
  readonly broker: Config<typeof busShape>;
  readonly database: Database | null;
  readonly log: Log;
  readonly meter: Meter;
}

async function openBus(name: ServiceName, { broker, database, log, meter }: BusParts) {
  const { openRabbit } = await import('../bus/rabbit.js');
  const { Store } = await import('../store/store.js');
  return openRabbit({
    urls: brokerUrls(broker),
    authority: broker.MUSTER_AMQP_CA_FILE ?? null,
    name: `muster-${name}`,
    store: database && new Store(database, name),
    requiredQueues: requiredQueues[name],
    // Announcements come one by one, of many devices; an outbox is sent by the batch.
    gatherMs: name === 'gateway' ? gatherMs : 0,
    log,
    meter,
  });
}
