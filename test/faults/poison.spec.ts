// Poison among good devices, on a whole distributed Muster: the good ones take effect, the others are dead with their reason,
// and take effect when an operator replays them at the command line after what was wrong is mended.
// POISON_EVENTS: how many devices (npm run faults:poison: 10000).
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Client } from 'pg';
import type { Distributed, ServiceProcess } from '../../scripts/distributed.mjs';
import { Operator } from '../support/operator.js';
import { Process } from '../support/process.js';
import { ownFolder } from '../support/servers.js';
import { until } from '../support/until.js';
import { Devices } from './devices.js';
import { readQueues } from './queues.js';
import { startDistributed } from '../support/scripts.js';

const events = Number(process.env['POISON_EVENTS'] ?? 600);
const poison = events / 100;
const perSecond = 100;
const limitMs = 60_000 + events * 20;

let muster: Distributed;
let database: Client;
let operator: Operator;
let dir: string;
const devices = new Devices();

beforeAll(async () => {
  dir = await ownFolder('poison');
  muster = await startDistributed({ dir, node: process.execPath });
  database = new Client({ connectionString: muster.postgres.url });
  await database.connect();
  const { url } = only('console');
  operator = await Operator.signIn(url, await readFile(muster.adminPasswordFile, 'utf8'));
  await operator.switchOn();
  await operator.changeSettings({ allowRemediation: false, initialPolicy: null });
  const { token } = await operator.ask<{ token: string }>('POST', '/api/tokens', {
    name: 'command line',
    role: 'operator',
  });
  await writeFile(join(dir, 'token'), token);
  await sql('update licensing.pool set seats = 1000000');
});
afterAll(async () => {
  await database.end();
  await muster.stop();
});

interface Dead {
  readonly consumer: string;
  readonly subject: string;
  readonly reason: string;
}

const only = (name: string): ServiceProcess => muster.named(name)[0] as ServiceProcess;
const sql = async <R extends object>(text: string): Promise<readonly R[]> =>
  (await database.query<R>(text)).rows;

async function dead(...words: readonly string[]): Promise<string> {
  const run = new Process({
    name: 'muster',
    entry: 'apps/cli/main.js',
    words: ['dead', ...words],
    environment: { MUSTER_CONSOLE_URL: only('console').url, MUSTER_TOKEN_FILE: join(dir, 'token') },
  });
  expect(await run.ended(), run.output).toBe(0);
  return run.output;
}

const seated = async (): Promise<number> => {
  const [row] = await sql<{ taken: number }>('select taken from licensing.pool');
  return Number(row?.taken);
};
/** Time passes faster for what waits to be tried again. */
const hurry = () => sql('update licensing.parked set due_at = now() where due_at is not null');

it(
  `${poison} poison events among ${events} hold up nobody, and take effect once the reason is mended`,
  async () => {
    await sql(
      `alter table licensing.device add constraint no_curse check (fact->'identity'->>'serial' not like '%50')`,
    );
    await devices.stream(Number(only('gateway').announcePort), events, perSecond);
    const rest = async () => (await seated()) === events - poison;
    await until('the good ones have their seats', rest, limitMs);
    const given = async () => (
      await hurry(),
      (await dead('list', '--limit', '1')).includes(`1 of ${poison}\n`)
    );
    await until('the others are dead', given, limitMs);

    const listed = (await dead('list', '--json', '--limit', '1000', '--reason', 'no_curse'))
      .trimEnd()
      .split('\n');
    const rows = listed.map((line) => JSON.parse(line) as Dead);
    for (const { consumer, reason } of rows) {
      expect(consumer).toBe('licensing.seats');
      expect(reason).toContain('violates check constraint "no_curse"');
    }
    const cursed = (await operator.devices()).filter(({ serial }) => serial.endsWith('50'));
    expect(rows.map(({ subject }) => subject).toSorted()).toEqual(cursed.map(({ id }) => id).toSorted());
    expect(cursed).toHaveLength(poison);
    expect(await seated()).toBe(events - poison);

    await sql('alter table licensing.device drop constraint no_curse');
    await dead('replay', '--reason', 'no_curse');
    const licensed = async () => {
      const all = await operator.devices();
      return all.length === events && all.every((device) => device.licensed);
    };
    await until('all have their seats', licensed, limitMs);
    expect(await seated()).toBe(events);
    const settled = async () => (await readQueues(muster.rabbit, 'muster')).waiting === 0;
    await until('nothing waits', settled, limitMs);
    expect(await sql('select * from licensing.parked')).toEqual([]);
    expect(await dead('list')).toBe('No dead delivery.\n');
  },
  4 * limitMs,
);
