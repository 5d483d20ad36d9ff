// Copies delivered to real listeners on loopback, by two instances, from real databases.
import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { metrics } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runWorkers, type RunningWorkers } from '#bus/worker';
import { deviceDiscovered, deviceReconciled } from '#events/device';
import type { Event } from '#events/event';
import { listenerBody, listenerChanged, listenerReported, type Listener } from '#events/listener';
import { edgeConfigured } from '#events/settings';
import { selfSigned } from '#pki/self-signed';
import type { Store } from '#store/store';
import {
  accepted,
  refused,
  startAnnounceServer,
  type AnnounceServer,
} from '../../test/support/announce-server.js';
import { databases, openFor, published, startFed, type Fed } from '../../test/support/fed-delivery.js';
import { outboxBus } from '../../test/support/outbox-bus.js';
import { until } from '../../test/support/until.js';
import { deliverWorker } from './deliver.js';
import { forwarding } from './forwarding.js';
import { reportListeners } from './report.js';
import { nextCopies, saveSettled } from './rows.js';

const quiet = (): void => undefined;
const own = randomUUID();
const listener = (id: string, port: number, version = 1, body: Partial<Listener> = {}): Event =>
  published(
    listenerChanged.draft({
      id,
      version,
      changedBy: 'admin',
      body: listenerBody.parse({ name: id, host: '127.0.0.1', port, ...body }),
    }),
  );
const discovered = (serial: string): Event => {
  const { example } = deviceDiscovered;
  const identity = { ...example.identity, serial };
  return published(
    deviceDiscovered.draft({ ...example, deviceId: randomUUID(), identity, announcements: [randomUUID()] }),
  );
};
const reconciled = (deviceId: string, hostname: string): Event => {
  const { example } = deviceReconciled;
  const identity = { ...example.identity, hostname };
  return published(deviceReconciled.draft({ ...example, deviceId, identity, announcements: [randomUUID()] }));
};
const several = (count: number): readonly Event[] =>
  Array.from({ length: count }, (_, n) => discovered(`SERIAL-${n}`));

