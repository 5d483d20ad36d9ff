import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '#store/migrate';
import { openEmbedded, openPostgres } from '#store/open';
import { Store, type Database } from '#store/store';
import { finish, again, look, pick, renew, take, type Claim } from '#store/task-claims';
import { activeTasks, cancel, enqueue, queuedTasks, type TaskRequest } from '#store/tasks';
import { freshDatabase } from '../../test/support/servers.js';

const schema = 'assessment';
const budget = 'instantOn';
type Payload = readonly number[];
const merge = (queued: Payload, joining: Payload): Payload => [...queued, ...joining];
const request = (key: string, payload: Payload, notBefore: Date | null = null): TaskRequest<Payload> => ({
  id: randomUUID(),
  kind: 'assess',
  key,
  budget,
  payload,
  notBefore,
});

const databases: Record<string, () => Promise<Database>> = {
  PostgreSQL: async () => openPostgres({ url: await freshDatabase() }),
  PGlite: () => openEmbedded({ dir: null }),
};

describe.each(Object.keys(databases))('tasks on %s', (name) => {
  let store: Store;
  beforeAll(async () => {
    const database = await databases[name]?.();
    if (!database) throw new Error('no such database');
    await migrate(database, [schema]);
    store = new Store(database, schema);
  });
  afterAll(() => store.database.close());
  beforeEach(() => store.query(`delete from ${schema}.task`));

  const add = (...requests: readonly TaskRequest<Payload>[]) =>
    store.transaction((tx) => enqueue(tx, schema, requests, merge));
  const claim = (limit: number, holder = 'one'): Promise<readonly Claim[]> =>
    store.transaction(async (tx) => {
      const picked = await pick(tx, schema, { kind: 'assess', budget, limit });
      return take(tx, schema, picked, holder);
    });
  const active = () => activeTasks(store, schema, { budget, limit: 100 });
  const only = async (limit = 10): Promise<Claim> => {
    const [first, ...others] = await claim(limit);
    if (!first || others.length > 0) throw new Error('not exactly one task was claimed');
    return first;
  };
  const expire = (held: Claim) =>
    store.query(`update ${schema}.task set lease_until = now() - interval '1 s' where id = $1`, [held.id]);

  it('a request joins the queued task of the same key, within a call and between calls; the earlier time is kept', async () => {
    const soon = new Date(Date.now() + 60_000);
    const first = request('a', [1], new Date(Date.now() + 120_000));
    const ids = await add(first, request('a', [2], soon), request('b', [9]));
    expect(ids.get(first.id)).toBe(first.id);
    const late = request('a', [3], new Date(Date.now() + 180_000));
    expect((await add(late)).get(late.id)).toBe(first.id);
    const tasks = await active();
    expect(tasks).toHaveLength(2);
    const a = tasks.find((task) => task.key === 'a');
    expect(a?.payload).toEqual([1, 2, 3]);
    expect(a?.notBefore.getTime()).toBe(soon.getTime());
  });

  it('a request never joins a running task: what that covers began before', async () => {
    await add(request('a', [1]));
    const running = await only();
    await add(request('a', [2]));
    expect(await claim(10)).toEqual([]);
    await store.transaction((tx) => finish(tx, schema, running));
    expect((await only()).task.payload).toEqual([2]);
  });

  it('nor one that waits for another try, and that runs first', async () => {
    await add(request('a', [1]));
    const first = await only();
    await again(store, schema, first, { afterMs: 0, because: 'failed' });
    await add(request('a', [2]));
    const second = await only();
    expect(second.task).toMatchObject({ id: first.id, payload: [1], attempt: 2 });
  });

  it('no more run than the budget allows', async () => {
    await add(...Array.from({ length: 20 }, (_, index) => request(`device-${index}`, [index])));
    expect(await claim(5)).toHaveLength(5);
    expect(await claim(5)).toHaveLength(0);
    expect(await claim(7)).toHaveLength(2);
  });

  it('no more run than the budget allows when many claim at once', async () => {
    await add(...Array.from({ length: 60 }, (_, index) => request(`device-${index}`, [index])));
    const claims = await Promise.all(Array.from({ length: 8 }, (_, index) => claim(10, `instance ${index}`)));
    expect(claims.flat()).toHaveLength(10);
    expect(new Set(claims.flat().map(({ id }) => id)).size).toBe(10);
  });

  it('many that queue the same keys at once make one task of each, with all they brought', async () => {
    const keys = Array.from({ length: 20 }, (_, index) => `device-${index}`);
    await Promise.all(
      Array.from({ length: 8 }, (_, writer) =>
        add(...keys.toReversed().map((key) => request(key, [writer]))),
      ),
    );
    const tasks = await active();
    expect(tasks).toHaveLength(20);
    for (const { payload } of tasks)
      expect(merge(payload as Payload, []).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('an expired lease is taken over, and its holder can save nothing any more', async () => {
    await add(request('a', [1]));
    const dead = await only();
    await expire(dead);
    const next = await only();
    expect(next.task).toMatchObject({ id: dead.id, attempt: 2 });
    expect((await look(store, schema, [dead])).size).toBe(0);
    expect((await renew(store, schema, [dead, next])).has(dead.token)).toBe(false);
    expect(await store.transaction((tx) => finish(tx, schema, dead))).toBe(false);
    expect(await again(store, schema, dead, { afterMs: 0, because: 'failed' })).toBe(false);
    expect(await active()).toHaveLength(1);
    expect(await store.transaction((tx) => finish(tx, schema, next))).toBe(true);
  });

  it('cancel ends what waits, and is seen by what runs', async () => {
    await add(request('a', [1]), request('b', [2]));
    await claim(1);
    const [running, queued] = (await active()).map(({ key }) => key);
    const ended = await store.transaction((tx) =>
      cancel(tx, schema, { kind: 'assess', keys: ['a', 'b'], because: 'device deleted' }),
    );
    expect(ended.map(({ key }) => key)).toEqual([queued]);
    const left = await active();
    expect(left.map(({ key, state }) => [key, state])).toEqual([[running, 'running']]);
  });

  it('cancel leaves what waits for another try to its worker, who ends it at once', async () => {
    await add(request('a', [1]));
    const [claimed] = await claim(1);
    if (!claimed) throw new Error('one was added');
    await again(store, schema, claimed, { afterMs: 60_000, because: 'failed' });
    const ended = await store.transaction((tx) =>
      cancel(tx, schema, { kind: 'assess', keys: ['a'], because: 'device deleted' }),
    );
    expect(ended).toEqual([]);
    expect(await claim(1)).toMatchObject([{ id: claimed.id, cancelledBecause: 'device deleted' }]);
  });

  it('queuedTasks names what may be joined', async () => {
    const first = request('a', [1]);
    await add(first, request('b', [2]));
    const [claimed] = await claim(1);
    const waiting = await store.transaction((tx) => queuedTasks(tx, schema, ['assess'], ['a', 'b', 'c']));
    expect(waiting.map(({ key }) => key)).toEqual(['a', 'b'].filter((key) => key !== claimed?.task.key));
  });

  it('a task that is not due is not claimed', async () => {
    await add(request('a', [1], new Date(Date.now() + 60_000)));
    expect(await claim(10)).toEqual([]);
    await add(request('a', [2]));
    expect(await claim(10)).toHaveLength(1);
  });
});
