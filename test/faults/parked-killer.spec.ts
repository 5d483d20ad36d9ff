// A parked event that kills its process, on real processes: those beside it are done, it is dead in the end, and the next
// process lives. A dead one that an operator replays outlives the process that tries it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { deviceFlapping } from '#events/device';
import { migrate } from '#store/migrate';
import { openPostgres } from '#store/open';
import { park, revive, type Parked } from '#store/parking';
import type { Database } from '#store/store';
import { said } from '../support/said.js';
import { Process } from '../support/process.js';
import { freshDatabase } from '../support/servers.js';
import { until } from '../support/until.js';
import { consumerName, killerSerial } from './parked-killer.js';

const serials = ['GOOD-1', killerSerial, 'GOOD-2'];

let url: string;
let database: Database;
let running: Process | null = null;
beforeAll(async () => {
  url = await freshDatabase();
  database = await openPostgres({ url });
  await migrate(database, ['licensing']);
  await database.query('create table licensing.seen (serial text)');
});
beforeEach(async () => {
  await database.query('truncate licensing.seen, licensing.parked, licensing.inbox');
});
afterAll(async () => {
  await running?.signal('SIGKILL');
  await database.close();
});

const start = (point: string | null = null): Process => {
  const environment = { MUSTER_DATABASE_URL: url, ...(point !== null && { MUSTER_KILL_POINT: point }) };
  running = new Process({ name: 'licensing', entry: 'test/faults/parked-killer.js', environment });
  return running;
};
/** Time passes faster for what waits to be tried again. */
const hurry = () => database.query('update licensing.parked set due_at = now() where due_at is not null');
const dies = async (point: string | null = null): Promise<void> => {
  await hurry();
  const process = start(point);
  await until('it dies', () => process.exitCode !== null);
  expect(process.output).toBe('');
};
const parked = () =>
  database.query<{ begun: number; dead: boolean; reason: string }>(
    'select begun, due_at is null as dead, reason from licensing.parked order by due_at',
  );
const seen = async (): Promise<readonly string[]> =>
  (await database.query<{ serial: string }>('select serial from licensing.seen order by serial')).map(
    ({ serial }) => serial,
  );

const parkAll = async (of: readonly string[], how: Pick<Parked, 'attempts' | 'delayMs'>) => {
  const rows = of.map((serial) => {
    const data = { deviceId: randomUUID(), serial, announcedPerMinute: 16 };
    const event = said('discovery', deviceFlapping.draft(data));
    return { event, ...how, reason: 'test', waits: false };
  });
  await database.transaction((tx) => park(tx, 'licensing', consumerName, rows));
  return rows.map(({ event }) => event.id);
};

it('a parked event that kills its process is tried alone, and dead after ten deaths', async () => {
  await parkAll(serials, { attempts: 1, delayMs: 0 });

  await dies();
  expect(await seen()).toEqual([]);
  expect((await parked()).map(({ begun }) => begun)).toEqual([1, 1, 1]);
  const deaths = async (): Promise<number> => Math.max(...(await parked()).map(({ begun }) => begun));
  await dies();
  expect(await deaths()).toBe(2);
  // As if seven more had died.
  await database.query('update licensing.parked set begun = 9 where begun = 2');
  await dies();
  expect(await deaths()).toBe(10);

  await hurry();
  const last = start();
  await until('those beside it are done', async () => (await seen()).length === 2);
  await until('it is dead', async () => (await parked()).every(({ dead }) => dead));
  expect(await seen()).toEqual(['GOOD-1', 'GOOD-2']);
  const reason = expect.stringContaining('its process died 10 times in a row');
  expect(await parked()).toEqual([{ begun: 0, dead: true, reason }]);
  expect(last.exitCode).toBeNull();
  expect(await last.signal('SIGTERM')).toBe(0);
});

it('dead ones that an operator replays outlive the process that dies while it tries them', async () => {
  const good = ['GOOD-1', 'GOOD-2', 'GOOD-3'];
  const ids = await parkAll(good, { attempts: 4, delayMs: null });
  await database.transaction((tx) => revive(tx, 'licensing', [consumerName], ids));
  const attempts = () => database.query('select attempts, begun from licensing.parked order by begun desc');
  // Together; the next time one of them alone, as a process died of it.
  await dies('claimed');
  expect(await attempts()).toEqual(good.map(() => ({ attempts: 0, begun: 1 })));
  await dies('decided');
  expect(await attempts()).toEqual([2, 1, 1].map((begun) => ({ attempts: 0, begun })));
  expect(await seen()).toEqual([]);

  await hurry();
  const last = start();
  await until('they are done', async () => (await parked()).length === 0);
  expect(await seen()).toEqual(good);
  expect(await last.signal('SIGTERM')).toBe(0);
});
