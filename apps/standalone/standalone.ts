// All services in one process, on a database and a bus that lie in a folder.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbeddedBus } from '#bus/embedded';
import { commonShape, configure, instanceOf, readAll, readConfig } from '#runtime/config';
import { host, type Host } from '#runtime/host';
import { openLog } from '#runtime/log';
import { inWords } from '#runtime/port-unavailable';
import type { Telemetry } from '#runtime/telemetry';
import { settingsChanged } from '#events/settings';
import { makeKeyFile } from '#pki/key-file';
import { sealingKeyIn } from '#pki/seal';
import { readDocument } from '#store/documents';
import { migrate } from '#store/migrate';
import { openEmbedded } from '#store/open';
import { schemas, services, topology } from './services.js';

export interface StandaloneOptions {
  readonly data: string;
  /** Null: as the environment says. */
  readonly httpPort: number | null;
  readonly announcePort: number | null;
  readonly environment: NodeJS.ProcessEnv;
  readonly telemetry: Telemetry;
}

export interface Standalone extends Pick<Host, 'url' | 'problems'> {
  /** Where devices announce themselves. */
  readonly announcePort: number;
  /** Whether announcements were accepted when it started. */
  readonly accepting: boolean;
  /** Of the key that keys of identities are sealed to; null: its gateway could keep none, as the log says. */
  readonly sealingFingerprint: string | null;
  /** Drains, then gives the folder back. */
  stop(): Promise<void>;
}

/** Resolves when every service does its work. Rejects, nothing left running, with FolderLocked, ConfigError, PortUnavailable or whatever else keeps a service from it. */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  await mkdir(options.data, { recursive: true, mode: 0o700 });
  const environment = inFolder(options);
  // A file that an operator names is his to make.
  if (environment['MUSTER_CREDENTIALS_KEY_FILE'] === ownKeys(options.data))
    await makeKeyFile(ownKeys(options.data));
  const [config, configured] = readAll(
    () => readConfig(commonShape, environment),
    () => configure(services, environment),
  );
  const instance = instanceOf(environment);
  const log = openLog({ level: config.MUSTER_LOG_LEVEL, fields: { instance } });
  const database = await openEmbedded({ dir: options.data });
  try {
    await migrate(database, ['bus', ...schemas]);
    const bus = openEmbeddedBus({ database, topology, log });
    const running = await host({
      services: configured,
      bus,
      database,
      telemetry: options.telemetry,
      log,
      instance,
      http: { host: config.MUSTER_HTTP_HOST, port: config.MUSTER_HTTP_PORT },
      batchMax: config.MUSTER_BATCH_MAX,
      reportSeconds: config.MUSTER_REPORT_SECONDS,
    });
    await running.started;
    log.info({ url: running.url, data: options.data }, 'Started');
    const settings = await readDocument(database, 'console', settingsChanged);
    return {
      url: running.url,
      announcePort: running.portOf('gateway') ?? 0,
      accepting: settings?.body.acceptAnnouncements ?? false,
      sealingFingerprint: await sealingFingerprintIn(environment),
      problems: () => running.problems(),
      stop: async () => {
        log.info({}, 'Draining');
        await running.stop();
        await database.close();
        log.info({}, 'Stopped');
      },
    };
  } catch (error) {
    await database.close();
    const httpPort = config.MUSTER_HTTP_PORT;
    throw inWords(error, (port) => (port === httpPort ? '--http-port' : '--announce-port'));
  }
}

/** Keys that seal credentials of devices. */
const ownKeys = (data: string): string => join(data, 'credentials', 'keys');

async function sealingFingerprintIn(environment: NodeJS.ProcessEnv): Promise<string | null> {
  const key = await sealingKeyIn(environment['MUSTER_GATEWAY_IDENTITY_DIR'] ?? '').catch(() => null);
  return key?.fingerprint ?? null;
}

/** The environment as the services of this process see it: what the command line says, and files in the data folder. */
function inFolder({ data, httpPort, announcePort, environment }: StandaloneOptions): NodeJS.ProcessEnv {
  // A variable set to nothing is not set: it opens no port to all that the defaults here close.
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  return {
    MUSTER_LOG_LEVEL: 'warn',
    MUSTER_HTTP_HOST: '127.0.0.1',
    MUSTER_GATEWAY_IDENTITY_DIR: join(data, 'gateway'),
    MUSTER_EDGE_CACHE_FILE: join(data, 'gateway', 'edge.json'),
    MUSTER_GATEWAY_CRL_DIR: join(data, 'gateway', 'crl'),
    MUSTER_GATEWAY_CRL_CACHE_DIR: join(data, 'gateway', 'crl-cache'),
    MUSTER_CREDENTIALS_KEY_FILE: ownKeys(data),
    ...set,
    ...(httpPort === null ? {} : { MUSTER_HTTP_PORT: String(httpPort) }),
    ...(announcePort === null ? {} : { MUSTER_ANNOUNCE_PORT: String(announcePort) }),
    // To publish is to commit here: there is no broker to be away.
    MUSTER_GATEWAY_SPOOL_DIR: undefined,
  };
}
