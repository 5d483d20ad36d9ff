// What devices hear while RabbitMQ cannot confirm, in each way in which it can fail: in time, and never falsely. Real
// processes, and a RabbitMQ of their own. MUSTER_FAULTS_SECONDS: how long it is down (npm run faults:broker-down: 600).
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { Operator } from '../support/operator.js';
import { Process } from '../support/process.js';
import { freshDatabase, freshVhost, ownFolder, ownRabbit } from '../support/servers.js';
import { tcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { notExported } from '../support/watched.js';
import { answerLimitMs, Devices } from './devices.js';

const downSeconds = Number(process.env['MUSTER_FAULTS_SECONDS'] ?? 30);
const perSecond = 30;
const password = 'correct horse battery staple';

interface Gateway {
  readonly name: string;
  /** The one that runs now. */
  process: Process;
  readonly restart: () => void;
  readonly url: string;
  readonly port: number;
}

let broker: Awaited<ReturnType<typeof ownRabbit>>;
let way: TcpProxy;
let operator: Operator;
/** With a spool, with one that is as small as can be, and without. */
let spooling: Gateway;
let small: Gateway;
let bare: Gateway;
const processes: Process[] = [];
const devices = new Devices();

function start(service: string, environment: Readonly<Record<string, string>>, name = service): Process {
  const process = new Process({ name, entry: `apps/${service}/main.js`, environment });
  processes.push(process);
  return process;
}

async function startGateway(name: string, common: Environment, own: Environment): Promise<Gateway> {
  const [http, port] = [await freePort(), await freePort()];
  const folder = await ownFolder(name);
  const environment = {
    ...common,
    ...own,
    MUSTER_EDGE_CACHE_FILE: join(folder, 'edge.json'),
    MUSTER_INSTANCE: name,
    MUSTER_HTTP_PORT: `${http}`,
    MUSTER_ANNOUNCE_PORT: `${port}`,
    MUSTER_GATEWAY_IDENTITY_DIR: folder,
  };
  const gateway: Gateway = {
    name,
    process: start('gateway', environment, name),
    restart: () => void (gateway.process = start('gateway', environment, name)),
    url: `http://127.0.0.1:${http}`,
    port,
  };
  return gateway;
}

type Environment = Readonly<Record<string, string>>;

beforeAll(async () => {
  broker = await ownRabbit();
  const vhost = await freshVhost(broker.server);
  way = await tcpProxy(vhost);
  const dir = await ownFolder('broker');
  const passwordFile = join(dir, 'password');
  await writeFile(passwordFile, password);
  const direct = { MUSTER_AMQP_URL: vhost, MUSTER_HTTP_HOST: '127.0.0.1', MUSTER_LOG_LEVEL: 'info' };
  const stored = { ...direct, MUSTER_DATABASE_URL: await freshDatabase(), MUSTER_DATABASE_POOL_MAX: '4' };
  await Promise.all([
    Process.run({ name: 'topology', entry: 'apps/standalone/topology.js', environment: direct }),
    Process.run({ name: 'migrate', entry: 'apps/standalone/migrate.js', environment: stored }),
  ]);
  const held = { ...direct, MUSTER_AMQP_URL: way.url };
  const http = await freePort();
  start('console', { ...stored, MUSTER_ADMIN_PASSWORD_FILE: passwordFile, MUSTER_HTTP_PORT: `${http}` });
  start('discovery', { ...stored, MUSTER_HTTP_PORT: `${await freePort()}` });
  spooling = await startGateway('spooling', held, { MUSTER_GATEWAY_SPOOL_DIR: join(dir, 'spool') });
  small = await startGateway('small', held, {
    MUSTER_GATEWAY_SPOOL_DIR: join(dir, 'small'),
    MUSTER_GATEWAY_SPOOL_MAX_MB: '1',
  });
  bare = await startGateway('bare', held, {});
  await until('console serves', () => answers(`http://127.0.0.1:${http}/health/ready`), 60_000);
  operator = await Operator.signIn(`http://127.0.0.1:${http}`, password);
  await operator.switchOn();
  await everybodyWorks();
  // New settings ended connections that were made under the old ones.
  devices.takeUnanswered();
}, 300_000);
/** Nobody was left without an answer, but by a gateway that was killed. */
afterEach(() => expect(devices.takeUnanswered()).toEqual([]));

afterAll(async () => {
  await way?.stop();
  await Promise.all(processes.map((process) => process.signal('SIGKILL')));
});

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
const ready = ({ url }: Gateway): Promise<boolean> => answers(`${url}/health/ready`);

async function metric({ url }: Gateway, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`${name} is not measured`);
  return Number(found);
}

/** Each gateway takes announcements by the broker, and no spool holds any. */
async function everybodyWorks(): Promise<void> {
  for (const gateway of [spooling, small, bare]) {
    const works = async () => {
      if (!(await ready(gateway))) return false;
      // New settings end a connection that was made under the old ones.
      const told = await devices.announce(gateway.port).catch(() => null);
      return told?.answer['result'] === 'accepted';
    };
    await until(`${gateway.name} accepts`, works, 60_000).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${gateway.process.output}`);
    });
  }
  for (const gateway of [spooling, small]) {
    const waiting = () => metric(gateway, 'muster_spool_announcements');
    await until(`the spool of ${gateway.name} is empty`, async () => (await waiting()) === 0, 60_000);
  }
}

/** All that was accepted so far is in the console's list of devices. */
async function nothingIsLost(limitMs: number): Promise<void> {
  let lost: readonly string[] = [];
  const look = async (): Promise<boolean> => {
    const listed = new Set((await operator.devices()).map(({ serial }) => serial));
    lost = [...devices.accepted()].filter((serial) => !listed.has(serial));
    return lost.length === 0;
  };
  await until('every accepted device is listed', look, limitMs).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${lost.length} are not, such as ${lost.slice(0, 5).join(' ')}`);
  });
}

