import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDeviceApi } from '#device/api';
import { policyTemplates } from '#documents/templates';
import type { SettingValue } from '#events/device-setting';
import { openLog } from '#runtime/log';
import { freePort } from '../../scripts/free-port.mjs';
import {
  accepted,
  retry,
  startAnnounceServer,
  type AnnounceServer,
} from '../../test/support/announce-server.js';
import { gatewayBench } from '../../test/support/gateway.js';
import { until } from '../../test/support/until.js';
import { startFleet, type Fleet, type FleetOptions } from './fleet.js';
import { parseFault } from './fleet/fault.js';
import { gate } from './fleet/gate.js';
import type { Printer } from './fleet/printer.js';

const log = openLog({ level: 'silent', fields: {} });
/** What the policy that Muster comes with asks for. */
const baseRequired: Readonly<Record<string, SettingValue>> = Object.fromEntries(
  policyTemplates[0]?.body.items.map(({ setting, required }) => [setting, required]) ?? [],
);
let stateDir: string;
let server: AnnounceServer;
let fleet: Fleet | null = null;
let apiPort: number;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'fleet-'));
  apiPort = await freePort();
});
afterEach(async () => {
  await fleet?.stop();
  fleet = null;
  await server.close();
  await rm(stateDir, { recursive: true });
});

async function start(count: number, part: Partial<FleetOptions> = {}): Promise<Fleet> {
  fleet = await startFleet({
    count,
    stateDir,
    server: { host: '127.0.0.1', port: server.port },
    networkPrefix: '127.18',
    apiPort,
    log,
    ...part,
  });
  return fleet;
}

interface Answer {
  readonly body: unknown;
  readonly fingerprint: string;
}

/** One request to a printer's own interface, with the certificate it showed. */
function ask(ip: string, path: string, set?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      host: ip,
      port: apiPort,
      path,
      method: set ? 'PATCH' : 'GET',
      rejectUnauthorized: false,
    };
    const headers = set ? { 'Content-Type': 'application/json' } : {};
    const asking = request({ ...options, headers, agent: false, timeout: 5_000 }, (response) => {
      const socket = response.socket as TLSSocket;
      const raw = socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0);
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ body: JSON.parse(text), fingerprint: sha256(raw) }));
    });
    asking.on('error', reject).end(set && JSON.stringify({ set }));
  });
}
const sha256 = (raw: Buffer) => createHash('sha256').update(raw).digest('hex');
const readSettings = async (ip: string) => (await ask(ip, '/muster/v1/settings')).body;

test('fifty printers announce, each from its own address with its own certificate', async () => {
  server = await startAnnounceServer((_heard, count) => (count % 5 === 0 ? retry(20) : accepted));
  const { printers } = await start(50);
  const counts = await fleet?.settled();
  expect(counts).toMatchObject({ printers: 50, accepted: 50, refused: 0, failed: 0, pending: 0 });
  expect(counts?.retries).toBeGreaterThan(5);
  const distinct = (pick: (heard: (typeof server.heard)[number]) => unknown) =>
    new Set(server.heard.map(pick)).size;
  expect(distinct(({ fingerprint }) => fingerprint)).toBe(50);
  expect(distinct(({ announcement }) => announcement.identity.serial)).toBe(50);
  expect(distinct(({ announcement }) => announcement.identity.mac)).toBe(50);
  expect(server.heard.every(({ announcement, from }) => announcement.identity.ip === from)).toBe(true);
  for (const printer of [printers[0], printers[49]]) {
    const { body, fingerprint } = await ask(printer?.identity.ip ?? '', '/muster/v1/identity');
    expect(body).toEqual(printer?.identity);
    expect(
      server.heard.find((heard) => heard.fingerprint === fingerprint)?.announcement.identity.serial,
    ).toBe(printer?.identity.serial);
  }
});

test('a fleet started again is the same fleet', async () => {
  server = await startAnnounceServer();
  const first = await start(3);
  await first.settled();
  await first.printers[1]?.device.write({ 'svc.telnet': false });
  await first.stop();
  const second = await start(3);
  await second.settled();
  const prints = server.heard.map(({ fingerprint }) => fingerprint);
  expect(new Set(prints).size).toBe(3);
  expect(server.heard.slice(3).every(({ announcement }) => announcement.reason === 'powerCycle')).toBe(true);
  expect(second.printers[1]?.device.settings()).toMatchObject({ 'svc.telnet': false });
});

test('compliant printers come with the settings given, the others as from the box', async () => {
  server = await startAnnounceServer();
  const compliant = { count: 1, settings: { 'svc.telnet': false, 'snmp.access': 'v3Only' } };
  const { printers } = await start(2, { compliant });
  expect(await readSettings(printers[0]?.identity.ip ?? '')).toMatchObject({ settings: compliant.settings });
  expect(await readSettings(printers[1]?.identity.ip ?? '')).toMatchObject({
    settings: { 'svc.telnet': true },
  });
});

