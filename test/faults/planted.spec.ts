// The verdict of npm run chaos can say no: defects planted in a copy of the build are found by it, each where a process dies
// at the place that it makes dangerous; the build as it is passes the same.
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ownFolder } from '../support/servers.js';
import {
  ackBeforeCommit,
  ackBeforeHeard,
  acceptedBeforeConfirm,
  noInbox,
  outboxDropped,
  parkingDropped,
} from './defects.js';
import { DiscoveryAlone } from './discovery-alone.js';
import { GatewayAlone } from './gateway-alone.js';
import { HearerAlone } from './hearer-alone.js';
import { plant, type Change } from './planted-build.js';
import type { Verdict } from './verdict.js';

const devices = 40;
let dir: string;
const closing: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  dir = await ownFolder('planted');
});

afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});

/** A discovery that ends at each of `points` in turn, in the middle of its work. */
async function dies(
  name: string,
  changes: readonly Change[],
  ...points: readonly string[]
): Promise<Verdict> {
  const discovery = await DiscoveryAlone.open(await plant(join(dir, name), changes));
  closing.push(discovery);
  await discovery.allow();
  await discovery.announce(devices);
  for (const point of points) await discovery.dieAt(point);
  await discovery.start();
  return discovery.verdict();
}

/** Announcements come before the settings that say what to do with them. */
async function comesEarly(name: string, changes: readonly Change[]): Promise<Verdict> {
  const discovery = await DiscoveryAlone.open(await plant(join(dir, name), changes));
  closing.push(discovery);
  await discovery.announce(devices);
  await discovery.start();
  await discovery.heardAll();
  await discovery.allow();
  return discovery.verdict();
}

/** One that tells nothing of what it hears dies twice in the middle of it: what it has not taken in the end. */
async function hears(service: string, changes: readonly Change[]): Promise<readonly string[]> {
  const hearer = await HearerAlone.open(await plant(join(dir, `hears-${service}`), changes), service);
  closing.push(hearer);
  for (const point of ['claimed', 'claimed:2']) {
    await hearer.tell(devices);
    await hearer.dieAt(point);
  }
  return hearer.missing();
}

/** The wire to the broker is cut, devices announce, the gateway dies. */
async function isCutOff(name: string, changes: readonly Change[]): Promise<Verdict> {
  const home = await plant(join(dir, name), changes);
  const gateway = await GatewayAlone.open(home, home);
  closing.push(gateway);
  await gateway.start();
  await gateway.announce(1);
  // It has its configuration by then: what it says from now on depends on the broker alone.
  await gateway.allAccepted();
  gateway.cut();
  await gateway.announce(devices);
  await gateway.replace();
  return gateway.verdict();
}

const none: Verdict = { lost: [], twice: [] };

describe('the verdict, on the build as it is', () => {
  it('finds nothing where discovery dies', async () => {
    expect(await dies('whole', [], 'claimed:2', 'decided:2', 'committed:2')).toEqual(none);
  }, 400_000);

  it('finds nothing where announcements come early', async () => {
    expect(await comesEarly('whole-early', [])).toEqual(none);
  }, 400_000);

  it('finds nothing where the gateway dies without its broker', async () => {
    expect(await isCutOff('whole-cut', [])).toEqual(none);
  }, 400_000);
});

describe('the verdict finds', () => {
  it.each(['console', 'forwarding'])(
    'an ack before the commit in %s, which tells nothing of it',
    async (service) => {
      const missing = expect.stringContaining(`${service} has not taken device.discovered`);
      expect(await hears(service, ackBeforeHeard)).toContainEqual(missing);
    },
    400_000,
  );

  it('an ack before the commit', async () => {
    const { lost, twice } = await dies('ack', ackBeforeCommit, 'claimed:2');
    expect({ lost: lost.length > 0, twice }).toEqual({ lost: true, twice: [] });
  }, 400_000);

  it('an inbox that forgets', async () => {
    const { lost, twice } = await dies('inbox', noInbox, 'committed:2');
    expect({ lost, twice: twice.length > 0 }).toEqual({ lost: [], twice: true });
  }, 400_000);

  it('an outbox that keeps nothing', async () => {
    const { lost, twice } = await dies('outbox', outboxDropped, 'committed:2');
    expect({ lost: lost.length > 0, twice }).toEqual({ lost: true, twice: [] });
  }, 400_000);

  it('a delivery that was put off and forgotten', async () => {
    const { lost, twice } = await comesEarly('parking', parkingDropped);
    expect({ lost: lost.length, twice }).toEqual({ lost: devices, twice: [] });
  }, 400_000);

  it('an acceptance before the confirm', async () => {
    const { lost, twice } = await isCutOff('confirm', acceptedBeforeConfirm);
    expect(lost.length).toBeGreaterThanOrEqual(devices);
    expect(twice).toEqual([]);
  }, 400_000);
});
