// What only the embedded bus does: one transaction for many callers, tidying, and a process that dies in a batch.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { edgeConfigured } from '#events/settings';
import { claim } from '#store/inbox';
import { migrate } from '#store/migrate';
import { openEmbedded } from '#store/open';
import { Store, type Database } from '#store/store';
import { counted, edge, gather, idsOf, many, retired, settle, topology } from '../../test/support/buses.js';
import { listeningLog, silentLog } from '../../test/support/silent.js';
import { until } from '../../test/support/until.js';
import type { Bus } from './bus.js';
import { openEmbeddedBus, type EmbeddedBusOptions } from './embedded.js';

let database: Database;
let store: Store;
let bus: Bus;

beforeAll(async () => {
  database = await openEmbedded({ dir: null });
  await migrate(database, ['bus', 'alpha']);
  store = new Store(database, 'alpha');
});
afterEach(async () => {
  await bus.stop();
  await database.query('truncate bus.event, bus.delivery');
});
afterAll(() => database.close());

function open(options: Partial<EmbeddedBusOptions> = {}): Bus {
  bus = openEmbeddedBus({ database, topology, log: silentLog, ...options });
  return bus;
}

async function count(table: 'bus.event' | 'bus.delivery'): Promise<number> {
  const [row] = await database.query<{ count: number }>(`select count(*) as count from ${table}`);
  return row?.count ?? -1;
}

test('callers at the same time share transactions', async () => {
  open();
  await bus.publish([retired()]);
  const commits = async () => {
    const [row] = await database.query<{ id: number }>('select pg_current_xact_id()::text::bigint as id');
    return row?.id ?? 0;
  };
  const before = await commits();
  await Promise.all(many(300).map((event) => bus.publish([event])));
  expect((await commits()) - before).toBeLessThan(10);
  expect(await count('bus.event')).toBe(301);
});

test('an event that the database refuses does not take its neighbours along', async () => {
  open();
  const bad = { ...retired(), data: { text: 'a\u0000b' } };
  const outcomes = await Promise.allSettled([retired(), bad, retired()].map((event) => bus.publish([event])));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({ reason: { name: 'BusError', code: 'refused' } });
  expect(await count('bus.event')).toBe(2);
});

test('the same id twice is one event', async () => {
  open();
  const event = retired();
  await Promise.all([bus.publish([event]), bus.publish([event]), bus.publish([event])]);
  await bus.publish([event]);
  expect([await count('bus.event'), await count('bus.delivery')]).toEqual([1, 2]);
});

test('a settled event stays as the journal', async () => {
  open();
  const facts = await gather(bus, store, 'alpha.facts');
  await bus.publish([retired()]);
  await until('it is settled', () => facts.messages.length === 1);
  const left = await database.query('select queue from bus.delivery');
  expect(left).toEqual([{ queue: 'beta.facts' }]);
  expect(await count('bus.event')).toBe(1);
});

test('what a batch held when its process died comes again, one at a time', async () => {
  open();
  await bus.publish(many(50));
  const gate = Promise.withResolvers<void>();
  // A process that dies while it handles: nothing of it is settled.
  let entered = false;
  await bus.subscribe('alpha.facts', async (batch) => {
    entered = true;
    await gate.promise;
    batch.abandon();
  });
  await until('it is in the batch', () => entered);
  const next = openEmbeddedBus({ database, topology, log: silentLog });
  const facts = await gather(next, store, 'alpha.facts');
  await until('all came again', () => facts.messages.length === 50);
  expect(new Set(facts.sizes)).toEqual(new Set([1]));
  gate.resolve();
  await next.stop();
});

test('a message that ends its process is given up after 50 tries, and told', async () => {
  const log = listeningLog();
  open({ log });
  const poison = retired();
  await bus.publish([poison]);
  await database.query(`update bus.delivery set tries = 50 where queue = 'alpha.facts'`);
  const good = retired();
  await bus.publish([good]);
  const facts = await gather(bus, store, 'alpha.facts');
  await until('the good one is handled', () => facts.messages.length > 0);
  expect(idsOf(facts.messages)).toEqual([good.id]);
  expect(log.lines.map(({ message }) => message)).toEqual([expect.stringContaining('given up')]);
});

