// A rebuild where live could not handle an event, or where a device cannot be made anew.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deviceDiscovered, deviceGrouped } from '#events/device';
import { Store } from '#store/store';
import { databases, Trial } from '../../../../test/support/console.js';
import { until } from '../../../../test/support/until.js';
import { schemas } from '../../../../libs/answers/answers.js';
import { rebuild } from './rebuild.js';
import { ask, end, shown } from './run.js';

const caller = { name: 'ada', role: 'admin', by: 'token', hash: Buffer.alloc(32), from: null } as const;
const [PGlite] = databases;
let trial: Trial;
beforeAll(async () => {
  trial = await Trial.start(await PGlite.open());
});
afterAll(() => trial.stop());

const storeOf = (): Store => new Store(trial.database, 'console');
const count = async (what: string, parameters: readonly unknown[] = []): Promise<number> =>
  (await trial.database.query(`select 1 from console.${what}`, parameters)).length;
const historyOf = (id: string, type: string): Promise<number> =>
  count('history where device_id = $1 and type = $2', [id, type]);

const printer = (serial: string) => ({
  deviceId: randomUUID(),
  identity: { ...deviceDiscovered.example.identity, serial },
});

async function discovered(serial: string) {
  const of = printer(serial);
  const found = deviceDiscovered.draft({ ...deviceDiscovered.example, ...of, announcements: [] });
  await trial.bus.publish([trial.event('discovery', found)]);
  await until('it is known', async () => (await historyOf(of.deviceId, deviceDiscovered.type)) === 1);
  return of;
}

/** By hand, and not by the console that runs: it is over when this resolves. */
async function rebuilt() {
  const store = storeOf();
  await store.transaction(async (tx) => {
    await ask(tx, caller);
    await tx.query('delete from console.task');
  });
  const grip = { signal: new AbortController().signal, check: () => Promise.resolve() };
  await rebuild({ store, bus: trial.bus }, grip);
  await store.transaction((tx) => end(tx, null));
  return shown(store);
}

it('leaves what is parked to live: with the fault there it goes on, and nothing is told twice afterwards', async () => {
  const of = await discovered('FAULTY-1');
  const grouped = () => historyOf(of.deviceId, deviceGrouped.type);
  await trial.database.query(`create function console.bad() returns trigger language plpgsql as
    $$ begin if new.type = '${deviceGrouped.type}' then raise exception 'a fault'; end if; return new; end $$`);
  await trial.database.query(
    'create trigger bad before insert on console.history for each row execute function console.bad()',
  );
  const draft = deviceGrouped.draft({ ...deviceGrouped.example, ...of });
  await trial.bus.publish([trial.event('autogroup', draft)]);
  await until('it is parked', async () => (await count('parked')) === 1);
  await trial.database.query('update console.parked set due_at = null');
  expect(await rebuilt()).toMatchObject({ state: 'finished', devicesLeft: 0 });
  await trial.database.query('drop trigger bad on console.history');
  expect(await rebuilt()).toMatchObject({ state: 'finished', devicesLeft: 0 });
  expect(await grouped()).toBe(0);
  await trial.database.query('update console.parked set due_at = now()');
  await until('it is handled', async () => (await count('parked')) === 0);
  expect(await grouped()).toBe(1);
  await rebuilt();
  expect(await grouped()).toBe(1);
});

it('leaves a device as it is that cannot be made, names it, and makes the others', async () => {
  const [bad, good] = [await discovered('FAULTY-2'), await discovered('FAULTY-3')];
  const ids = [bad.deviceId, good.deviceId];
  await trial.database.query(`update console.history set text = 'wrong' where device_id = any($1::uuid[])`, [
    ids,
  ]);
  // The journal has lost the event, and the feed has it in a form that no rule can read.
  await trial.database.query(`delete from bus.event where body->>'subject' = $1`, [bad.deviceId]);
  await trial.database.query(
    `update console.feed set event = jsonb_set(event, '{data}', '{}') where event->>'subject' = $1`,
    [bad.deviceId],
  );
  const last = await rebuilt();
  expect(last).toMatchObject({ state: 'finished', failure: null, devicesLeft: 1 });
  expect(last.leftDevices).toEqual([
    { deviceId: bad.deviceId, reason: expect.stringContaining('TypeError') as unknown },
  ]);
  expect(last.devicesDone).toBe(last.devicesTotal);
  const texts = await trial.database.query<{ id: string; wrong: boolean }>(
    `select device_id as id, text = 'wrong' as wrong from console.history where device_id = any($1::uuid[])`,
    [ids],
  );
  expect(Object.fromEntries(texts.map(({ id, wrong }) => [id, wrong]))).toEqual({
    [bad.deviceId]: true,
    [good.deviceId]: false,
  });
  const { body } = await trial.ask('GET', '/api/projection/rebuild', { token: await trial.token('viewer') });
  expect(schemas.Rebuild.safeParse(body).error).toBeUndefined();
  expect((await rebuilt()).devicesLeft).toBe(1);
});
