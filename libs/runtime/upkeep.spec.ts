import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { claim } from '#store/inbox';
import { migrate } from '#store/migrate';
import { openEmbedded } from '#store/open';
import { Store, type Database } from '#store/store';
import { silentLog } from '../../test/support/silent.js';
import { until } from '../../test/support/until.js';
import { keepUp } from './upkeep.js';

let database: Database;
beforeAll(async () => {
  database = await openEmbedded({ dir: null });
  await migrate(database, ['alpha']);
});
afterAll(() => database.close());

it('forgets ids that no repeat can come for, all of them, and no younger one', async () => {
  const store = new Store(database, 'alpha');
  const ids = Array.from({ length: 2_500 }, () => randomUUID());
  await store.transaction((tx) => claim(tx, 'alpha', 'alpha.old', ids));
  await database.query(`update alpha.inbox set taken_at = now() - interval '15 days'`);
  await store.transaction((tx) => claim(tx, 'alpha', 'alpha.young', ids.slice(0, 3)));
  const left = () =>
    database.query<{ consumer: string; n: number }>(
      'select consumer, count(*) as n from alpha.inbox group by consumer',
    );
  const upkeep = keepUp({ store, log: silentLog, firstMs: 0 });
  await until('the old ones are gone', async () => (await left()).length === 1);
  await upkeep.stop();
  expect(await left()).toEqual([{ consumer: 'alpha.young', n: 3 }]);
});
