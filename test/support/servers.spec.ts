import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import amqp from 'amqplib';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { freshDatabase, freshVhost } from './servers.js';

test('a test file gets a vhost of its own', async () => {
  const urls = await Promise.all([freshVhost(), freshVhost()]);
  expect(urls[0]).not.toBe(urls[1]);
  const connection = await amqp.connect(urls[0]);
  const channel = await connection.createChannel();
  await channel.assertQueue('facts', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await connection.close();
  const other = await amqp.connect(urls[1]);
  const looking = await other.createChannel();
  looking.on('error', () => undefined);
  await expect(looking.checkQueue('facts')).rejects.toThrow(/404/);
  await other.close();
});

test('a test file gets a database of its own', async () => {
  const urls = await Promise.all([freshDatabase(), freshDatabase()]);
  expect(urls[0]).not.toBe(urls[1]);
  const client = new Client({ connectionString: urls[0] });
  await client.connect();
  const answer = await client.query<{ name: string }>('select current_database() as name');
  await client.end();
  expect(urls[0]).toContain(answer.rows[0]?.name ?? 'no row');
});

test('a port is given once, whichever process asks', async () => {
  const asked = 200;
  const module = new URL('../../scripts/free-port.mjs', import.meta.url).href;
  const other = `import { freePort } from '${module}';
    console.log(JSON.stringify(await Promise.all(Array.from({ length: ${asked} }, freePort))));`;
  const [{ stdout }, ...own] = await Promise.all([
    promisify(execFile)(process.execPath, ['--input-type=module', '--eval', other]),
    ...Array.from({ length: asked }, freePort),
  ]);
  expect(new Set([...(JSON.parse(stdout) as number[]), ...own]).size).toBe(2 * asked);
});