test('faults on demand', async () => {
  server = await startAnnounceServer();
  const { printers } = await start(2, { faults: [parseFault('1:refuseWrite=svc.ftp')] });
  await fleet?.settled();
  const [printer] = printers;
  if (!printer) throw new Error('no printer');
  const { ip, serial } = printer.identity;
  const last = () => server.heard.at(-1);

  const write = await ask(ip, '/muster/v1/settings', { 'svc.ftp': false, 'svc.telnet': false });
  expect(write.body).toEqual({
    applied: { 'svc.telnet': false },
    refused: { 'svc.ftp': 'this printer refuses to change it' },
  });

  printer.ignoreWrite('svc.slp');
  expect((await ask(ip, '/muster/v1/settings', { 'svc.slp': false })).body).toMatchObject({
    applied: { 'svc.slp': false },
  });
  expect(await readSettings(ip)).toMatchObject({ settings: { 'svc.slp': true, 'svc.telnet': false } });

  await printer.coldReset();
  expect(await readSettings(ip)).toMatchObject({ settings: { 'svc.telnet': true } });
  expect(last()?.announcement).toMatchObject({ reason: 'coldReset', identity: { serial } });

  await printer.newAddress();
  expect(printer.identity.ip).not.toBe(ip);
  expect(last()).toMatchObject({ from: printer.identity.ip, announcement: { reason: 'ipChanged' } });
  await expect(readSettings(ip)).rejects.toThrow('ECONNREFUSED');

  await printer.unplug();
  await expect(readSettings(printer.identity.ip)).rejects.toThrow('ECONNREFUSED');
  await printer.replug();
  expect(last()?.announcement.reason).toBe('linkUp');

  const own = sha256(new X509Certificate(await printer.certificate()).raw);
  await printer.wrongCertificate();
  expect((await ask(printer.identity.ip, '/muster')).fingerprint).not.toBe(own);
  await printer.rightCertificate();
  expect((await ask(printer.identity.ip, '/muster')).fingerprint).toBe(own);

  printer.slow(300);
  const before = performance.now();
  await readSettings(printer.identity.ip);
  expect(performance.now() - before).toBeGreaterThanOrEqual(290);
});

test('the assessment of a printer: read, written and read again by the driver, under its own certificate', async () => {
  server = await startAnnounceServer();
  const { printers } = await start(2, { faults: [parseFault('2:wrongCertificate')] });
  await fleet?.settled();
  const signal = AbortSignal.timeout(10_000);
  const driver = async (printer: Printer | undefined) =>
    openDeviceApi({
      address: printer?.identity.ip ?? '',
      port: apiPort,
      fingerprint: sha256(new X509Certificate((await printer?.certificate()) ?? '').raw),
      networks: ['127.18.0.0/16'],
      mutual: null,
    });
  const right = await driver(printers[0]);
  expect(await right.identify(signal)).toMatchObject({ value: { identity: printers[0]?.identity } });
  const wanted = new Map<string, SettingValue>([...Object.entries(baseRequired), ['svc.gopher', false]]);
  const written = await right.write(wanted, signal);
  if (written.kind !== 'answered') throw new Error(written.reason);
  const values = await right.read(new Set(wanted.keys()), signal);
  if (values.kind !== 'answered') throw new Error(values.reason);
  for (const key of written.value.applied) expect(values.value.values.get(key)).toBe(baseRequired[key]);
  const refused = [...written.value.refused.keys()];
  expect(refused.filter((key) => values.value.values.has(key) && key !== 'admin.passwordSet')).toEqual([]);
  expect(refused).toContain('svc.gopher');
  right.close();

  const wrong = await driver(printers[1]);
  expect(await wrong.read(new Set(wanted.keys()), signal)).toMatchObject({ kind: 'failed', mayPass: false });
  wrong.close();
});

test('fifty printers announce to the gateway itself', async () => {
  server = await startAnnounceServer();
  const gateway = await gatewayBench();
  try {
    await gateway.configure({ acceptAnnouncements: true });
    await start(50, { server: { host: '127.0.0.1', port: gateway.port } });
    expect(await fleet?.settled()).toMatchObject({ accepted: 50, refused: 0, failed: 0 });
    const serials = () => new Set(gateway.stored().map(({ data }) => data.identity.serial));
    await until('all are stored', () => serials().size === 50);
    await gateway.configure({ acceptAnnouncements: false });
    expect(await fleet?.printers[0]?.powerCycle()).toMatchObject({
      state: 'success',
      answer: 'refused: switchedOff',
    });
  } finally {
    await gateway.stop();
  }
});

test('a printer that was never plugged in is not heard of until it is', async () => {
  server = await startAnnounceServer();
  const started = await start(2, { faults: [{ printer: 2, kind: 'unplugged' }] });
  expect(await started.settled()).toMatchObject({ accepted: 1, pending: 1 });
  await started.printers[1]?.replug();
  expect(started.counts()).toMatchObject({ accepted: 2, pending: 0 });
});

test('a fleet that is stopped at once announces nothing more and is gone', async () => {
  server = await startAnnounceServer();
  const started = await start(20);
  await server.close();
  await started.stop();
  const heard = server.heard.length;
  expect(await started.printers[0]?.announce('periodic')).not.toMatchObject({ trigger: 'periodic' });
  expect(server.heard).toHaveLength(heard);
  server = await startAnnounceServer();
});

test('a fault of a printer that is not there is refused', async () => {
  server = await startAnnounceServer();
  await expect(start(2, { faults: [parseFault('3:slow=5')] })).rejects.toThrow('no printer 3');
  for (const text of ['1:slow', '1:burn', 'slow=5', '1:unplugged=1', '1:refuseWrite=', '1:ignoreWrite']) {
    expect(() => parseFault(text)).toThrow(RangeError);
  }
});

test('the gate lets no more through than it has room for', async () => {
  server = await startAnnounceServer();
  const enter = gate(3);
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, (inside += 1));
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => enter(work)));
  expect(most).toBe(3);
});
