// Lists of devices to look for (R35), as operators send them and see them go.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listLinesMax } from '#documents/device-list';
import { addressAt, addressesOf, readSpan } from '#addresses/span';
import { deviceDiscovered } from '#events/device';
import {
  discoveryProgressed,
  type DiscoveryProgressed,
  type DiscoveryRequested,
  type DiscoveryResult,
} from '#events/discovery';
import { databases, Trial, type Answer } from '../../../test/support/console.js';
import { until } from '../../../test/support/until.js';
import type { Run } from './discoveries.js';

const path = '/api/discoveries';
const addresses = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => addressAt({ family: 4, first: 0x0a400001n }, n));

/** Twelve kinds of bad lines. */
const badLines = [
  '10.1.2.300',
  '-printer',
  '10.1.2.9-10.1.2.3',
  '10.0.0.0/8',
  '3c:52:82:aa:00:01',
  '169.254.1.1',
  '10.1.2.3\u0007',
  '11.0.0.1',
  '10.64.0.1',
  '10.1.2.3,10.1.2.4',
  '10.\uFFFD.2.3',
  'x'.repeat(1_001),
];

describe.each(databases)('a list of devices on $name', ({ open }) => {
  let trial: Trial;
  let token: string;
  beforeAll(async () => {
    trial = await Trial.start(await open());
    token = await trial.token('operator');
  });
  afterAll(() => trial.stop());

  const send = (body: unknown, type?: string): Promise<Answer> =>
    trial.ask('POST', path, { token, body, ...(type ? { headers: { 'content-type': type } } : {}) });
  const get = <T>(place: string): Promise<T> =>
    trial.ask('GET', place, { token }).then(({ text }) => JSON.parse(text) as T);
  const runOf = ({ status, text }: Answer): Run => {
    expect([status, text]).toEqual([202, expect.any(String)]);
    return JSON.parse(text) as Run;
  };
  const requested = async (id: string): Promise<readonly DiscoveryRequested[]> => {
    const told = (await trial.told('discovery.requested')) as unknown as readonly DiscoveryRequested[];
    return told.filter(({ discoveryId }) => discoveryId === id);
  };
  /** As discovery tells it. */
  const progressed = (told: Partial<DiscoveryProgressed> & Pick<DiscoveryProgressed, 'discoveryId'>) =>
    trial.bus.publish([
      trial.event(
        'discovery',
        discoveryProgressed.draft({ results: [], nobody: 0, named: 0, ended: null, ...told }),
      ),
    ]);
  const seen = (id: string, test: (run: Run) => boolean): Promise<Run> =>
    until('it is seen', async () => {
      const run = await get<Run>(`${path}/${id}`);
      return test(run) && run;
    });
  const resultAt = (line: number, address: string, told: Partial<DiscoveryResult> = {}): DiscoveryResult => {
    return { line, address, outcome: 'found', serial: `AB-${line}`, deviceId: null, reason: null, ...told };
  };

  it('of a hundred thousand lines, 37 of them bad, is refused whole, and imported once it is mended', async () => {
    const lines = addresses(listLinesMax);
    const good = lines.join('\n');
    const bad = Array.from({ length: 37 }, (_, n) => 1_000 + n * 2_600);
    for (const [n, line] of bad.entries()) lines[line - 1] = badLines[n % badLines.length] ?? '';
    const refused = await send(lines.join('\n'));
    expect([refused.status, refused.body.detail]).toEqual([400, '37 lines are wrong; nothing was imported.']);
    expect(refused.body.faults.map(({ line }) => line)).toEqual(bad);
    expect((await get<{ total: number }>(path)).total).toBe(0);
    expect(await trial.told('discovery.requested')).toEqual([]);
    const asked = runOf(await send(good));
    expect(asked).toMatchObject({
      state: 'importing',
      entries: listLinesMax,
      total: listLinesMax,
      waiting: listLinesMax,
    });
    const some = await seen(asked.id, ({ imported }) => imported > 0);
    expect(some.imported % 1_000).toBe(0);
    await seen(asked.id, ({ state, imported }) => state === 'running' && imported === listLinesMax);
    const told = await requested(asked.id);
    expect(told.map(({ part, parts }) => [part, parts])).toEqual(
      Array.from({ length: 100 }, (_, n) => [n + 1, 100]),
    );
    expect(told.flatMap(({ wanted }) => wanted)).toHaveLength(listLinesMax);
    expect(told[99]?.wanted.at(-1)).toEqual({ line: listLinesMax, at: '10.65.134.160', serial: null });
    await progressed({ discoveryId: asked.id, results: [resultAt(1, '10.64.0.1')] });
    expect(await seen(asked.id, ({ found }) => found === 1)).toMatchObject({
      waiting: listLinesMax - 1,
      endedAt: null,
    });
  }, 120_000);

  it('goes to its end, whatever order it is told in, and however often', async () => {
    const csv = 'address,name,location\n10.1.2.3,Lobby,Ground floor\n10.1.2.4,Cellar,\n10.1.3.0/28,,\n';
    const { id } = runOf(await send(csv, 'text/csv'));
    const first = {
      discoveryId: id,
      results: [resultAt(2, '10.1.2.3'), resultAt(4, '10.1.3.7', { outcome: 'known' })],
      nobody: 10,
    };
    const failed = { outcome: 'notReached', serial: null, reason: 'nobody answers' } as const;
    const last = {
      discoveryId: id,
      results: [resultAt(3, '10.1.2.4', failed)],
      nobody: 13,
      ended: 'done',
    } as const;
    await progressed({ ...last, results: [...last.results] });
    await progressed(first);
    await progressed(first);
    const run = await seen(id, ({ found }) => found === 1);
    expect(run).toMatchObject({
      state: 'done',
      total: 16,
      found: 1,
      known: 1,
      notReached: 1,
      nobody: 13,
      waiting: 0,
    });
    expect(run.endedAt).not.toBeNull();
    const results = (show: string) =>
      get<{ items: object[]; total: number }>(`${path}/${id}/results?show=${show}`);
    expect((await results('failed')).items).toEqual([
      {
        line: 3,
        entry: '10.1.2.4',
        name: 'Cellar',
        location: null,
        address: '10.1.2.4',
        deviceId: null,
        ...failed,
      },
    ]);
    expect((await results('found')).items).toMatchObject([
      { address: '10.1.2.3', name: 'Lobby', location: 'Ground floor' },
      { address: '10.1.3.7', entry: '10.1.3.1-10.1.3.14', outcome: 'known' },
    ]);
    expect((await results('all')).total).toBe(3);
  });

  it('that overlaps is asked each address once, and counts each once', async () => {
    const run = runOf(
      await send(
        '10.2.0.20\n10.2.0.0/24\n10.2.0.50-10.2.0.60\nprinter-7.example.org\nfd00:7::1-fd00:7::3\nfd00:7::2',
      ),
    );
    expect(run).toMatchObject({ entries: 6, first: '10.2.0.20', total: 258, overlapping: 13, waiting: 258 });
    const [told, ...none] = await until('it is told', async () => {
      const all = await requested(run.id);
      return all.length > 0 && all;
    });
    expect([told?.wanted.map(({ line, at }) => [line, at]), none]).toEqual([
      [
        [1, '10.2.0.20'],
        [2, '10.2.0.1-10.2.0.19'],
        [2, '10.2.0.21-10.2.0.254'],
        [4, 'printer-7.example.org'],
        [5, 'fd00:7::1-fd00:7::1'],
        [5, 'fd00:7::3-fd00:7::3'],
        [6, 'fd00:7::2'],
      ],
      [],
    ]);
    // The name leads to the first of them.
    const known = { outcome: 'known', serial: 'AB-1' } as const;
    const elsewhere = { outcome: 'claimed', serial: 'AB-1', reason: 'see there' } as const;
    await progressed({ discoveryId: run.id, results: [resultAt(1, '10.2.0.20', known)], nobody: 100 });
    await seen(run.id, (now) => now.known === 1);
    await progressed({
      discoveryId: run.id,
      results: [
        resultAt(4, '10.2.0.20', known),
        resultAt(2, '10.2.0.30', known),
        resultAt(2, '10.2.0.31', elsewhere),
        resultAt(2, '10.2.0.32'),
        resultAt(6, 'fd00:7::2', { serial: 'AB-2' }),
      ],
      nobody: 252,
      ended: 'done',
    });
    const counts = { known: 1, found: 1, claimed: 1, again: 3, nobody: 252, waiting: 0, total: 258 };
    expect(await seen(run.id, ({ endedAt }) => endedAt !== null)).toMatchObject(counts);
    const { items } = await get<{ items: object[] }>(`${path}/${run.id}/results?show=found`);
    expect(items).toMatchObject([
      { entry: '10.2.0.20' },
      { line: 4 },
      { entry: '10.2.0.1-10.2.0.254' },
      {},
      {},
      {},
    ]);
  });

  it('of one network and half of its addresses is told in parts of a thousand, the covered ones with others', async () => {
    const even = Array.from({ length: 1_500 }, (_, n) =>
      addressAt({ family: 4, first: 0x0a480000n }, 2 * n + 2),
    );
    const covered = ['10.72.0.11-10.72.0.17', '10.72.0.21-10.72.0.27'];
    const run = runOf(await send([...covered, '10.72.0.0/20', ...even].join('\n')));
    expect(run).toMatchObject({ entries: 1_503, first: covered[0], total: 4_094, overlapping: 1_514 });
    await seen(run.id, ({ imported, state }) => state === 'running' && imported === run.entries);
    const told = await requested(run.id);
    expect(told.map(({ wanted }) => wanted.length)).toEqual([1_000, 1_000, 1_000, 1]);
    const asked = told
      .flatMap(({ wanted }) => wanted)
      .flatMap(({ at }) => {
        const span = readSpan(at);
        return 'code' in span ? [] : [...addressesOf(span)];
      });
    expect([asked.length, new Set(asked).size]).toEqual([4_094, 4_094]);
  });

  it('of single addresses and of each range among them is imported whole, and tells the addresses alone', async () => {
    const addresses = Array.from({ length: 50 }, (_, n) => `10.73.0.${n + 1}`);
    const ranges = addresses.flatMap((from, n) => addresses.slice(n + 1).map((to) => `${from}-${to}`));
    const run = runOf(await send([...addresses, ...ranges].join('\n')));
    expect(run).toMatchObject({ entries: 1_275, total: 50 });
    await seen(run.id, ({ imported, state }) => state === 'running' && imported === run.entries);
    const told = await requested(run.id);
    expect(told.map(({ wanted }) => wanted.map(({ at }) => at))).toEqual([addresses]);
  });

  it('asks whoever answers to multicast, and counts as many as are named', async () => {
    const run = runOf(await send('multicast\n10.1.2.3\n'));
    expect(run).toMatchObject({ entries: 2, total: 1, waiting: 1 });
    const [told] = await until('it is told', async () => {
      const all = await requested(run.id);
      return all.length > 0 && all;
    });
    expect(told?.wanted.map(({ at }) => at)).toEqual(['multicast:4', '10.1.2.3']);
    await progressed({ discoveryId: run.id, results: [resultAt(1, '10.1.2.7')], named: 3 });
    await progressed({ discoveryId: run.id, results: [resultAt(2, '10.1.2.3')], named: 0 });
    expect(await seen(run.id, ({ found }) => found === 2)).toMatchObject({ total: 4, waiting: 2 });
    const results = await get<{ items: object[] }>(`${path}/${run.id}/results?show=found`);
    expect(results.items).toMatchObject([
      { address: '10.1.2.7', entry: 'multicast:4' },
      { entry: '10.1.2.3' },
    ]);
  });

  it('tells how many are devices already, and which columns it does not use', async () => {
    const { example } = deviceDiscovered;
    await trial.bus.publish([trial.event('discovery', deviceDiscovered.draft(example))]);
    await until(
      'the device is there',
      async () => (await get<{ total: number }>('/api/devices')).total === 1,
    );
    const answer = runOf(await send(`ip,colour\n${example.identity.ip},red\n10.1.2.77,blue\n`, 'text/csv'));
    const { ip: first } = example.identity;
    expect(answer).toMatchObject({ knownBefore: 1, entries: 2, first, ignoredColumns: ['colour'] });
  });

  it('comes as XML or as entries, too; anything else is refused with what is taken', async () => {
    const xml = '<devices><device host="printer-7" serial="vnb3k12345"/></devices>';
    const { id } = runOf(await send(xml, 'application/xml'));
    await until('it is told', async () => (await requested(id)).length === 1);
    expect((await requested(id))[0]?.wanted).toEqual([{ line: 1, at: 'printer-7', serial: 'VNB3K12345' }]);
    expect(runOf(await send({ entries: [{ address: '10.1.2.3' }] })).entries).toBe(1);
    const refused = await Promise.all([
      send('10.1.2.3', 'application/pdf'),
      send({ entries: [{ mac: '3c5282aa0001' }] }),
      send({ entries: [] }),
      send('# nothing'),
      send('<!DOCTYPE x [<!ENTITY a "b">]><devices/>', 'text/xml'),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
    expect((await send('x'.repeat(11_000_000))).status).toBe(413);
  });

  it('goes no further once it is called off', async () => {
    const { id } = runOf(await send('10.1.2.0/24'));
    const cancelled = await trial.ask('POST', `${path}/${id}/cancel`, { token });
    expect([cancelled.status, runOf(cancelled).state]).toEqual([202, 'cancelling']);
    expect(runOf(await trial.ask('POST', `${path}/${id}/cancel`, { token })).state).toBe('cancelling');
    expect(await trial.told('discovery.cancelRequested')).toMatchObject([{ discoveryId: id }]);
    await progressed({ discoveryId: id, nobody: 20, ended: 'cancelled' });
    expect(await seen(id, ({ endedAt }) => endedAt !== null)).toMatchObject({
      state: 'cancelled',
      waiting: 234,
    });
    expect((await trial.ask('POST', `${path}/${id}/cancel`, { token })).status).toBe(409);
  });
});
