import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { metrics } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Bus } from '#bus/bus';
import { LeaseLost, TaskCancelled } from '#bus/lease';
import { runWorkers, worker, type Grip, type RunningWorkers, type Worker } from '#bus/worker';
import { seatsCounted } from '#events/licence';
import { listenerReported } from '#events/listener';
import { migrate } from '#store/migrate';
import { openEmbedded, openPostgres } from '#store/open';
import { saveOutbox } from '#store/outbox';
import { Store, type Database } from '#store/store';
import { activeTasks, cancel, enqueue, type Task, type TaskRequest } from '#store/tasks';
import { freshDatabase } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';

const saying = (part: string): unknown => expect.stringContaining(part);
const schema = 'assessment';
const budget = 'instantOn';
const quiet = (): void => undefined;
const log = { info: quiet, warn: quiet, error: quiet };
const meter = metrics.getMeter('test');
const payload = z.object({ what: z.string() });
type Payload = z.infer<typeof payload>;

/** The outbox without a broker: what a transaction recorded lies there. */
const bus: Pick<Bus, 'record'> = { record: (tx, owner, events) => saveOutbox(tx, owner, events) };
const told = (taken: number) => seatsCounted.draft({ seats: 0, taken, waiting: 0 });

const request = (key: string): TaskRequest<Payload> => ({
  id: randomUUID(),
  kind: 'assess',
  key,
  budget,
  payload: { what: key },
  notBefore: null,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
});

const databases: Record<string, () => Promise<Database>> = {
  PostgreSQL: async () => openPostgres({ url: await freshDatabase() }),
  PGlite: () => openEmbedded({ dir: null }),
};

