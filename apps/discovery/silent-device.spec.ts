// The other half of who may move a device: the known one really says nothing any more, by any protocol (R32, R36).
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { metrics } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runWorkers, type RunningWorkers } from '#bus/worker';
import { deviceAnnounced } from '#events/announcement';
import { deviceConflicted } from '#events/conflict';
import { deviceReconciled } from '#events/device';
import type { Event } from '#events/event';
import { defaultSettings, settingsChanged } from '#events/settings';
import type { Store } from '#store/store';
import { activeTasks } from '#store/tasks';
import { freePort } from '../../scripts/free-port.mjs';
import { openCanary } from '../../test/support/canary.js';
import { openFor, published, startFed, type Fed } from '../../test/support/fed-delivery.js';
import { outboxBus } from '../../test/support/outbox-bus.js';
import { openSilentHost } from '../../test/support/silent-host.js';
import { community, startSnmpd, withoutSnmpd } from '../../test/support/snmpd.js';
import { until } from '../../test/support/until.js';
import { discovery } from './discovery.js';
import { proveMoveWorker } from './prove-move.js';
import { waysOfAsking } from './who-is.js';

const quiet = (): void => undefined;
const [own, other] = ['a'.repeat(64), 'b'.repeat(64)];

let store: Store;
let fed: Fed;
let workers: RunningWorkers;
const open: { close(): unknown }[] = [];
let [devicePort, snmpPort, ippPort, door] = [0, 0, 0, 0];

beforeEach(async () => {
  [devicePort, snmpPort, ippPort, door] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  store = await openFor('PGlite', 'discovery');
  fed = await startFed(store, discovery.consumers);
  const body = { ...defaultSettings, deviceNetworks: ['127.8.0.0/16'], probeCommunity: community };
  await fed.feed(published(settingsChanged.draft({ id: 'settings', version: 1, changedBy: 'admin', body })));
  const log = { info: quiet, warn: quiet, error: quiet };
  const on = {
    store,
    bus: outboxBus,
    log,
    meter: metrics.getMeter('test'),
    service: 'discovery',
    instance: 'test',
  };
  const ways = waysOfAsking({ devicePort, snmpPort, ippPort });
  workers = runWorkers({
    ...on,
    workers: [proveMoveWorker({ store, ways, doors: [door], silentAgainMs: [1] })],
  });
});
afterEach(async () => {
  await workers.stop();
  await fed.stop();
  for (const each of open.splice(0)) await each.close();
});

function says(ip: string, fingerprint: string): Event {
  const { example } = deviceAnnounced;
  return published(
    deviceAnnounced.draft({
      ...example,
      identity: { ...example.identity, ip },
      acceptedAt: new Date().toISOString(),
      transport: { ...example.transport, peerAddress: ip, fingerprint },
    }),
  );
}

/** Whose plug was pulled: at none of its ports anything comes back, which loopback does not do by itself. */
async function unplugged(host: string, but: readonly number[] = []): Promise<void> {
  const silent = [devicePort, ippPort, door].filter((port) => !but.includes(port));
  open.push(...(await Promise.all(silent.map((port) => openSilentHost(host, port)))));
  if (but.includes(snmpPort)) return;
  const deaf = createSocket('udp4');
  await new Promise<void>((resolve) => deaf.bind(snmpPort, host, resolve));
  open.push({ close: () => deaf.close() });
}

it('a known serial number from another address and certificate, and nothing at the old one: moved, as from the box', async () => {
  const [known, claimed] = [`127.8.${randomInt(100, 200)}.1`, `127.8.${randomInt(100, 200)}.2`];
  await unplugged(known);
  const canary = await openCanary(claimed, devicePort);
  open.push(canary);
  await fed.feed(says(known, own), says(claimed, other));
  const moved = await until('it has moved', async () => (await fed.told(deviceReconciled))[0]);
  expect(moved).toMatchObject({
    proof: 'oldAddressSilent',
    fresh: true,
    fingerprint: other,
    identity: { ip: claimed },
  });
  expect(await fed.told(deviceConflicted)).toEqual([]);
  await until('nothing waits any more', async () => {
    const tasks = await activeTasks(store, 'discovery', { budget: 'proofs', limit: 1 });
    return tasks.length === 0;
  });
  expect(canary.heard).toEqual([]);
  // It would have heard: now its address is the old one, which is asked.
  await fed.feed(says(`127.8.${randomInt(100, 200)}.3`, 'c'.repeat(64)));
  const { heard } = canary;
  await until('the canary is asked', () => heard.some(({ length }) => length > 0));
}, 120_000);

describe('a device that answers only', () => {
  const conflictAt = async (known: string) => {
    const claimed = `127.8.${randomInt(100, 200)}.4`;
    await fed.feed(says(known, own), says(claimed, other));
    const told = async () => (await fed.told(deviceConflicted))[0] ?? (await fed.told(deviceReconciled))[0];
    return until('it is told', told, 60_000);
  };
  const stays = { known: { fingerprint: own }, because: 'answers' };

  it.skipIf(withoutSnmpd)(
    'by SNMP is there: an operator decides',
    async () => {
      const known = `127.8.${randomInt(100, 200)}.1`;
      const { serial } = deviceAnnounced.example.identity;
      const says = { serial, model: 'LaserJet M612', name: 'second-floor', mac: '3c5282aa0001' };
      const agent = await startSnmpd(known, snmpPort, says);
      open.push({ close: () => agent.stop() });
      await unplugged(known, [snmpPort]);
      expect(await conflictAt(known)).toMatchObject(stays);
    },
    120_000,
  );

  it.each(['IPP', 'at a port that is knocked at'])(
    '%s is there: an operator decides',
    async (which) => {
      const known = `127.8.${randomInt(100, 200)}.1`;
      const port = which === 'IPP' ? ippPort : door;
      await unplugged(known, [port]);
      const server = createServer((socket) => void socket.destroy());
      await new Promise<void>((resolve) => server.listen(port, known, resolve));
      open.push({ close: () => new Promise((closed) => server.close(closed)) });
      expect(await conflictAt(known)).toMatchObject(stays);
    },
    120_000,
  );
});
