// An operator with dead deliveries, at the command line alone: a real service gives them up, a real console keeps them.
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { consumer, Unprocessable } from '#bus/consumer';
import { Delivery } from '#bus/delivery';
import { deviceFlapping } from '#events/device';
import type { Event } from '#events/event';
import { Store } from '#store/store';
import { databases, noopMeter, Trial } from '../../../test/support/console.js';
import { Process } from '../../../test/support/process.js';
import { ownFolder } from '../../../test/support/servers.js';
import { silentLog } from '../../../test/support/silent.js';
import { until } from '../../../test/support/until.js';

const [PGlite] = databases;
/** What a device that means harm would like a terminal to obey. */
const evil = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e';

describe('dead deliveries at the command line', () => {
  let trial: Trial;
  let delivery: Delivery;
  let tokenFile: string;
  let mended = false;
  const handled = new Set<string>();

  beforeAll(async () => {
    trial = await Trial.start(await PGlite.open(), {}, [{ service: 'licensing', on: [deviceFlapping] }]);
    tokenFile = join(await ownFolder('token'), 'token');
    await writeFile(tokenFile, `${await trial.token('operator')}\n`);
    const fussy = consumer<null, string, { serial: string }>({
      name: 'licensing.fussy',
      on: [deviceFlapping],
      load: () => Promise.resolve(null),
      decide: ({ data: { serial } }) => {
        if (!mended && serial.startsWith('BAD')) throw new Unprocessable(`not ${serial}\nbecause of ${evil}`);
        return { changes: [serial], events: [] };
      },
      save: (_, serials) => {
        for (const serial of serials) handled.add(serial);
        return Promise.resolve();
      },
    });
    const store = new Store(trial.database, 'licensing');
    const options = { service: 'licensing', store, bus: trial.bus, consumers: [fussy] };
    delivery = new Delivery({ ...options, log: silentLog, meter: noopMeter });
    await delivery.start();
  });
  afterEach(() => {
    mended = false;
    handled.clear();
  });
  afterAll(async () => {
    await delivery.stop();
    await trial.stop();
  });

  const muster = async (...words: readonly string[]) => {
    const environment = { MUSTER_CONSOLE_URL: trial.host.url, MUSTER_TOKEN_FILE: tokenFile };
    const run = new Process({
      name: 'muster',
      entry: 'apps/cli/main.js',
      words: ['dead', ...words],
      environment,
    });
    return { code: await run.ended(), said: run.output };
  };
  const flapping = (serial: string): Event =>
    trial.event(
      'discovery',
      deviceFlapping.draft({ deviceId: randomUUID(), serial, announcedPerMinute: 16 }),
    );
  const listed = async (): Promise<number> => {
    const [row] = await trial.database.query<{ n: number }>(
      'select count(*) as n from console.dead_delivery',
    );
    return row?.n ?? 0;
  };
  /** Publishes so many good and bad ones, and waits until the good are handled and the bad are listed. */
  const happen = async (good: number, bad: number): Promise<readonly Event[]> => {
    const name = (word: string) => (_: unknown, n: number) => flapping(`${word}-${1000 + n}`);
    const dead = Array.from({ length: bad }, name('BAD'));
    await trial.bus.publish([...Array.from({ length: good }, name('GOOD')), ...dead]);
    await until(
      'all came to where they belong',
      async () => handled.size === good && (await listed()) === bad,
      60_000,
    );
    return dead;
  };
  const waiting = () =>
    until('nothing is parked', async () => {
      const rows = await trial.database.query('select 1 as one from licensing.parked limit 1');
      return rows.length === 0;
    });

  it('finds them, shows one, and after a fix replays all: each is handled then', async () => {
    const [first] = await happen(200, 30);
    const list = await muster('list', '--consumer', 'licensing.fussy', '--type', 'device.*', '--since', '1h');
    expect(list).toMatchObject({ code: 0, said: expect.stringContaining('30 of 30') });
    expect(list.said).toContain('not BAD-1000');
    const [, head, event, reason] = list.said.split('\n');
    expect(head).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  licensing\.fussy  [0-9a-f-]{36}$/);
    expect(event).toMatch(/^ {2}device\.flapping of \S+, tried \w+/);
    expect(reason).toMatch(/^ {2}.*not BAD-10\d\d because of /);
    const shown = await muster('show', 'licensing.fussy', first?.id ?? '');
    expect(shown.code).toBe(0);
    expect(shown.said).toMatch(/"serial": "BAD-1000"/);
    expect(await muster('replay', '--reason', 'not bad', '--dry-run')).toEqual({
      code: 0,
      said: expect.stringMatching(/^30 deliveries would be replayed: .* --up-to \d+\.$/m),
    });
    expect(await listed()).toBe(30);
    expect(await muster('list', '--consumer', 'licensing.seat')).toEqual({
      code: 0,
      said: 'None matches: the consumer licensing.seat has none. There are 30 in all, of licensing.fussy.\n',
    });
    mended = true;
    const replayed = await muster('replay', '--reason', 'not bad');
    expect(replayed).toMatchObject({ code: 0, said: expect.stringContaining('Replay of 30 deliveries') });
    await until('all are handled', () => handled.size === 230, 60_000);
    await waiting();
    expect(await muster('list')).toEqual({ code: 0, said: 'No dead delivery.\n' });
  }, 120_000);

  it('brings back what fails again, and drops it for good with a reason', async () => {
    const [one] = await happen(1, 2);
    const id = one?.id ?? '';
    expect(await muster('replay', 'licensing.fussy', randomUUID(), '--dry-run')).toEqual({
      code: 1,
      said: 'No such dead delivery.\n',
    });
    expect(await muster('replay', 'licensing.fussy', id, '--dry-run')).toEqual({
      code: 0,
      said: '1 delivery would be replayed.\n',
    });
    expect((await muster('replay', 'licensing.fussy', id)).code).toBe(0);
    await until('it is back', async () => (await listed()) === 2);
    const silent = await muster('drop', '--all');
    expect(silent).toMatchObject({ code: 2, said: expect.stringContaining('--because') });
    expect(await muster('drop', 'licensing.fussy', id, '--because', 'a test', '--json')).toEqual({
      code: 0,
      said: '{"action":"drop","done":1,"dryRun":false}\n',
    });
    expect(await muster('drop', 'licensing.fussy', id, '--because', 'a test')).toEqual({
      code: 1,
      said: 'No such dead delivery.\n',
    });
    expect((await muster('drop', '--all', '--because', 'a test')).said).toBe('1 delivery dropped.\n');
    await waiting();
    expect(handled.size).toBe(1);
  }, 120_000);

  it('lets nothing through to the terminal that it would obey', async () => {
    const [one] = await happen(0, 1);
    const id = one?.id ?? '';
    const outputs = [
      await muster('list'),
      await muster('list', '--json'),
      await muster('show', 'licensing.fussy', id),
      await muster('show', 'licensing.fussy', id, '--json'),
    ];
    for (const { code, said } of outputs) {
      expect(code).toBe(0);
      expect(said).toContain('because of');
      expect(said.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
    const [line = ''] = (outputs[1]?.said ?? '').split('\n');
    expect(JSON.parse(line)).toMatchObject({ reason: expect.stringContaining(evil) });
    await muster('drop', '--all', '--because', 'a test');
    await waiting();
  }, 120_000);

  it.each([
    ['which are meant', ['replay']],
    ['which, twice', ['replay', '--all', '--type', 'device.*']],
    ['a time', ['list', '--since', 'yesterday']],
    ['a command', ['bury']],
    ['an option', ['list', '--colour']],
  ])('says how it is meant when %s is not understood', async (_, words) => {
    const { code, said } = await muster(...words);
    expect(code).toBe(2);
    expect(said).toMatch(/^muster dead: /);
    expect(said.split('\n').length).toBeLessThan(5);
  });
});
