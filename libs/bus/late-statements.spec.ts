// Statements that take too long: an event's own, which must not hold up the others for ever; or those of a database that
// answers nobody, where the batch is held and nothing is given up.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { consumer, type Consumer } from '#bus/consumer';
import { deliveryDied } from '#events/delivery';
import { deviceFlapping } from '#events/device';
import type { Event } from '#events/event';
import { migrate } from '#store/migrate';
import { openPostgres } from '#store/open';
import { Store, type Database, type Tx } from '#store/store';
import { published, startFed, type Fed } from '../../test/support/fed-delivery.js';
import { freshDatabase } from '../../test/support/servers.js';
import { tcpProxy, type TcpProxy } from '../../test/support/tcp-proxy.js';
import { until } from '../../test/support/until.js';

const flapping = (serial: string): Event =>
  published(deviceFlapping.draft({ ...deviceFlapping.example, serial }));

describe('a statement that takes too long', () => {
  let proxy: TcpProxy;
  let direct: Database;
  let database: Database;
  let store: Store;
  let fed: Fed | null = null;
  let ended: (() => void) | null = null;

  beforeEach(async () => {
    const url = await freshDatabase();
    direct = await openPostgres({ url });
    await migrate(direct, ['licensing']);
    await direct.query('create table licensing.seen (serial text primary key, n int not null default 0)');
    await direct.query(`insert into licensing.seen (serial) values ('GOOD'), ('LATE'), ('FINE')`);
    proxy = await tcpProxy(url);
    database = await openPostgres({ url: proxy.url, statementLimitMs: 2_000 });
    store = new Store(database, 'licensing');
  });
  afterEach(async () => {
    ended?.();
    ended = null;
    proxy.open();
    proxy.release();
    await fed?.stop();
    fed = null;
    await database.close();
    await direct.close();
    await proxy.stop();
  });

  /** Counts; `late` is what comes before the statement for the serial number LATE. */
  const counting = (late: (tx: Tx) => Promise<unknown>): Consumer =>
    consumer({
      name: 'licensing.counting',
      on: [deviceFlapping],
      load: async (tx, events) => {
        const serials = events.map(({ data }) => data.serial);
        if (serials.includes('LATE')) await late(tx);
        await tx.query(
          'select from licensing.seen where serial = any($1::text[]) order by serial for update',
          [serials],
        );
      },
      decide: ({ data }) => ({ changes: [data.serial], events: [] }),
      save: async (tx, serials) => {
        await tx.query('update licensing.seen set n = n + 1 where serial = any($1::text[])', [serials]);
      },
    });
  const counted = async (): Promise<readonly string[]> => {
    const rows = await direct.query<{ serial: string; n: number }>(
      'select serial, n from licensing.seen where n > 0',
    );
    return rows.map(({ serial, n }) => `${serial} ${n}`).toSorted();
  };
  const parked = () =>
    direct.query<{ attempts: number; dead: boolean; reason: string }>(
      'select attempts, due_at is null as dead, reason from licensing.parked',
    );
  /** As another session holds it, until it is let go. */
  const lock = async (): Promise<void> => {
    const held = Promise.withResolvers<undefined>();
    const over = Promise.withResolvers<undefined>();
    const holding = direct.transaction(async (tx) => {
      await tx.query(`select from licensing.seen where serial = 'LATE' for update`);
      held.resolve(undefined);
      await over.promise;
    });
    ended = () => {
      over.resolve(undefined);
      void holding.catch(() => undefined);
    };
    await held.promise;
  };

  const kinds = [
    {
      how: 'waits for a lock',
      late: 'set local lock_timeout = 100',
      reason: /too long.*lock timeout.*"seen"/,
    },
    {
      how: 'runs on',
      late: 'select pg_sleep(60) from licensing.slow',
      reason: /too long.*statement timeout/,
    },
  ];
  it.each(kinds)(
    'is the event’s own: it is parked, its neighbours pass, when it $how',
    async ({ late, reason }) => {
      await direct.query('create table licensing.slow as select 1');
      await lock();
      fed = await startFed(store, [counting((tx) => tx.query(late))]);
      await fed.feed(...['GOOD', 'LATE', 'FINE'].map(flapping));
      expect(await counted()).toEqual(['FINE 1', 'GOOD 1']);
      expect(await parked()).toMatchObject([{ dead: false, reason: expect.stringMatching(reason) }]);
      await direct.query('truncate licensing.slow');
      ended?.();
      await until('it is counted too', async () => (await counted()).length === 3);
      expect(await parked()).toEqual([]);
    },
  );

  it('is tried for an hour, as the lock may be that of a healthy neighbour, before it is dead', async () => {
    await lock();
    fed = await startFed(store, [counting((tx) => tx.query('set local lock_timeout = 50'))]);
    await fed.feed(flapping('LATE'));
    const again = async (attempts: number): Promise<void> => {
      await until('it was tried', async () => {
        const [row] = await parked();
        if (row?.attempts === attempts + 1) return true;
        // A try of its own may have been under way, and count as well.
        if (row?.attempts !== attempts)
          await direct.query('update licensing.parked set attempts = $1, due_at = now()', [attempts]);
        return false;
      });
    };
    for (const attempts of [4, 57]) {
      await again(attempts);
      expect(await parked()).toMatchObject([{ dead: false }]);
    }
    await again(59);
    expect(await parked()).toMatchObject([{ dead: true }]);
    expect(await fed.told(deliveryDied)).toMatchObject([{ reason: expect.stringContaining('too long') }]);
  });

  it('is nobody’s while the database answers nobody: the batch is held, and nothing parked', async () => {
    let tries = 0;
    const stalling = async (tx: Tx): Promise<void> => {
      tries += 1;
      if (tries > 2) return;
      proxy.hold();
      await tx.query('select 1').finally(() => {
        if (tries === 2) proxy.close();
        proxy.release();
      });
    };
    fed = await startFed(store, [counting(stalling)]);
    const done = fed.feed(...['GOOD', 'LATE', 'FINE'].map(flapping));
    await until('it was tried a third time', () => /terminated|refused|reset/i.test(fed?.problem() ?? ''));
    expect(tries).toBe(2);
    expect(await parked()).toEqual([]);
    proxy.open();
    await done;
    expect(await counted()).toEqual(['FINE 1', 'GOOD 1', 'LATE 1']);
    expect(await parked()).toEqual([]);
  });
});
