// Events on their way from rows to a broker that takes its time.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { saveOutbox } from '#store/outbox';
import { migrate } from '#store/migrate';
import { openEmbedded } from '#store/open';
import { Store, type Database } from '#store/store';
import { many } from '../../test/support/buses.js';
import { silentLog } from '../../test/support/silent.js';
import { until } from '../../test/support/until.js';
import { Relay } from './relay.js';

let database: Database;
beforeAll(async () => {
  database = await openEmbedded({ dir: null });
  await migrate(database, ['alpha']);
});
afterAll(() => database.close());

it('stops, all sent and forgotten, though it stops while it waits for what it found in the outbox', async () => {
  await database.transaction((tx) => saveOutbox(tx, 'alpha', many(500)));
  await database.query(`update alpha.outbox set claimed_until = now() - interval '1 second'`);
  const gate = Promise.withResolvers<void>();
  let sending = 0;
  const send = async (): Promise<void> => {
    sending += 1;
    await gate.promise;
  };
  const store = new Store(database, 'alpha');
  const relay = new Relay({ store, send, problem: () => null, log: silentLog, everyMs: 10 });
  await until('all are under way', () => sending === 500);
  const stopped = relay.stop();
  gate.resolve();
  await stopped;
  expect(await database.query('select id from alpha.outbox')).toEqual([]);
});
