// The embedded Muster on a disk that fills: devices are sent away, operators are told, and nothing that was accepted is lost.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../scripts/servers.mjs';
import { Operator } from '../support/operator.js';
import { Process } from '../support/process.js';
import { ownFolder } from '../support/servers.js';
import { noSmallDisks, SmallDisk } from '../support/small-disk.js';
import { until } from '../support/until.js';
import { Devices } from './devices.js';

const password = 'correct horse battery staple';
/** The gateway's own limit is 5 s; a machine that runs other tests as well may be late. */
const answerLimitMs = 5_000 + 4_000;
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
  disk.fill();
  const before = devices.told.length;
  const refused = async (): Promise<boolean> => {
    const told = await announce();
    return told.every(({ answer }) => answer['result'] === 'retry' && answer['reason'] === 'notStored');
  };
  await until('devices are told to come again', refused, 60_000);
  const slowestMs = Math.max(...devices.told.slice(before).map(({ tookMs }) => tookMs));
  expect(slowestMs).toBeLessThan(answerLimitMs);
  await until('it says why it is not ready', async () => {
    const response = await ask('/health/ready');
    return response?.status === 503 && (await response.text()).includes('is full: make room');
  });
  expect((await ask('/health/live'))?.status).toBe(200);
  await until('its log says so', () => muster.output.includes('is full: make room'));
  disk.free();
  await works();
});

it('that is killed on a full disk starts only once there is room, with all that was accepted', async (context) => {
  if (!disk) return context.skip(why ?? '');
  // Some are on their way through the services.
  await announce();
  disk.fill();
  await muster.signal('SIGKILL');
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
});
