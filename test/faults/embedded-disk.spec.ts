// The embedded Muster on a disk that fills: devices are sent away, operators are told, and nothing that was accepted is lost.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { metrics } from '@opentelemetry/api';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { consumer, NotYet } from '#bus/consumer';
import { Delivery } from '#bus/delivery';
import { openEmbeddedBus } from '#bus/embedded';
import { topologyOf } from '#bus/topology';
import { catalogue } from '#events/catalogue';
import { deviceRetired } from '#events/device';
import { migrate } from '#store/migrate';
import { openEmbedded } from '#store/open';
import { park } from '#store/parking';
import { Store } from '#store/store';
import { freePort } from '../../scripts/free-port.mjs';
import { retired } from '../support/buses.js';
import { Operator } from '../support/operator.js';
import { Process } from '../support/process.js';
import { ownFolder } from '../support/servers.js';
import { silentLog } from '../support/silent.js';
import { noSmallDisks, SmallDisk } from '../support/small-disk.js';
import { until } from '../support/until.js';
import { answerLimitMs, Devices } from './devices.js';

const password = 'correct horse battery staple';
const why = noSmallDisks();
const devices = new Devices();
let disk: SmallDisk | null = null;
let start: () => Process;
let muster: Process;
let url: string;
let port: number;

beforeAll(async () => {
  if (why !== null) return;
  const dir = await ownFolder('embedded-disk');
  disk = SmallDisk.mount(join(dir, 'disk'), 192);
  const data = join(disk.dir, 'data');
  const [http, announce, api] = [await freePort(), await freePort(), await freePort()];
  const passwordFile = join(dir, 'password');
  await writeFile(passwordFile, password);
  const environment = { MUSTER_ADMIN_PASSWORD_FILE: passwordFile, MUSTER_DEVICE_PORT: `${api}` };
  const words = ['--data', data, '--http-port', `${http}`, '--announce-port', `${announce}`];
  start = () => new Process({ name: 'standalone', entry: 'apps/standalone/main.js', words, environment });
  muster = start();
  [url, port] = [`http://127.0.0.1:${http}`, announce];
  await until('it is ready', isReady, 120_000);
  await (await Operator.signIn(url, password)).switchOn();
  await works();
  // New settings ended connections that were made under the old ones.
  devices.takeUnanswered();
});
afterAll(async () => {
  await muster?.signal('SIGKILL');
  await disk?.unmount();
});

const ask = (path: string): Promise<Response | null> => fetch(`${url}${path}`).catch(() => null);
const isReady = async (): Promise<boolean> => (await ask('/health/ready'))?.ok ?? false;
const announce = () => Promise.all(Array.from({ length: 20 }, () => devices.announce(port)));

async function works(): Promise<void> {
  const accepted = async (): Promise<boolean> => {
    // New settings end a connection that was made under the old ones.
    const told = await announce().catch(() => []);
    return told.length > 0 && told.every(({ answer }) => answer['result'] === 'accepted');
  };
  await until('devices are accepted', accepted, 60_000);
  await until('it is ready', isReady, 60_000);
}

it('tells devices to come again while there is no room, and goes on when there is', async (context) => {
  if (!disk) return context.skip(why ?? '');
  const before = devices.told.length;
  const full = disk;
  const refused = async (): Promise<boolean> => {
    full.fill();
    const told = await announce();
    return told.every(({ answer }) => answer['result'] === 'retry' && answer['reason'] === 'notStored');
  };
  await until('devices are told to come again', refused, 60_000);
  const slowestMs = Math.max(...devices.told.slice(before).map(({ tookMs }) => tookMs));
  expect(slowestMs).toBeLessThan(answerLimitMs);
  await until('it says why it is not ready', async () => {
    full.fill();
    const response = await ask('/health/ready');
    return response?.status === 503 && (await response.text()).includes('is full: make room');
  });
  expect((await ask('/health/live'))?.status).toBe(200);
  await until('its log says so', () => muster.output.includes('is full: make room'));
  disk.free();
  await works();
  expect(devices.takeUnanswered()).toEqual([]);
});

