// Searches beside announcements of the devices that they find (R35): both lock serial numbers and certificates, and neither may wait
// for the other crosswise.
import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import { metrics } from '@opentelemetry/api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runWorkers, type RunningWorkers } from '#bus/worker';
import { deviceAnnounced } from '#events/announcement';
import { deviceDiscovered, deviceReconciled } from '#events/device';
import { discoveryProgressed, discoveryRequested } from '#events/discovery';
import { exampleIdentity, type Identity } from '#events/identity';
import { defaultSettings, settingsChanged } from '#events/settings';
import { selfSigned } from '#pki/self-signed';
import { migrate } from '#store/migrate';
import { openPostgres } from '#store/open';
import { Store } from '#store/store';
import { freePort } from '../../../scripts/free-port.mjs';
import { deadlocksIn } from '../../../test/support/deadlocks.js';
import { published, startFed } from '../../../test/support/fed-delivery.js';
import { outboxBus } from '../../../test/support/outbox-bus.js';
import { freshDatabase } from '../../../test/support/servers.js';
import { silentLog } from '../../../test/support/silent.js';
import { until } from '../../../test/support/until.js';
import { discovery } from '../discovery.js';
import { waysOfAsking } from '../who-is.js';
import { findWorker } from './find.js';
import { steerWorker } from './steer.js';

interface Printer {
  readonly identity: Identity;
  readonly fingerprint: string;
  close(): void;
}

const printers: Printer[] = [];
let devicePort = 0;
beforeAll(async () => {
  devicePort = await freePort();
  for (let last = 1; last <= 40; last += 1) printers.push(await printerAt(`127.8.231.${last}`, last));
}, 60_000);
afterAll(() => {
  for (const printer of printers) printer.close();
});

async function printerAt(ip: string, number: number): Promise<Printer> {
  const identity = { ...exampleIdentity, ip, serial: `CROSS-${number}` };
  const { key, certificate } = await selfSigned({ commonName: 'device' });
  const server = createServer({ key, cert: certificate }, (_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(identity));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(devicePort, ip, resolve);
  });
  const fingerprint = createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
  return { identity, fingerprint, close: () => server.close() };
}

const announcementOf = ({ identity, fingerprint }: Printer) => {
  const { example } = deviceAnnounced;
  const transport = { ...example.transport, peerAddress: identity.ip, fingerprint };
  const acceptedAt = new Date().toISOString();
  return published(deviceAnnounced.draft({ ...example, identity, transport, acceptedAt }));
};

const requestOf = (discoveryId: string) => {
  const wanted = printers.map(({ identity: { ip } }, index) => ({ line: index + 1, at: ip, serial: null }));
  return published(
    discoveryRequested.draft({ discoveryId, part: 1, parts: 1, wanted, requestedBy: 'admin' }),
  );
};

it('all that is looked for and all that announces itself is told once, and no two wait for each other', async () => {
  const url = await freshDatabase();
  const database = await openPostgres({ url });
  await migrate(database, ['discovery']);
  const store = new Store(database, 'discovery');
  const fed = await startFed(store, discovery.consumers);
  const body = { ...defaultSettings, deviceNetworks: ['127.8.0.0/16'] };
  await fed.feed(published(settingsChanged.draft({ id: 'settings', version: 1, changedBy: 'admin', body })));
  const ways = waysOfAsking({ devicePort }).filter(({ way }) => way === 'deviceApi');
  const ports = { tcp: [], snmp: await freePort() };
  const meter = metrics.getMeter('test');
  const running = ['one', 'two'].map((instance): RunningWorkers => {
    const workers = [steerWorker({ stepMs: 20 }), findWorker({ store, ways, ports, dnsServers: null })];
    return runWorkers({
      store,
      bus: outboxBus,
      log: silentLog,
      meter,
      service: 'discovery',
      instance,
      workers,
    });
  });
  const searches: string[] = [];
  const announced: string[] = [];
  const ended = async () => (await fed.told(discoveryProgressed)).filter((told) => told.ended !== null);
  try {
    for (let round = 0; round < 6; round += 1) {
      const asked = [randomUUID(), randomUUID()];
      searches.push(...asked);
      await fed.feed(...asked.map(requestOf));
      await until('the searches are over', async () => {
        const heard = printers.toSorted(() => Math.random() - 0.5).map(announcementOf);
        announced.push(...heard.map(({ id }) => id));
        await fed.feed(...heard);
        return (await ended()).length === searches.length;
      });
    }
    expect(await fed.parked()).toEqual([]);
    const told = await fed.told(discoveryProgressed);
    const lines = printers.map((_, index) => index + 1);
    for (const id of searches) {
      const results = told.filter(({ discoveryId }) => discoveryId === id).flatMap((each) => each.results);
      expect(results.map(({ line }) => line).toSorted((a, b) => a - b)).toEqual(lines);
      expect(results.filter(({ outcome }) => outcome !== 'known' && outcome !== 'found')).toEqual([]);
    }
    const found = await fed.told(deviceDiscovered);
    expect(found.map(({ identity }) => identity.serial).toSorted()).toEqual(
      printers.map(({ identity }) => identity.serial).toSorted(),
    );
    const effects = [...found, ...(await fed.told(deviceReconciled))].flatMap((each) => each.announcements);
    expect(effects.toSorted()).toEqual(announced.toSorted());
  } finally {
    for (const one of running) await one.stop();
    await fed.stop();
    await database.close();
  }
  expect(await deadlocksIn(url)).toBe(0);
}, 120_000);