test('messages that take long come few at a time, so that nobody waits long for the connection', async () => {
  open();
  await bus.publish([retired()]);
  const sizes: number[] = [];
  await bus.subscribe('alpha.facts', async (batch) => {
    const positions = [...batch.messages.keys()];
    await store.transaction(async (tx) => {
      await batch.settleIn(tx, positions);
      await tx.query('select pg_sleep($1::float8)', [0.004 * positions.length]);
    });
    sizes.push(positions.length);
    batch.settled();
  });
  await until('the first was handled', () => sizes.length > 0);
  await bus.publish(many(60));
  const handled = () => sizes.reduce((sum, size) => sum + size, 0);
  await until('all are handled', () => handled() === 61);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
});

test('a try is counted before it is made', async () => {
  open();
  await bus.publish([retired()]);
  let tries: readonly object[] = [];
  await bus.subscribe('alpha.facts', async (batch) => {
    tries = await database.query(`select tries from bus.delivery where queue = 'alpha.facts'`);
    await settle(store, batch);
  });
  await until('it was handled', () => tries.length > 0);
  expect(tries).toEqual([{ tries: 1 }]);
});

test('a follower that fell behind reads all there is', async () => {
  open();
  await bus.publish([edge(1)]);
  const seen: unknown[] = [];
  await bus.follow(edgeConfigured, (event) => seen.push(event));
  // In one transaction, so that it is woken once.
  const more = Array.from({ length: 250 }, (_, n) => edge(n + 2));
  await bus.publish(more);
  await until('it has the last', () => seen.length > 250);
  expect(idsOf(seen.slice(1))).toEqual(more.map(({ id }) => id));
});

test('old events are trimmed, but never an unsettled one, nor the newest of a kept type', async () => {
  open({ keepMax: 1_000 });
  const configuration = edge(1);
  await bus.publish([configuration]);
  const unsettled = counted();
  const alpha = await gather(bus, store, 'alpha.facts');
  const beta = await gather(bus, store, 'beta.facts');
  for (let round = 0; round < 20; round += 1) await bus.publish(many(500));
  await until('all are settled', () => alpha.messages.length >= 10_000 && beta.messages.length >= 10_000);
  await beta.subscription.stop();
  await bus.publish([unsettled]);
  await bus.publish(many(5_000));
  await until('old ones are gone', async () => (await count('bus.event')) < 9_000);
  const seen: unknown[] = [];
  await bus.follow(edgeConfigured, (event) => seen.push(event));
  expect(seen).toEqual([configuration]);
  const again = await gather(bus, store, 'beta.facts');
  await until('the unsettled one is there', () => idsOf(again.messages).includes(unsettled.id));
});

test('the database is tidied by work done', async () => {
  open({ keepMax: 1_000 });
  const handled = Array.from({ length: 5 }, () => many(1_000).map(({ id }) => id));
  for (const ids of handled) await store.transaction((tx) => claim(tx, 'alpha', 'alpha.rules', ids));
  const alpha = await gather(bus, store, 'alpha.facts');
  const beta = await gather(bus, store, 'beta.facts');
  for (let round = 0; round < 30; round += 1) {
    await bus.publish(many(500));
    await until(
      'settled',
      () => beta.messages.length >= (round + 1) * 500 && alpha.messages.length >= (round + 1) * 500,
    );
  }
  await until('the delivery table was vacuumed', async () => {
    const [row] = await database.query<{ bytes: number }>(`select pg_relation_size('bus.delivery') as bytes`);
    return (row?.bytes ?? Infinity) < 1_500_000;
  });
  const ids = await until('the oldest ids are forgotten, with the rest of their batches', async () => {
    const left = await database.query<{ id: string }>('select event_id as id from alpha.inbox');
    return left.length <= 2_000 && left.map(({ id }) => id);
  });
  expect(ids).toEqual(expect.arrayContaining(handled.at(-1) ?? []));
});
