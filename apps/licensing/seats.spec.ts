// 64 devices announce at once to two instances while ten seats are left: exactly ten get one (R41).
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceDiscovered, deviceLicensed, deviceRetired, deviceUnlicensed } from '#events/device';
import type { Event } from '#events/event';
import { licenceChanged, seatsCounted } from '#events/licence';
import type { Store } from '#store/store';
import { databases, openFor, published, startFed, type Fed } from '../../test/support/fed-delivery.js';
import { outboxBus } from '../../test/support/outbox-bus.js';
import { seats } from './consumer.js';
import { tellFirstCount } from './first-count.js';
import { sweep } from './sweep.js';

const discovered = (deviceId: string): Event =>
  published(deviceDiscovered.draft({ ...deviceDiscovered.example, deviceId, announcements: [randomUUID()] }));
const retired = (deviceId: string): Event =>
  published(deviceRetired.draft({ ...deviceRetired.example, deviceId }));
const licence = (version: number, count: number): Event =>
  published(
    licenceChanged.draft({
      ...licenceChanged.example,
      id: 'acme',
      version,
      body: { customer: 'Acme', seats: count, expiresAt: null, graceDays: 0 },
    }),
  );
const ids = (count: number): readonly string[] => Array.from({ length: count }, () => randomUUID());

describe.each(Object.keys(databases))('seats on %s', (name) => {
  let store: Store;
  let instances: readonly [Fed, Fed];

  beforeEach(async () => {
    store = await openFor(name, 'licensing');
    instances = [await startFed(store, [seats]), await startFed(store, [seats])];
  });
  afterEach(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
  });

  const sweepAll = async (): Promise<void> => {
    for (let round = 0; round < 10; round += 1) if ((await sweep(store, outboxBus)) === 0) return;
    throw new Error('the sweep finds something to do for ever');
  };
  const leave = (seatsLeft: number) => store.query(`update licensing.pool set seats = $1`, [seatsLeft]);
  const held = async () =>
    (
      await store.query<{ taken: number; held: number; waiting: number }>(
        `select taken, (select count(*) from licensing.device where pool is not null) as held,
         (select count(*) from licensing.device where pool is null and not retired) as waiting from licensing.pool where id = 'community'`,
      )
    )[0];

  it('tells how many seats there are before anything happened, and not again', async () => {
    const [one] = instances;
    await tellFirstCount(store, outboxBus);
    expect(await one.told(seatsCounted)).toEqual([{ seats: 500, taken: 0, waiting: 0 }]);
    await one.feed(...ids(1).map(discovered));
    await tellFirstCount(store, outboxBus);
    expect((await one.told(seatsCounted)).map(({ taken }) => taken)).toEqual([0, 1]);
  });

  it('forgets a deleted device in time', async () => {
    const [one] = instances;
    const [first = '', second = ''] = ids(2);
    await one.feed(discovered(first), discovered(second), retired(first));
    await store.query(`update licensing.device set retired_at = retired_at - interval '100 days'`);
    await one.feed(retired(second));
    expect(await store.query(`select id from licensing.device`)).toEqual([{ id: second }]);
  });

  it('gives the last ten to exactly ten of 64', async () => {
    await leave(10);
    const [one, two] = instances;
    await Promise.all(ids(64).map((id, index) => (index % 2 === 0 ? one : two).feed(discovered(id))));
    expect(await one.told(deviceLicensed)).toHaveLength(10);
    expect(await one.told(deviceUnlicensed)).toHaveLength(54);
    expect(await held()).toEqual({ taken: 10, held: 10, waiting: 54 });
    expect((await one.told(seatsCounted)).at(-1)).toEqual({ seats: 10, taken: 10, waiting: 54 });
    expect(await one.parked()).toEqual([]);
  });

  it('does nothing for the same event twice, and no harm for the same device twice', async () => {
    const [one, two] = instances;
    const [id = ''] = ids(1);
    const event = discovered(id);
    await Promise.all([one.feed(event), two.feed(event), two.feed(discovered(id))]);
    expect(await one.told(deviceLicensed)).toHaveLength(2);
    expect(await held()).toEqual({ taken: 1, held: 1, waiting: 0 });
  });

  it('goes on in order of arrival, freed and added in the same batch or later', async () => {
    await leave(2);
    const [one, two] = instances;
    const [a = '', b = '', c = '', d = '', e = ''] = ids(5);
    await one.feed(discovered(a), discovered(b), discovered(c), discovered(d), discovered(e));
    await two.feed(retired(a));
    await two.feed(licence(1, 1));
    const licensed = await one.told(deviceLicensed);
    expect(licensed.map(({ deviceId }) => deviceId)).toEqual([a, b, c, d]);
    expect(licensed.map(({ pool }) => pool)).toEqual(['community', 'community', 'community', 'acme']);
    await one.feed(retired(b), retired(c));
    expect((await one.told(deviceLicensed)).at(-1)).toMatchObject({ deviceId: e, trigger: 'seatFreed' });
    expect(await held()).toEqual({ taken: 1, held: 2, waiting: 0 });
  });

  it('sweeps what events do not: a shrunk licence and a long queue', async () => {
    await leave(0);
    const [one] = instances;
    await one.feed(licence(1, 3), ...ids(5).map(discovered));
    await one.feed(licence(2, 1));
    await sweepAll();
    expect((await one.told(seatsCounted)).at(-1)).toEqual({ seats: 1, taken: 1, waiting: 4 });
    await leave(4);
    await sweepAll();
    expect((await one.told(seatsCounted)).at(-1)).toMatchObject({ taken: 5, waiting: 0 });
    expect(await sweep(store, outboxBus)).toBe(0);
  });
});
