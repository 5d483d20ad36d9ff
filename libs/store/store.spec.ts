import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unavailable } from '#store/failure';
import { openEmbedded, openPostgres } from '#store/open';
import type { Database } from '#store/store';
import { freshDatabase } from '../../test/support/servers.js';

const kinds = [
  { name: 'PGlite', open: () => openEmbedded({ dir: null }) },
  { name: 'PostgreSQL', open: async () => openPostgres({ url: await freshDatabase() }) },
];

describe.each(kinds)('a store on $name', ({ open }) => {
  let database: Database;
  beforeAll(async () => {
    database = await open();
    await database.query('create table seat (id int primary key, holder text)');
  });
  afterAll(() => database.close());

  const holders = async () =>
    (await database.query<{ holder: string }>('select holder from seat order by id')).map(
      ({ holder }) => holder,
    );

  it('commits what succeeds, and runs what follows the commit', async () => {
    const said: string[] = [];
    const answer = await database.transaction(async (tx) => {
      tx.afterCommit(() => said.push('committed'));
      return tx.query<{ holder: string }>(`insert into seat values (1, 'first') returning holder`);
    });
    expect(answer).toEqual([{ holder: 'first' }]);
    expect(said).toEqual(['committed']);
    expect(await holders()).toEqual(['first']);
  });

  it('rolls back what fails, and nothing follows', async () => {
    const said: string[] = [];
    const failing = database.transaction(async (tx) => {
      tx.afterCommit(() => said.push('committed'));
      await tx.query(`insert into seat values (2, 'second')`);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(said).toEqual([]);
    expect(await holders()).toEqual(['first']);
  });

  it('keeps a rolled-back neighbour from taking others with it', async () => {
    const neighbours = Array.from({ length: 20 }, (_, n) =>
      database.transaction(async (tx) => {
        await tx.query('insert into seat values ($1, $2)', [10 + n, `n${n}`]);
        if (n % 2 === 1) throw new Error('rolled back');
      }),
    );
    await Promise.allSettled([...neighbours, database.query(`insert into seat values (50, 'alone')`)]);
    const even = Array.from({ length: 10 }, (_, n) => `n${2 * n}`);
    expect(await holders()).toEqual(['first', ...even, 'alone']);
  });

  it('gives numbers for bigint, dates for timestamps and values for jsonb', async () => {
    const [row] = await database.query(
      `select 5000000000::bigint as n, '{"a":[1]}'::jsonb as j, now() as at`,
    );
    expect(row).toEqual({ n: 5_000_000_000, j: { a: [1] }, at: expect.any(Date) });
  });
});

it('repeats a transaction that lost a deadlock', async () => {
  const database = await openPostgres({ url: await freshDatabase() });
  await database.query('create table seat (id int primary key, n int default 0)');
  await database.query('insert into seat values (1), (2)');
  let tries = 0;
  const crosswise = (first: number, second: number) =>
    database.transaction(async (tx) => {
      tries += 1;
      await tx.query('update seat set n = n + 1 where id = $1', [first]);
      await tx.query('select pg_sleep(0.2)');
      await tx.query('update seat set n = n + 1 where id = $1', [second]);
    });
  await Promise.all([crosswise(1, 2), crosswise(2, 1)]);
  expect(await database.query('select n from seat')).toEqual([{ n: 2 }, { n: 2 }]);
  expect(tries).toBeGreaterThan(2);
  await database.close();
});

it('gives up a server that vanished without a word, and asks a new connection', async () => {
  const real = new URL(await freshDatabase());
  const visitors = new Set<Socket>();
  const proxy = createServer((visitor) => {
    const server = connect(Number(real.port), real.hostname);
    visitor.pipe(server).pipe(visitor);
    visitors.add(visitor);
    for (const socket of [visitor, server]) socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  const { port } = proxy.address() as AddressInfo;
  const url = new URL(real.href);
  url.host = `127.0.0.1:${port}`;
  const database = await openPostgres({ url: url.href, poolMax: 2, statementLimitMs: 500 });
  await database.query('select 1');
  for (const visitor of visitors) visitor.unpipe().pause();
  const failing = database.transaction((tx) => tx.query('select 1'));
  await expect(failing).rejects.toSatisfy(unavailable);
  expect(await database.query('select 2 as n')).toEqual([{ n: 2 }]);
  await database.close();
  for (const visitor of visitors) visitor.destroy();
  proxy.close();
});
