// The other half of who may move a device: the known one really says nothing any more, as far as TCP can tell (R32, R36).
import { randomInt } from 'node:crypto';
import { metrics } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runWorkers, type RunningWorkers } from '#bus/worker';
import { deviceAnnounced, deviceConflicted, deviceReconciled } from '#events/device';
import type { Event } from '#events/event';
import { defaultSettings, settingsChanged } from '#events/settings';
import type { Store } from '#store/store';
import { activeTasks } from '#store/tasks';
import { freePort } from '../../scripts/free-port.mjs';
import { openCanary, type Canary } from '../../test/support/canary.js';
import { openFor, published, startFed, type Fed } from '../../test/support/fed-delivery.js';
import { outboxBus } from '../../test/support/outbox-bus.js';
import { openSilentHost, type SilentHost } from '../../test/support/silent-host.js';
import { until } from '../../test/support/until.js';
import { discovery } from './discovery.js';
import { proveMoveWorker } from './prove-move.js';

const quiet = (): void => undefined;
const [own, other] = ['a'.repeat(64), 'b'.repeat(64)];

let store: Store;
let fed: Fed;
let workers: RunningWorkers;
let silent: SilentHost | null = null;
let canary: Canary | null = null;
let devicePort = 0;

beforeEach(async () => {
  devicePort = await freePort();
  store = await openFor('PGlite', 'discovery');
  fed = await startFed(store, discovery.consumers);
  const body = { ...defaultSettings, deviceNetworks: ['127.8.0.0/16'] };
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
  workers = runWorkers({ ...on, workers: [proveMoveWorker({ store, devicePort, silentAgainMs: [1] })] });
});
afterEach(async () => {
  await workers.stop();
  await fed.stop();
  await silent?.close();
  await canary?.close();
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

it('a known serial number from another address and certificate, and nothing at the old one: moved, as from the box', async () => {
  const [known, claimed] = [`127.8.${randomInt(100, 200)}.1`, `127.8.${randomInt(100, 200)}.2`];
  silent = await openSilentHost(known, devicePort);
  canary = await openCanary(claimed, devicePort);
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
