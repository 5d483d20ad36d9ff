// A whole Muster of real processes for stories: embedded, or each service its own process on RabbitMQ and PostgreSQL.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/free-port.mjs';
import { ownAccounts } from './accounts.js';
import { Operator } from './operator.js';
import { Process } from './process.js';
import { until } from './until.js';

export type Size = 'embedded' | 'distributed';
export const sizes: readonly Size[] = ['embedded', 'distributed'];

export interface MusterOptions {
  readonly size: Size;
  /** Of each service; distributed only. */
  readonly instances?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Muster {
  readonly operator: Operator;
  /** Where its devices have their interface; another Muster's are elsewhere. */
  readonly devicePort: number;
  /** One for each gateway. */
  readonly announcePorts: readonly number[];
  readonly processes: readonly Process[];
  /** What /metrics of a service's first instance says; embedded: of the one process. */
  metricsOf(service: string): Promise<string>;
  /** Embedded only: kills the process with -9 and starts it again on the same folder. */
  killAndRestart(): Promise<void>;
  /** Embedded only: the same, but in between it is started once to end itself at a point: see kill-point.ts. */
  dieAt(point: string): Promise<void>;
  stop(): Promise<void>;
}

/** Of `admin`. */
export const password = 'correct horse battery staple';
const services = ['console', 'discovery', 'licensing', 'autogroup', 'assessment', 'forwarding', 'gateway'];
const startLimitMs = 200_000;

export async function startMuster(options: MusterOptions): Promise<Muster> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-story-'));
  const passwordFile = join(dir, 'password');
  await writeFile(passwordFile, password);
  const devicePort = await freePort();
  const environment = {
    MUSTER_DEVICE_PORT: `${devicePort}`,
    MUSTER_LOG_LEVEL: 'info',
    MUSTER_ADMIN_PASSWORD_FILE: passwordFile,
    ...options.environment,
  };
  const started = await (options.size === 'embedded' ? embedded : distributed)(options, dir, environment);
  const stop = async (): Promise<void> => {
    await started.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  return { ...started, devicePort, stop };
}

type Started = Omit<Muster, 'devicePort'>;
type Environment = Readonly<Record<string, string>>;

async function embedded(_: MusterOptions, dir: string, environment: Environment): Promise<Started> {
  const [http, announce] = [await freePort(), await freePort()];
  const words = ['--data', join(dir, 'data'), '--http-port', `${http}`, '--announce-port', `${announce}`];
  const options = { name: 'standalone', entry: 'apps/standalone/main.js', words, environment };
  const processes = [new Process(options)];
  const url = `http://127.0.0.1:${http}`;
  const again = async (): Promise<void> => {
    processes.push(new Process(options));
    await ready(url, current());
  };
  const current = (): Process => {
    const last = processes.at(-1);
    if (!last) throw new Error('no process was started');
    return last;
  };
  await ready(url, current());
  return {
    operator: await Operator.signIn(url, password),
    announcePorts: [announce],
    processes,
    metricsOf: () => metricsAt(url),
    killAndRestart: async () => {
      await current().signal('SIGKILL');
      await again();
    },
    dieAt: async (point) => {
      await current().signal('SIGKILL');
      const dying = new Process({ ...options, environment: { ...environment, MUSTER_KILL_POINT: point } });
      processes.push(dying);
      await until(`it ends at ${point}`, () => dying.exitCode !== null, startLimitMs);
      await again();
    },
    stop: async () => void (await current().signal('SIGTERM')),
  };
}

async function distributed(
  { instances = 1 }: MusterOptions,
  dir: string,
  environment: Environment,
): Promise<Started> {
  const accounts = await ownAccounts(dir, services);
  const common = { ...environment, MUSTER_HTTP_HOST: '127.0.0.1', MUSTER_DATABASE_POOL_MAX: '4' };
  const announcePorts: number[] = [];
  const started: { readonly process: Process; readonly url: string; readonly service: string }[] = [];
  for (const service of services) {
    for (let instance = 1; instance <= instances; instance += 1) {
      const [http, announce] = [await freePort(), await freePort()];
      if (service === 'gateway') announcePorts.push(announce);
      const name = `${service}-${instance}`;
      const own = {
        ...accounts.environmentOf(service),
        MUSTER_INSTANCE: name,
        MUSTER_HTTP_PORT: `${http}`,
        MUSTER_ANNOUNCE_PORT: `${announce}`,
        MUSTER_GATEWAY_IDENTITY_DIR: join(dir, name),
      };
      const entry = `apps/${service}/main.js`;
      const one = new Process({ name, entry, environment: { ...common, ...own } });
      started.push({ process: one, url: `http://127.0.0.1:${http}`, service });
    }
  }
  await Promise.all(started.map(({ process, url }) => ready(url, process)));
  const console = started.find(({ service }) => service === 'console');
  if (!console) throw new Error('there is no console');
  return {
    operator: await Operator.signIn(console.url, password),
    announcePorts,
    processes: started.map(({ process }) => process),
    metricsOf: (name) => metricsAt(started.find(({ service }) => service === name)?.url ?? ''),
    killAndRestart: () => Promise.reject(new Error('embedded only')),
    dieAt: () => Promise.reject(new Error('embedded only')),
    stop: async () => void (await Promise.all(started.map(({ process }) => process.signal('SIGTERM')))),
  };
}

async function metricsAt(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

async function ready(url: string, process: Process): Promise<void> {
  const look = async (): Promise<boolean> => {
    if (process.exitCode !== null) throw new Error(`${process.options.name} ended: ${process.output}`);
    return fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  await until(`${process.options.name} is ready`, look, startLimitMs).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${process.output}`);
  });
}