describe.each(Object.keys(databases))('workers on %s', (name) => {
  let store: Store;
  let running: RunningWorkers[] = [];
  beforeAll(async () => {
    const database = await databases[name]?.();
    if (!database) throw new Error('no such database');
    await migrate(database, [schema]);
    store = new Store(database, schema);
  });
  afterAll(() => store.database.close());
  beforeEach(() => store.query(`truncate ${schema}.task, ${schema}.outbox`));
  afterEach(async () => {
    await Promise.all(running.map((one) => one.stop()));
    running = [];
  });

  const add = (...keys: readonly string[]) =>
    store.transaction((tx) => enqueue(tx, schema, keys.map(request), (_, joining) => joining));
  const active = () => activeTasks(store, schema, { budget, limit: 1000 });
  const events = async () =>
    (
      await store.query<{ event: { data: { taken: number; failure?: string } } }>(
        `select event from ${schema}.outbox order by sequence`,
      )
    ).map(({ event }) => event);
  const defaults = {
    kind: 'assess',
    keyIs: 'device' as const,
    budget,
    limit: () => Promise.resolve(10),
    failed: () => ({ events: [told(99)] }),
    retryDelaysMs: [],
    payload,
  };
  const start = (
    run: Worker<Payload>['run'],
    of: Partial<Worker<Payload>> = {},
    times = {},
  ): RunningWorkers => {
    const one = runWorkers({
      store,
      bus: bus as Bus,
      workers: [worker<Payload>({ ...defaults, run, ...of })],
      log,
      meter,
      service: schema,
      instance: `instance ${running.length}`,
      times: { renewEveryMs: 10_000, giveUpAfterMs: 20_000, ...times },
    });
    running.push(one);
    return one;
  };

  it('two runners never exceed the budget, and all is done, each task once', async () => {
    let now = 0;
    let most = 0;
    const done: string[] = [];
    const run = async (task: Task<Payload>) => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      done.push(task.payload.what);
      now -= 1;
      return { events: [] };
    };
    start(run, { limit: () => Promise.resolve(4) });
    start(run, { limit: () => Promise.resolve(4) });
    const keys = Array.from({ length: 60 }, (_, index) => `device-${index}`);
    await add(...keys);
    await until('all tasks are done', async () => (await active()).length === 0);
    expect(most).toBeLessThanOrEqual(4);
    expect(done.toSorted()).toEqual(keys.toSorted());
  });

  it('an end that tells half a character and a NUL, which no database keeps, is an end all the same', async () => {
    const halves = listenerReported.draft({ ...listenerReported.example, failure: '\ud83d \u0000' });
    start(() => Promise.resolve({ events: [halves] }));
    await add('device-1');
    await until('the task is done', async () => (await active()).length === 0);
    expect(await events()).toMatchObject([{ data: { failure: '\ufffd \ufffd' } }]);
  });

  it('is woken by what its own process queues, far sooner than it would look', async () => {
    let ran = 0;
    start(() => Promise.resolve({ events: [] }).finally(() => (ran = performance.now())));
    await add('first');
    await until('the first is done', async () => (await active()).length === 0);
    const queued = performance.now();
    await add('second');
    await until('the second is done', async () => (await active()).length === 0);
    expect(ran - queued).toBeLessThan(500);
  });

  it('the result, the events and the end of the task are one: with the trace of who asked', async () => {
    await store.query(`create table if not exists ${schema}.mark (key text)`);
    start((task) =>
      Promise.resolve({
        events: [told(1)],
        save: async (tx) => void (await tx.query(`insert into ${schema}.mark values ($1)`, [task.key])),
      }),
    );
    await add('a');
    await until('it is done', async () => (await active()).length === 0);
    expect(await store.query(`select key from ${schema}.mark`)).toEqual([{ key: 'a' }]);
    expect(await events()).toMatchObject([
      {
        type: 'seats.counted',
        publisher: schema,
        traceparent: saying('0af7651916cd43dd8448eb211c80319c'),
      },
    ]);
  });

  it('a failed run is tried again after its delay, then its worker says how it failed', async () => {
    const attempts: number[] = [];
    const run = (task: Task<Payload>) => {
      attempts.push(task.attempt);
      return Promise.reject(new Error('the device does not answer'));
    };
    start(run, { retryDelaysMs: [1, 1], failed: (_, error) => ({ events: [told(error.message.length)] }) });
    await add('a');
    await until('it is given up', async () => (await active()).length === 0);
    expect(attempts).toEqual([1, 2, 3]);
    expect(await events()).toMatchObject([{ data: { taken: 26 } }]);
  });

  it('what a killed runner held is taken over when its lease ends; it can save nothing any more', async () => {
    const stuck = Promise.withResolvers<{ events: never[] }>();
    const second: number[] = [];
    const takeOver = ({ attempt }: { readonly attempt: number }) => {
      second.push(attempt);
      return Promise.resolve({ events: [told(2)] });
    };
    let grip: Grip | undefined;
    // The first lives on, and may be the one that finds its lease at an end.
    start((task, held) => {
      if (grip) return takeOver(task);
      grip = held;
      return stuck.promise;
    });
    await add('a');
    const held = await until('it runs', () => grip);
    await store.query(`update ${schema}.task set lease_until = now() - interval '1 s'`);
    start(takeOver);
    await until('the other one did it', async () => (await active()).length === 0);
    expect(second).toEqual([2]);
    await expect(held.check()).rejects.toThrow(LeaseLost);
    stuck.resolve({ events: [] });
    await until('both are at rest', async () => (await events()).length === 1);
  });

  it('I/O is aborted when the lease cannot be renewed in time', async () => {
    const aborted = Promise.withResolvers<unknown>();
    const times = { renewEveryMs: 20, giveUpAfterMs: 100 };
    start(
      async (_, { signal }) => {
        await once(signal, 'abort');
        aborted.resolve(signal.reason);
        throw signal.reason;
      },
      {},
      times,
    );
    await add('a');
    await until('it runs', async () => (await active()).some(({ state }) => state === 'running'));
    await store.query(`update ${schema}.task set lease_token = gen_random_uuid()`);
    expect(await aborted.promise).toBeInstanceOf(LeaseLost);
  });

  it('a cancelled run hears of it, and ends as its worker says', async () => {
    start(
      async (_, { signal }) => {
        await once(signal, 'abort');
        throw new Error('the call was aborted');
      },
      {
        retryDelaysMs: [1, 1, 1],
        failed: (_, error) => ({ events: error instanceof TaskCancelled ? [told(7)] : [] }),
      },
      { renewEveryMs: 20 },
    );
    await add('a');
    await until('it runs', async () => (await active()).some(({ state }) => state === 'running'));
    await store.transaction((tx) => cancel(tx, schema, { kind: 'assess', keys: ['a'], because: 'deleted' }));
    await until('it ended', async () => (await active()).length === 0);
    expect(await events()).toMatchObject([{ data: { taken: 7 } }]);
  });

  it('what an end finds under locks is told with it, and may ask for another run', async () => {
    let runs = 0;
    start(() => {
      runs += 1;
      const againAt = runs === 1 ? { againAt: new Date() } : {};
      return Promise.resolve({
        events: [],
        settle: () => Promise.resolve({ events: [told(runs)], ...againAt }),
      });
    });
    await add('a');
    await until('it ended', async () => (await active()).length === 0);
    expect(await events()).toMatchObject([{ data: { taken: 1 } }, { data: { taken: 2 } }]);
  });

  it('tells of a task that it cannot read, and drops it', async () => {
    start(() => Promise.reject(new Error('must not run')), {
      payload: {
        parse: () => {
          throw new Error('of another version');
        },
      },
      unreadable: () => Promise.resolve([told(5)]),
    });
    await add('a');
    await until('it is dropped', async () => (await active()).length === 0);
    expect(await events()).toMatchObject([{ data: { taken: 5 } }]);
  });

  it('of runs that end together, one that may save nothing costs the others nothing', async () => {
    const keys = Array.from({ length: 8 }, (_, place) => `device-${place}`);
    const held = Promise.withResolvers<void>();
    const saving = Promise.withResolvers<void>();
    const lock = Promise.withResolvers<void>();
    let saved = 0;
    start(
      async ({ key }) => {
        if (key !== 'device-0') await held.promise;
        return {
          events: [told(1)],
          save: async (tx) => {
            if (key === 'device-0') {
              saving.resolve();
              await lock.promise;
            }
            if (key === 'device-6') await tx.query('select 1 / 0');
            saved += 1;
          },
        };
      },
      { endsTogether: true },
    );
    await add(...keys);
    // The others end while the first end is being saved. Another has the task of one by then, and one fails for good.
    await saving.promise;
    held.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    lock.resolve();
    await until('the first end is saved', async () => (await events()).length >= 1);
    await until('the others are saved', async () => (await events()).length === 7);
    expect((await active()).map(({ key, state }) => [key, state])).toEqual([['device-6', 'running']]);
    expect(saved).toBeGreaterThan(7);
  });

  it('begin may put a task off: it stays queued and may be joined', async () => {
    const later = new Date(Date.now() + 60_000);
    const put = start(() => Promise.reject(new Error('must not run')), {
      begin: () => Promise.resolve({ end: { events: [told(3)], againAt: later } }),
    });
    await add('a');
    await until('it is put off', async () => (await events()).length === 1);
    expect(await active()).toMatchObject([{ state: 'queued', attempt: 0, notBefore: later }]);
    await put.stop();
  });

  it('a run that never settles counts as failed once its time is over, and holds its task no longer', async () => {
    const never = new Promise<never>(() => undefined);
    const attempts: number[] = [];
    start(
      (task) => {
        attempts.push(task.attempt);
        return task.attempt === 1 ? never : Promise.resolve({ events: [told(task.attempt)] });
      },
      { runMaxMs: 50, retryDelaysMs: [1], limit: () => Promise.resolve(1) },
    );
    await add('a');
    await until('the next run did it', async () => (await active()).length === 0);
    expect(attempts).toEqual([1, 2]);
    expect(await events()).toMatchObject([{ data: { taken: 2 } }]);
  });

  it('where that is said of it, a run whose time is over is the last', async () => {
    const attempts: number[] = [];
    start(
      (task) => {
        attempts.push(task.attempt);
        return new Promise<never>(() => undefined);
      },
      { runMaxMs: 50, retryDelaysMs: [1], endsIfTooLong: true, limit: () => Promise.resolve(1) },
    );
    await add('a');
    await until('it has ended', async () => (await active()).length === 0);
    expect(attempts).toEqual([1]);
  });

  it('stop waits no longer than some seconds for a run that does not heed it, and gives its task back', async () => {
    const one = start(() => new Promise<never>(() => undefined));
    await add('a');
    await until('it runs', async () => (await active()).some(({ state }) => state === 'running'));
    const began = performance.now();
    await one.stop();
    expect(performance.now() - began).toBeLessThan(12_000);
    expect(await active()).toMatchObject([{ state: 'waiting', attempt: 0 }]);
  });

  it('stop lets a run end', async () => {
    const gate = Promise.withResolvers<void>();
    const one = start(async () => {
      await gate.promise;
      return { events: [told(1)] };
    });
    await add('a');
    await until('it runs', async () => (await active()).some(({ state }) => state === 'running'));
    const stopped = one.stop();
    gate.resolve();
    await stopped;
    expect(await events()).toHaveLength(1);
    expect(await active()).toEqual([]);
  });
});
