// A whole distributed Muster whose database is away, and whose disks fill, under announcements: it takes what it can keep,
// says what is wrong, goes on by itself, and everything accepted takes effect once.
// MUSTER_FAULTS_SECONDS: how long the database is away (npm run faults:database-down: 600).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Client } from 'pg';
import type { Distributed, ServiceProcess } from '../../scripts/distributed.mjs';
import { Operator } from '../support/operator.js';
import { ownFolder } from '../support/servers.js';
import { noSmallDisks, SmallDisk } from '../support/small-disk.js';
import { until } from '../support/until.js';
import { answerLimitMs, Devices } from './devices.js';
import { breakQueue, lostQueues, remakeQueues } from './lost-queues.js';
import { processesBelow, signalAll } from './processes-below.js';
import { readQueues } from './queues.js';
import { startDistributed } from '../support/scripts.js';

const seconds = Number(process.env['MUSTER_FAULTS_SECONDS'] ?? 3);
const perSecond = 30;
const limitMs = 60_000;
const timeout = 4 * limitMs + seconds * 2_000;
const why = noSmallDisks();
const devices = new Devices();
const disks: SmallDisk[] = [];
/** What processes wrote, since the fault before. */
const lines: string[] = [];
let muster: Distributed | null = null;
let operator: Operator;
let dir: string;

beforeAll(async () => {
  dir = await ownFolder('storage');
  const sizes = { postgresql: 256, rabbitmq: 512, 'gateway-1': 4 };
  if (why === null) {
    for (const [name, megabytes] of Object.entries(sizes)) {
      disks.push(SmallDisk.mount(join(dir, name), megabytes));
    }
  }
  muster = await startDistributed({
    dir,
    node: process.execPath,
    say: (_, line) => void lines.push(line),
  });
  const [{ url }] = muster.named('console') as [ServiceProcess];
  operator = await Operator.signIn(url, await readFile(muster.adminPasswordFile, 'utf8'));
  await operator.switchOn();
  const accepted = async (): Promise<boolean> => {
    const told = await devices.announce(port()).catch(() => null);
    return told?.answer['result'] === 'accepted';
  };
  await until('devices are accepted', accepted, limitMs);
  // New settings ended connections that were made under the old ones.
  devices.takeUnanswered();
});
/** No gateway is killed here: nobody may be left without an answer, nor wait for it. */
afterEach(() => {
  expect(devices.takeUnanswered()).toEqual([]);
  expect(Math.max(...devices.told.map(({ tookMs }) => tookMs))).toBeLessThan(answerLimitMs);
});
afterAll(async () => {
  if (muster) {
    signalAll(processesBelow(muster.postgres.pid), 'SIGCONT');
    await muster.stop();
  }
  await Promise.all(disks.map((disk) => disk.unmount()));
});

const running = (): Distributed => {
  if (!muster) throw new Error('it was not started');
  return muster;
};
const gateway = (): ServiceProcess => running().named('gateway')[0] as ServiceProcess;
const port = (): number => Number(gateway().announcePort);
const stored = () => running().processes.filter(({ name }) => name !== 'gateway');

async function problemsOf({ url }: ServiceProcess): Promise<string> {
  const response = await fetch(`${url}/health/ready`);
  return response.ok ? '' : response.text();
}
const isLive = ({ url }: ServiceProcess) => fetch(`${url}/health/live`).then(({ status }) => status === 200);

async function expectAllLive(): Promise<void> {
  expect(await Promise.all(running().processes.map(isLive))).not.toContain(false);
}

/** Devices are accepted all the while, and services say why they do nothing. */
async function expectHeld(some: (services: readonly string[]) => boolean, full?: SmallDisk): Promise<void> {
  const held = async (): Promise<boolean> => {
    full?.fill();
    await devices.insist(port());
    return some(await Promise.all(stored().map(problemsOf)));
  };
  await until('services say that they cannot save', held, limitMs);
  expect(await problemsOf(gateway())).toBe('');
  await expectAllLive();
}

const all = (problems: readonly string[]): boolean => problems.every((text) => text.includes('cannot'));

/** @param tend whatever watches over a server, and starts it again when it has ended */
async function everythingApplied(tend: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  const wanted = devices.accepted();
  const look = async (): Promise<boolean> => {
    await tend();
    if ((await Promise.all(running().processes.map(problemsOf))).some((text) => text !== '')) return false;
    const serials = (await operator.devices().catch(() => [])).map(({ serial }) => serial);
    const listed = new Set(serials);
    return serials.length === listed.size && [...wanted].every((serial) => listed.has(serial));
  };
  await until('every accepted device is listed once', look, limitMs + seconds * 1_000);
}

