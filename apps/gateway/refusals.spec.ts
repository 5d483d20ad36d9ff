// Who is turned away is told on the bus, summed up (R18, R95).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announcementsRefused, refusalsMax, type Refusal } from '#events/refusal';
import { gatewayBench, line, say, sayPlain, type GatewayBench } from '../../test/support/gateway.js';
import { until } from '../../test/support/until.js';

let bench: GatewayBench;
beforeAll(async () => {
  bench = await gatewayBench();
  await bench.configure({ acceptAnnouncements: false });
});
afterAll(() => bench.stop());

const told = async (): Promise<readonly Refusal[]> =>
  (await bench.told(announcementsRefused)).flatMap(({ refusals }) => refusals);

describe('a gateway', () => {
  it('tells who was refused why, and who came without TLS', async () => {
    await say(bench.port, line());
    await sayPlain(bench.port, 'GET / HTTP/1.1\r\n\r\n');
    const reasons = await until('both are told', async () => {
      const all = await told();
      return all.some(({ reason }) => reason === 'notTls') ? all : null;
    });
    expect(reasons).toContainEqual(
      expect.objectContaining({ peer: '127.0.0.1', reason: 'switchedOff', serial: null, count: 1 }),
    );
  });

  it('names who says it is what, and sums up a flood in few events', async () => {
    const before = (await bench.told(announcementsRefused)).length;
    await bench.configure({ acceptAnnouncements: true, fromPrimaries: 'off' });
    const origin = { server: '0193f2a0-0000-7000-8000-0000000000c9', hops: 1, fingerprint: null };
    const sources = Array.from({ length: refusalsMax + 10 }, (_, at) => `127.0.9.${at + 1}`);
    for (const localAddress of sources) {
      await Promise.all(
        [1, 2].map(() => say(bench.port, line({ origin, serial: 'TEST-0009' }), { localAddress })),
      );
    }
    const events = await until('all are told', async () => {
      const since = (await bench.told(announcementsRefused)).slice(before);
      const counted = since.flatMap(({ refusals }) => refusals).reduce((sum, { count }) => sum + count, 0);
      const unnamed = since.reduce((sum, event) => sum + event.unnamed, 0);
      return counted + unnamed === 2 * sources.length ? since : null;
    });
    expect(events.every(({ refusals }) => refusals.length <= refusalsMax)).toBe(true);
    expect(events[0]?.refusals[0]).toMatchObject({ reason: 'primariesOff', serial: 'TEST-0009' });
    expect(events.length).toBeLessThan(sources.length / 4);
  });
});