describe.each(Object.keys(databases))('forwarding on %s', (name) => {
  let store: Store;
  let fed: Fed;
  let workers: readonly RunningWorkers[] = [];
  const servers: { close(): unknown }[] = [];

  beforeEach(async () => {
    store = await openFor(name, 'forwarding');
    fed = await startFed(store, forwarding.consumers);
    await fed.feed(published(edgeConfigured.draft({ ...edgeConfigured.example, server: own })));
    workers = ['one', 'two'].map((instance) => {
      const bus = outboxBus;
      const log = { info: quiet, warn: quiet, error: quiet };
      const meter = metrics.getMeter('test');
      const on = { store, bus, log, meter, service: 'forwarding', instance };
      return runWorkers({ ...on, workers: [deliverWorker({ store, own: {} })] });
    });
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
    await Promise.all(workers.map((one) => one.stop()));
    await fed.stop();
  });

  async function listen(...of: Parameters<typeof startAnnounceServer>): Promise<AnnounceServer> {
    const server = await startAnnounceServer(...of);
    servers.push(server);
    return server;
  }
  /** Takes connections, and never says a word. */
  async function frozen(): Promise<number> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push({
      close: () => {
        for (const socket of sockets) socket.destroy();
        server.close();
      },
    });
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }
  const serials = (server: AnnounceServer) =>
    server.heard.map(({ announcement }) => announcement.identity.serial);
  const report = async (id: string) => {
    await reportListeners(store, outboxBus);
    return (await fed.told(listenerReported)).findLast(({ listenerId }) => listenerId === id);
  };

  it('delivers each copy once, each device in order, over a frozen listener beside it', async () => {
    const second = await listen();
    await fed.feed(listener('a-frozen', await frozen()), listener('second', second.port));
    const device = randomUUID();
    const names = Array.from({ length: 10 }, (_, n) => `name-${n}`);
    await fed.feed(...several(40), ...names.map((hostname) => reconciled(device, hostname)));
    await until('all are delivered', () => second.heard.length >= 50);
    await until('the listener is idle', async () => (await report('second'))?.state === 'idle');
    expect(second.heard).toHaveLength(50);
    expect(new Set(serials(second)).size).toBe(41);
    expect(
      second.heard
        .map(({ announcement }) => announcement.identity.hostname)
        .filter((h) => h?.startsWith('name-')),
    ).toEqual(names);
    expect(second.heard[0]?.announcement.origin).toEqual({
      server: own,
      hops: 1,
      fingerprint: 'a'.repeat(64),
    });
    expect(await report('second')).toMatchObject({ waiting: 0, delivered: 50, dropped: 0, failure: null });
    expect(await report('a-frozen')).toMatchObject({ state: 'delivering', waiting: 50, delivered: 0 });
  });

  it('goes on when a listener takes announcements again', async () => {
    let off = true;
    const second = await listen(() => (off ? refused('primariesOff') : accepted));
    await fed.feed(listener('second', second.port), ...several(3));
    await until('the failure is told', async () => (await report('second'))?.state === 'failing');
    expect((await report('second'))?.failure).toMatch(/primariesOff/);
    off = false;
    await until('all are delivered', async () => (await report('second'))?.delivered === 3);
    expect(await report('second')).toMatchObject({ state: 'idle', waiting: 0, failure: null });
  });

  it('counts a loop as delivered, and drops what is refused for what it is', async () => {
    const second = await listen(({ announcement }) =>
      refused(announcement.identity.serial === 'SERIAL-1' ? 'badField' : 'loop'),
    );
    await fed.feed(listener('second', second.port), ...several(3));
    await until('none is left', async () => (await report('second'))?.waiting === 0);
    expect(await report('second')).toMatchObject({ state: 'idle', delivered: 2, dropped: 1 });
  });

  it('counts a copy once that two runs have sent', async () => {
    await fed.feed(listener('second', await frozen()), ...several(3));
    const copies = await nextCopies(store, 'second', 10);
    const sent = { delivered: copies.map(({ id }) => id), dropped: [], failure: null };
    for (const delivered of [sent.delivered.slice(0, 2), sent.delivered])
      await store.transaction((tx) => saveSettled(tx, 'second', { ...sent, delivered }));
    expect(await report('second')).toMatchObject({ waiting: 0, delivered: 3, dropped: 0 });
  });

  it('knows how many wait, though an announcement is told twice', async () => {
    const events = several(2);
    await fed.feed(listener('second', await frozen()), ...events);
    const again = events.map(({ data }) =>
      published(deviceDiscovered.draft(deviceDiscovered.schema.parse(data))),
    );
    await fed.feed(...again);
    expect(await report('second')).toMatchObject({ waiting: 2 });
    const [counted] = await store.query(`select count(*)::int as waiting from forwarding.copy`);
    expect(counted).toEqual({ waiting: 2 });
  });

  it('sends nothing to a listener whose certificate does not verify, until it does', async () => {
    const credentials = await selfSigned({ commonName: 'second', ipAddresses: ['127.0.0.1'] });
    const second = await listen(() => accepted, { credentials });
    await fed.feed(listener('second', second.port, 1, { validateCertificate: true }), ...several(2));
    await until('the failure is told', async () => (await report('second'))?.state === 'failing');
    expect((await report('second'))?.failure).toMatch(/^serverUntrusted/);
    expect(second.heard).toEqual([]);
    const trustedAuthorities = credentials.certificate;
    await fed.feed(listener('second', second.port, 2, { validateCertificate: true, trustedAuthorities }));
    await until('all are delivered', async () => (await report('second'))?.delivered === 2);
  });

  it('sends nothing to a certificate that is for another name', async () => {
    const credentials = await selfSigned({ commonName: 'second', dnsNames: ['other.example'] });
    const second = await listen(() => accepted, { credentials });
    const trustedAuthorities = credentials.certificate;
    await fed.feed(
      listener('second', second.port, 1, { validateCertificate: true, trustedAuthorities }),
      ...several(1),
    );
    await until('the failure is told', async () => (await report('second'))?.state === 'failing');
    expect(second.heard).toEqual([]);
  });

  it('says that a listener is disabled, keeps what waits for it, and forgets it with the listener', async () => {
    const port = await frozen();
    await fed.feed(listener('second', port), ...several(2));
    await fed.feed(listener('second', port, 2, { enabled: false }), ...several(2));
    expect(await report('second')).toMatchObject({ state: 'disabled', waiting: 2 });
    await fed.feed(
      published(listenerChanged.draft({ id: 'second', version: 3, changedBy: 'admin', body: null })),
    );
    expect(await store.query(`select 1 from forwarding.copy`)).toEqual([]);
    await fed.feed(
      listener('second', port, 4),
      ...several(1),
      published(listenerChanged.draft({ id: 'second', version: 5, changedBy: 'admin', body: null })),
    );
    expect(await store.query(`select 1 from forwarding.copy`)).toEqual([]);
    expect(await store.query(`select waiting from forwarding.listener`)).toEqual([{ waiting: 0 }]);
  });
});