async function spooled(): Promise<number> {
  const text = await (await fetch(`${gateway().url}/metrics`)).text();
  return Number(/^muster_spool_announcements(?:\{[^}]*\})? (\S+)/m.exec(text)?.[1]);
}

it('goes on when its database was frozen, then away', { timeout }, async () => {
  const { postgres } = running();
  const frozen = processesBelow(postgres.pid);
  signalAll(frozen, 'SIGSTOP');
  await expectHeld(all);
  signalAll(frozen, 'SIGCONT');
  await everythingApplied();

  signalAll(processesBelow(postgres.pid), 'SIGKILL');
  await postgres.kill();
  await devices.stream(port(), seconds * perSecond, perSecond);
  await expectHeld(all);
  await postgres.restart();
  await everythingApplied();
});

it('goes on when the disk of its database was full', { timeout }, async (context) => {
  const [disk] = disks;
  if (!disk) return context.skip(why ?? '');
  const { postgres } = running();
  lines.length = 0;
  disk.fill();
  await devices.stream(port(), seconds * perSecond, perSecond);
  await expectHeld((problems) => problems.some((text) => text.includes('cannot')), disk);
  await until('the log says so', () => lines.some((line) => line.includes('The database does not take')));
  disk.free();
  // Without room for its log PostgreSQL ends, and cannot recover before there is some.
  await everythingApplied(async () => {
    if (processesBelow(postgres.pid).length > 1) return;
    await postgres.kill();
    await postgres.restart();
  });
});

it('keeps, or sends away, what a broker on a full disk does not confirm', { timeout }, async (context) => {
  const [, disk, ofSpool] = disks;
  if (!disk || !ofSpool) return context.skip(why ?? '');
  // With nothing left at all RabbitMQ 3.10 breaks its own files: that is what its limit, 200 MB here, is there for.
  const left = 100_000_000;
  const keeps = async (): Promise<boolean> => {
    disk.fill(left);
    await Promise.all(Array.from({ length: 20 }, () => devices.announce(port())));
    return (await spooled()) > 0;
  };
  await until('announcements are spooled', keeps, limitMs);

  ofSpool.fill();
  const refused = async (): Promise<boolean> => {
    disk.fill(left);
    ofSpool.fill();
    const told = await Promise.all(Array.from({ length: 20 }, () => devices.announce(port())));
    return told.every(({ answer }) => answer['result'] === 'retry');
  };
  await until('devices are told to come again', refused, limitMs);
  await until('the log says so', () => lines.some((line) => line.includes('The spool is full')));
  await until('it is not ready', async () => (await problemsOf(gateway())).includes('spool is full'));
  await expectAllLive();
  ofSpool.free();
  await devices.insist(port());
  expect(await spooled()).toBeGreaterThan(0);

  disk.free();
  await until('the spool is empty', async () => (await spooled()) === 0, limitMs);
  await everythingApplied();
});

it('gets back from the journal what lay in a queue that the broker cannot start', { timeout }, async () => {
  const { rabbit } = running();
  const queue = 'discovery.facts';
  const discovery = running().named('discovery')[0] as ServiceProcess;
  await discovery.stop();
  await devices.stream(port(), 30, perSecond);
  await rabbit.kill();
  await breakQueue(join(dir, 'rabbitmq'), queue);
  await rabbit.restart();
  await discovery.restart();
  const said = /541 \(INTERNAL-ERROR\).*, when .*discovery\.facts.* was to be read/;
  const told = async () => said.test(await problemsOf(discovery).catch(() => ''));
  await until('discovery says so', told, limitMs);
  expect(await lostQueues(running())).toEqual([queue]);
  await devices.stream(port(), 30, perSecond);
  await remakeQueues(running(), [queue]);
  await everythingApplied();
});

it('has nothing dead after all that', { timeout }, async () => {
  const { postgres, rabbit } = running();
  const settled = async () => {
    const queues = await readQueues(rabbit, 'muster');
    return queues.waiting === 0 && queues;
  };
  // What processes say of themselves goes on: a queue is empty, not stays so.
  expect(await until('all queues are empty', settled, limitMs)).toEqual({ waiting: 0, dead: 0 });
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  for (const { name } of stored()) {
    const { rows } = await client.query(`select * from ${name}.parked where due_at is null`);
    expect(rows).toEqual([]);
  }
  await client.end();
});