it(
  'that is killed on a full disk starts only once there is room, with all that was accepted',
  {
    timeout: 240_000,
  },
  async (context) => {
    if (!disk) return context.skip(why ?? '');
    // Some are on their way through the services.
    await announce();
    disk.fill();
    await muster.signal('SIGKILL');
    disk.fill();
    muster = start();
    expect(await muster.ended()).toBe(1);
    expect(muster.output).toContain('is full: make room');
    disk.free();
    muster = start();
    await until('it is ready', isReady, 120_000);
    await works();
    const operator = await Operator.signIn(url, password);
    const allListed = async (): Promise<boolean> => {
      const serials = (await operator.devices()).map(({ serial }) => serial);
      expect(new Set(serials).size).toBe(serials.length);
      const listed = new Set(serials);
      return [...devices.accepted()].every((serial) => listed.has(serial));
    };
    await until('every accepted device is listed', allListed, 60_000);
    expect(await muster.signal('SIGTERM')).toBe(0);
  },
);

/** Parked deliveries that wait for something until it is there, each of them tried every second. */
async function waiting(dir: string, count: number) {
  const database = await openEmbedded({ dir });
  onTestFinished(() => database.close());
  await migrate(database, ['bus', 'licensing']);
  const store = new Store(database, 'licensing');
  let there = false;
  const one = consumer({
    name: 'licensing.trial',
    on: [deviceRetired],
    load: () => Promise.resolve(null),
    decide: () => {
      if (!there) throw new NotYet('it is not there yet');
      return { changes: [], events: [] };
    },
    save: () => Promise.resolve(),
  });
  const reason = 'NotYet: it is not there yet';
  const rows = Array.from({ length: count }, () => ({
    event: retired(),
    attempts: 1,
    delayMs: 0,
    reason,
    waits: true,
  }));
  await store.transaction((tx) => park(tx, 'licensing', one.name, rows));
  const topology = topologyOf(catalogue.values(), [{ service: 'licensing', on: one.on }]);
  const bus = openEmbeddedBus({ database, topology, log: silentLog });
  const meter = metrics.getMeter('trial');
  const delivery = new Delivery({
    service: 'licensing',
    store,
    bus,
    consumers: [one],
    log: silentLog,
    meter,
  });
  await delivery.start();
  onTestFinished(async () => {
    await delivery.stop();
    await bus.stop();
  });
  return { database, delivery, come: () => (there = true) };
}

it('does not try what is parked while there is no room: each try would write, until the database hangs', async (context) => {
  if (why !== null) return context.skip(why);
  const small = SmallDisk.mount(join(await ownFolder('embedded-parked'), 'disk'), 192);
  onTestFinished(() => small.unmount());
  const { database, delivery, come } = await waiting(join(small.dir, 'data'), 50);
  const written = async (): Promise<string> =>
    (await database.query<{ at: string }>('select pg_current_wal_insert_lsn()::text as at'))[0]?.at ?? '';
  const parked = () => database.query('select 1 as one from licensing.parked');
  const atFirst = await written();
  await until('they are tried', async () => (await written()) !== atFirst);
  small.fill(12 * 1024 * 1024);
  await until('it says that there is no room', () => delivery.problem()?.includes('is full: make room'));
  for (const sql of [
    'update licensing.parked set begun = begun',
    'with gone as (delete from licensing.parked returning 1) select * from gone',
    'select 1 from licensing.parked for update',
    'vacuum licensing.parked',
    'checkpoint',
  ]) {
    await expect(database.query(sql), sql).rejects.toMatchObject({ code: '53100' });
  }
  const before = await written();
  const began = performance.now();
  // Some tries' time: each of them would have written.
  await until('time for five tries has passed', () => performance.now() - began > 2_500);
  expect(await written()).toBe(before);
  expect(await parked()).toHaveLength(50);
  small.free();
  come();
  await until('they are handled', async () => (await parked()).length === 0);
  await until('it is well again', () => delivery.problem() === null);
});
