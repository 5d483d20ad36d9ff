// Leases on a real PostgreSQL, beside others who lock the same rows.
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Leases } from '#bus/lease';
import { taskEnds } from '#bus/task-end';
import { migrate } from '#store/migrate';
import { openPostgres } from '#store/open';
import { Store } from '#store/store';
import { pick, renew, take, type Claim } from '#store/task-claims';
import { enqueue } from '#store/tasks';
import { deadlocksIn } from '../../test/support/deadlocks.js';
import { outboxBus } from '../../test/support/outbox-bus.js';
import { freshDatabase } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';

const schema = 'assessment';
const budget = 'instantOn';
const kind = 'assess';

async function openStore(url: string): Promise<Store> {
  const database = await openPostgres({ url });
  await migrate(database, [schema]);
  return new Store(database, schema);
}

/** Tasks that run, in an order that is not that of their keys. */
async function claimed(store: Store, count: number): Promise<readonly Claim[]> {
  const requests = Array.from({ length: count }, () => {
    return { id: randomUUID(), kind, key: randomUUID(), budget, payload: {}, notBefore: null };
  });
  for (const request of requests) {
    await store.transaction((tx) => enqueue(tx, schema, [request], (_, joining) => joining));
  }
  return store.transaction(async (tx) =>
    take(tx, schema, await pick(tx, schema, { kind, budget, limit: count }), 'test'),
  );
}

it('renewals and ends of the same tasks never wait for each other crosswise', async () => {
  const url = await freshDatabase();
  const store = await openStore(url);
  const saveEnd = taskEnds({ store, bus: outboxBus, worker: { endsTogether: true } });
  const cause = { id: null, traceparent: null };
  let renewals = 0;
  try {
    for (let round = 0; round < 12; round += 1) {
      const claims = await claimed(store, 40);
      let ending = true;
      const goOn = async (mine: readonly Claim[]): Promise<void> => {
        while (ending) {
          await renew(store, schema, mine);
          renewals += 1;
        }
      };
      // Those that are asked for while the first is being saved go together.
      const ends = claims.map((claim) => saveEnd({ claim, finish: { events: [] }, cause }));
      const [saved] = await Promise.all([
        Promise.all(ends).finally(() => (ending = false)),
        ...[claims, claims.toReversed(), claims.slice(10).toReversed()].map(goOn),
      ]);
      expect(new Set(saved)).toEqual(new Set(['done']));
    }
  } finally {
    await store.database.close();
  }
  expect(renewals).toBeGreaterThan(0);
  expect(await deadlocksIn(url)).toBe(0);
});

describe('a renewal whose first try fails', () => {
  let store: Store;
  let other: Client;
  beforeAll(async () => {
    const url = await freshDatabase();
    store = await openStore(url);
    other = new Client({ connectionString: url });
    await other.connect();
  });
  afterAll(async () => {
    await other.end();
    await store.database.close();
  });
  beforeEach(() => store.query(`truncate ${schema}.task`));

  /** The session whose statement waits for the row that `other` has locked. */
  const waiting = async (): Promise<number | undefined> => {
    const { rows } = await other.query<{ pid: number }>(
      'select pid from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))',
    );
    return rows[0]?.pid;
  };
  const leasedUntil = async ({ id }: Claim): Promise<Date | undefined> => {
    const { rows } = await other.query<{ until: Date }>(
      `select lease_until as until from ${schema}.task where id = $1`,
      [id],
    );
    return rows[0]?.until;
  };

  // Who waits for its next turn has lost it by then.
  it.each([
    {
      why: 'as its connection breaks',
      times: { renewEveryMs: 3_000, giveUpAfterMs: 5_500 },
      fail: (pid: number) => other.query('select pg_terminate_backend($1)', [pid]),
    },
    {
      why: 'as another holds its row for longer than a statement waits',
      times: { renewEveryMs: 5_000, giveUpAfterMs: 9_500 },
      fail: () => until('it waits no longer', async () => (await waiting()) === undefined),
    },
  ])('keeps the lease by its second, $why', async ({ times, fail }) => {
    const [claim] = await claimed(store, 1);
    if (!claim) throw new Error('one is');
    const before = await leasedUntil(claim);
    const leases = new Leases(store, times);
    const { grip, letGo } = leases.grip(claim, 60_000);
    try {
      await other.query('begin');
      await other.query(`select from ${schema}.task where id = $1 for update`, [claim.id]);
      await fail(await until('the renewal waits', waiting));
      await other.query('rollback');
      await until('it is renewed', async () => String(await leasedUntil(claim)) !== String(before));
      await grip.check();
      expect(grip.signal.aborted).toBe(false);
    } finally {
      letGo();
      await leases.stop();
      await other.query('rollback');
    }
  });
});
