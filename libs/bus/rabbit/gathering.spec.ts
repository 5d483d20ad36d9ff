// Messages of one moment leave in one packet, all of them, in their order.
import { Writable } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import amqp from 'amqplib';
import { retired, topology } from '../../../test/support/buses.js';
import { freshVhost } from '../../../test/support/servers.js';
import { silentLog } from '../../../test/support/silent.js';
import { until } from '../../../test/support/until.js';
import { declareTopology } from './declare.js';
import { Line } from './line.js';
import { Publisher } from './publisher.js';

const openings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of openings.splice(0).reverse()) await stop();
});

/** What publishes to a broker, and how often its socket was written to since. */
async function publishing(url: string, gatherMs: number) {
  await declareTopology({ urls: [url] }, topology);
  const line = new Line({ urls: [url], name: 'test', log: silentLog });
  openings.push(() => line.stop());
  await line.tried();
  const publisher = new Publisher({
    line,
    log: silentLog,
    requiredQueues: [],
    confirmTimeoutMs: 30_000,
    gatherMs,
  });
  openings.push(() => publisher.stop());
  await publisher.opened();
  const stream: unknown = line.model && Reflect.get(line.model.connection, 'stream');
  if (!(stream instanceof Writable)) throw new Error('amqplib keeps its socket to itself');
  const [one, several] = [vi.spyOn(stream, '_write'), vi.spyOn(stream, '_writev')];
  return { publisher, packets: () => one.mock.calls.length + several.mock.calls.length };
}

async function idsIn(url: string, count: number): Promise<readonly string[]> {
  const connection = await amqp.connect(url);
  openings.push(() => connection.close());
  const channel = await connection.createChannel();
  const ids: string[] = [];
  await channel.consume('alpha.facts', (message) => {
    if (message) ids.push(String(message.properties.messageId));
  });
  await until('all came', () => ids.length >= count);
  return ids;
}

test('those of one moment leave in a packet, in their order', async () => {
  const url = await freshVhost();
  const { publisher, packets } = await publishing(url, 20);
  const events = Array.from({ length: 20 }, () => retired());
  await Promise.all(events.map((event) => publisher.send(event)));
  // One, and whatever else the connection has to say meanwhile.
  expect(packets()).toBeLessThan(5);
  expect(await idsIn(url, events.length)).toEqual(events.map(({ id }) => id));
});

test('each leaves at once where nothing is gathered', async () => {
  const { publisher, packets } = await publishing(await freshVhost(), 0);
  for (let count = 0; count < 20; count += 1) await publisher.send(retired());
  expect(packets()).toBeGreaterThanOrEqual(20);
});

test('to stop is to send what waits for others', async () => {
  const url = await freshVhost();
  const { publisher } = await publishing(url, 200);
  const events = Array.from({ length: 10 }, () => retired());
  const sent = Promise.all(events.map((event) => publisher.send(event)));
  await publisher.stop();
  await sent;
  expect(await idsIn(url, events.length)).toEqual(events.map(({ id }) => id));
});
