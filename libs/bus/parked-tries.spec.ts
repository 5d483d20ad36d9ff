// Parked deliveries whose try does not end, on both databases: counted, tried alone, and dead at last.
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { consumer, type Consumer } from '#bus/consumer';
import { deliveryDied, deliveryReplayRequested } from '#events/delivery';
import { deviceFlapping } from '#events/device';
import { begin, giveBack, takeBack } from '#store/parked-tries';
import { park, revive } from '#store/parking';
import type { Store } from '#store/store';
import { databases, openFor, published, startFed, type Fed } from '../../test/support/fed-delivery.js';
import { until } from '../../test/support/until.js';

const name = 'licensing.counting';

/** Notes the serial numbers of each batch; `load` may throw. */
const noting = (batches: string[][], load: () => void = () => undefined): Consumer =>
  consumer({
    name,
    on: [deviceFlapping],
    load: (_, events) => {
      batches.push(events.map(({ data }) => data.serial).toSorted());
      load();
      return Promise.resolve(null);
    },
    decide: () => ({ changes: [], events: [] }),
    save: () => Promise.resolve(),
  });

describe.each(Object.keys(databases))('parked tries on %s', (kind) => {
  let fed: Fed | null = null;
  afterEach(async () => {
    await fed?.stop();
    fed = null;
  });

  const ids = new Map<string, string>();
  const parkAll = async (store: Store, ...serials: readonly string[]): Promise<void> => {
    const rows = serials.map((serial) => {
      const data = { deviceId: randomUUID(), serial, announcedPerMinute: 16 };
      const event = published(deviceFlapping.draft(data));
      ids.set(serial, event.id);
      return { event, attempts: 1, delayMs: 0, reason: 'test', waits: false };
    });
    await store.transaction((tx) => park(tx, store.schema, name, rows));
  };
  const hurry = (store: Store) =>
    store.query('update licensing.parked set due_at = now() where due_at is not null');
  /** What a process leaves behind that dies while it tries what is due. */
  const dieTrying = async (store: Store): Promise<readonly string[]> => {
    await hurry(store);
    const rows = await begin(store, store.schema, { id: randomUUID(), consumer: name }, 50);
    return rows.map(({ event }) => deviceFlapping.schema.parse(event.data).serial);
  };
  const begun = async (store: Store): Promise<Record<string, number>> => {
    const rows = await store.query<{ serial: string; begun: number }>(
      `select event->'data'->>'serial' as serial, begun from licensing.parked`,
    );
    return Object.fromEntries(rows.map((row) => [row.serial, row.begun]));
  };

  it('tries what a process died of alone, and the others together', async () => {
    const store = await openFor(kind, 'licensing');
    await parkAll(store, 'AAAA', 'BBBB');
    expect(await dieTrying(store)).toEqual(['AAAA', 'BBBB']);
    await parkAll(store, 'CCCC', 'DDDD');
    await hurry(store);
    const batches: string[][] = [];
    fed = await startFed(store, [noting(batches)]);
    await until('all are done', async () => Object.keys(await begun(store)).length === 0);
    expect(batches[0]).toEqual(['CCCC', 'DDDD']);
    expect(batches.slice(1).toSorted()).toEqual([['AAAA'], ['BBBB']]);
  });

  it('gives up what ten processes died of, without trying it, and begins anew when it is replayed', async () => {
    const store = await openFor(kind, 'licensing');
    await parkAll(store, 'KILLER');
    for (let deaths = 0; deaths < 10; deaths += 1) expect(await dieTrying(store)).toEqual(['KILLER']);
    await hurry(store);
    const batches: string[][] = [];
    fed = await startFed(store, [noting(batches)]);
    await until('it is told', async () => (await fed?.told(deliveryDied))?.length === 1);
    const reason = expect.stringContaining('its process died 10 times in a row');
    const eventId = ids.get('KILLER') ?? '';
    expect(await fed.told(deliveryDied)).toMatchObject([{ consumer: name, eventId, reason }]);
    expect(await fed.parked()).toEqual([reason]);
    expect(batches).toEqual([]);

    const request = { consumer: name, eventId, action: 'replay', requestedBy: 'admin' } as const;
    await fed.feed(published(deliveryReplayRequested.draft(request)));
    await until('it is tried', () => batches.length === 1);
    await until('it is done', async () => (await fed?.parked())?.length === 0);
  });

  it('forgets the deaths of what is replayed', async () => {
    const store = await openFor(kind, 'licensing');
    await parkAll(store, 'KILLER');
    await dieTrying(store);
    await store.query('update licensing.parked set due_at = null');
    await store.transaction((tx) => revive(tx, 'licensing', [name], [ids.get('KILLER') ?? '']));
    expect(await begun(store)).toEqual({ KILLER: 0 });
  });

  it('does not count what a lost database ended', async () => {
    const store = await openFor(kind, 'licensing');
    await parkAll(store, 'HONEST');
    // One more would be too many.
    for (let deaths = 0; deaths < 9; deaths += 1) await dieTrying(store);
    await hurry(store);
    let losses = 0;
    const batches: string[][] = [];
    const losing = noting(batches, () => {
      if ((losses += 1) <= 3) throw Object.assign(new Error('shutting down'), { code: '57P01' });
    });
    fed = await startFed(store, [losing]);
    await until('it is done', async () => Object.keys(await begun(store)).length === 0);
    expect(batches).toHaveLength(4);
    expect(await fed.told(deliveryDied)).toEqual([]);
  });

  it('lets two instances begin different rows, and the later of two take one that both began', async () => {
    const store = await openFor(kind, 'licensing');
    await parkAll(store, ...Array.from({ length: 60 }, (_, n) => `N${n}`));
    const [one, other] = [randomUUID(), randomUUID()].map((id) => ({ id, consumer: name }));
    if (!one || !other) throw new Error('there are two');
    const [first, second] = await Promise.all(
      [one, other].map((each) => begin(store, 'licensing', each, 30)),
    );
    const taken = [...(first ?? []), ...(second ?? [])].map(({ event }) => event.id);
    expect(new Set(taken).size).toBe(60);

    await hurry(store);
    const late = await begin(store, 'licensing', { id: other.id, consumer: name }, 50);
    const [stolen] = late;
    expect(late).toMatchObject([{ deaths: 1 }]);
    const id = stolen?.event.id ?? '';
    const mine = first?.find(({ event }) => event.id !== id)?.event.id ?? '';
    const took = await store.transaction((tx) => takeBack(tx, 'licensing', one, [id, mine]));
    expect([...took]).toEqual([mine]);
    const before = await begun(store);
    await giveBack(store, 'licensing', [other.id]);
    expect(Object.values(before).filter((count) => count === 2)).toHaveLength(1);
    expect(Object.values(await begun(store)).filter((count) => count === 2)).toEqual([]);
  });
});
