// Discovery is killed while it looks for what an operator wrote down (R35): no entry is lost, and none is told twice.
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { openCanary, type Canary } from '../support/canary.js';
import { until } from '../support/until.js';
import { DiscoveryAlone } from './discovery-alone.js';

const home = fileURLToPath(new URL('../..', import.meta.url));
const entries = 120;
const network = '127.8.77';

describe('a search whose process is killed', () => {
  let discovery: DiscoveryAlone;
  let environment: Readonly<Record<string, string>>;
  /** Takes connections and says nothing: its task runs for seconds, and dies with its process. */
  const mute: Canary[] = [];
  beforeAll(async () => {
    const devicePort = await freePort();
    environment = { MUSTER_DEVICE_PORT: String(devicePort) };
    for (const last of [1, 2, 60]) mute.push(await openCanary(`${network}.${last}`, devicePort));
    discovery = await DiscoveryAlone.open(home);
  }, 120_000);
  afterAll(async () => {
    await discovery?.close();
    for (const canary of mute) await canary.close();
  });

  it('goes on where it was, and has an answer for each entry, once', async () => {
    await discovery.allow({ deviceNetworks: ['127.8.0.0/16'] });
    const id = randomUUID();
    const wanted = Array.from({ length: entries }, (_, n) => {
      return { line: n + 1, at: `${network}.${n + 1}`, serial: null };
    });
    await discovery.start(environment);
    await discovery.lookFor(id, wanted);
    await until('it is asked in the middle', () => mute.slice(0, 2).every(({ heard }) => heard.length > 0));
    await until('some was told', async () => (await discovery.progressed()).length > 0);
    await discovery.kill();
    const before = (await discovery.progressed()).flatMap(({ results }) => results);
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(entries);
    await discovery.start(environment);
    const told = await until('it is over', async () => {
      const all = await discovery.progressed();
      return all.some(({ ended }) => ended !== null) && all;
    });
    const lines = told.flatMap(({ results }) => results.map(({ line }) => line));
    expect(lines.toSorted((a, b) => a - b)).toEqual(wanted.map(({ line }) => line));
    expect(told.at(-1)?.ended).toBe('done');
  }, 180_000);
});