/** The first gateway keeps what the broker does not confirm, the last tells devices to come again; both in time. */
async function expectRightAnswers(): Promise<void> {
  const before = devices.told.length;
  const spooled = async (): Promise<boolean> => {
    await Promise.all(Array.from({ length: 5 }, () => devices.insist(spooling.port)));
    return (await metric(spooling, 'muster_spool_announcements')) > 0;
  };
  await until('announcements are spooled', spooled, 30_000);
  const sent = async (): Promise<boolean> => (await devices.announce(bare.port)).answer['result'] === 'retry';
  await until('devices are told to come again', sent, 30_000);
  const [again, ...others] = await Promise.all(Array.from({ length: 5 }, () => devices.announce(bare.port)));
  expect(again?.answer).toMatchObject({ result: 'retry', reason: 'notStored', event: null });
  const delays = [again, ...others].map((told) => Number(told?.answer['retryAfterMs']));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(2_000);
  expect(new Set(delays).size).toBeGreaterThan(1);
  const slowest = Math.max(...devices.told.slice(before).map(({ tookMs }) => tookMs));
  expect(slowest).toBeLessThan(answerLimitMs);
  await until(
    'who can keep is ready, who cannot is not',
    async () => (await ready(spooling)) && !(await ready(bare)),
  );
}

describe('RabbitMQ', () => {
  it(`is down for ${downSeconds} s`, { timeout: (downSeconds * 2 + 180) * 1000 }, async () => {
    await broker.server.kill();
    const streamed = devices.stream(spooling.port, downSeconds * perSecond, perSecond);
    await expectRightAnswers();
    expect(await metric(spooling, 'muster_bus_connected')).toBe(0);

    const full = async (): Promise<boolean> => {
      await Promise.all(Array.from({ length: 40 }, () => devices.announce(small.port)));
      return small.process.output.includes('The spool is full');
    };
    await until('the small spool is full', full, 60_000);
    await until('it is not ready', async () => !(await ready(small)));
    await Promise.all(Array.from({ length: 10 }, () => devices.announce(small.port)));
    // Once, or once more where the disk was late in between; not for each of them.
    expect(small.process.output.match(/The spool is full/g)?.length).toBeLessThan(5);

    // One that is killed goes on with its spool, and needs no RabbitMQ to start.
    const killedMs = performance.now();
    await spooling.process.signal('SIGKILL');
    spooling.restart();
    await until('it is back', () => ready(spooling), 60_000);
    const backMs = performance.now();

    await streamed;
    devices.excuse(spooling.port, killedMs, backMs);
    const kept = await metric(spooling, 'muster_spool_announcements');
    expect(kept).toBeGreaterThanOrEqual(downSeconds * perSecond);
    expect(await metric(spooling, 'muster_spool_bytes')).toBeLessThan(
      await metric(spooling, 'muster_spool_bytes_max'),
    );
    expect(await metric(spooling, 'muster_spool_oldest_age')).toBeGreaterThan(downSeconds / 4);
    expect(await metric(spooling, 'muster_spool_oldest_age')).toBeLessThan(downSeconds * 100);
    // What the alerts call it.
    const page = await (await fetch(`${bare.url}/metrics`)).text();
    expect(notExported(['muster_gateway_announcements_total{result="retry"}'], [page])).toEqual([]);
    await broker.restart();
    await everybodyWorks();
    await nothingIsLost(60_000 + downSeconds * 1_000);
    const slowestMs = Math.round(Math.max(...devices.told.map(({ tookMs }) => tookMs)));
    console.log(
      `RESULT broker-down seconds=${downSeconds} kept=${kept} accepted=${devices.accepted().size} lost=0 slowest_ms=${slowestMs}`,
    );
    expect(slowestMs).toBeLessThan(answerLimitMs);
  });

  it('is short of memory', { timeout: 120_000 }, async () => {
    await broker.server.control('set_vm_memory_high_watermark', '0.0000001');
    await expectRightAnswers();
    expect(await metric(bare, 'muster_bus_blocked')).toBe(1);
    await broker.server.control('set_vm_memory_high_watermark', '0.4');
    await everybodyWorks();
  });

  it('is short of disk', { timeout: 120_000 }, async () => {
    await broker.server.control('set_disk_free_limit', '900GB');
    await expectRightAnswers();
    await broker.server.control('set_disk_free_limit', '200MB');
    await everybodyWorks();
  });

  it('is frozen', { timeout: 120_000 }, async () => {
    process.kill(-broker.server.pid, 'SIGSTOP');
    await expectRightAnswers();
    process.kill(-broker.server.pid, 'SIGCONT');
    await everybodyWorks();
  });

  it('is behind a firewall that drops everything', { timeout: 120_000 }, async () => {
    way.hold();
    await expectRightAnswers();
    way.release();
    await everybodyWorks();
  });

  it('has got all that was accepted meanwhile', { timeout: 120_000 }, () => nothingIsLost(90_000));
});
