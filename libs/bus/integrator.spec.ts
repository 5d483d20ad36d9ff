// What an integrator gets on the wire, and that a slow one costs nobody else anything.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import amqp, { type GetMessage } from 'amqplib';
import { beforeAll, describe, expect, test } from 'vitest';
import { messageHeaders } from '#events/cloud-event';
import { many, retired, topology } from '../../test/support/buses.js';
import { freshVhost, ownFolder, rabbit } from '../../test/support/servers.js';
import { silentLog } from '../../test/support/silent.js';
import { until } from '../../test/support/until.js';
import { faultsOf, integratorDefinitions, integratorOf, queueOfIntegrator } from './integrator.js';
import { openRabbit } from './rabbit.js';
import { declareTopology } from './rabbit/declare.js';
import { definitionsOf } from './rabbit/definitions.js';

describe('what is wrong with an integrator', () => {
  const types = ['device.grouped', 'assessment.finished'];
  const faults = (name: string, ...binds: readonly string[]) => faultsOf({ name, binds }, types);

  test.each(['device.*', 'device.grouped', '*.finished', '#', '#.grouped', 'device.#'])(
    'nothing with %s',
    (bind) => {
      expect(faults('fleet-report', bind)).toEqual([]);
    },
  );

  test.each(['device', 'devices.*', '*', 'device.*.*', 'device.(a+)+', '', 'device..grouped'])(
    'no event is like %s',
    (bind) => {
      expect(faults('fleet-report', bind)).toHaveLength(1);
    },
  );

  test.each(['', 'Fleet', 'a b', '../x', 'x'.repeat(32)])('the name %s', (name) => {
    expect(faults(name, '#')).toHaveLength(1);
  });

  test('no pattern at all', () => {
    expect(faults('fleet-report')).toHaveLength(1);
  });

  test('a queue is known by its name', () => {
    expect([integratorOf(queueOfIntegrator('x')), integratorOf('discovery.facts')]).toEqual(['x', null]);
  });
});

describe('on a broker', () => {
  const waitingMax = 10;
  let url: string;
  let queue: string;

  beforeAll(async () => {
    url = await freshVhost();
    const vhost = new URL(url).pathname.slice(1);
    const name = vhost.replace('test-', 'of-');
    queue = queueOfIntegrator(name);
    await declareTopology({ urls: [url] }, topology);
    const server = await rabbit();
    const folder = await ownFolder('integrator');
    const take = async (file: string, definitions: object): Promise<void> => {
      await writeFile(path.join(folder, file), JSON.stringify(definitions));
      await server.import(path.join(folder, file));
    };
    await take(
      'topology.json',
      definitionsOf({ ...topology, accounts: [] }, { vhost, passwordOf: () => '' }),
    );
    const integrator = { name, binds: ['device.*'] };
    await take('integrator.json', integratorDefinitions(integrator, { vhost, password: 'its own password' }));
    const shorter = JSON.stringify({ 'max-length': waitingMax, overflow: 'drop-head' });
    await server.control('set_policy', '-p', vhost, '--priority', '2', 'shorter', '^integrator', shorter);
  });

  test('one that reads nothing keeps the newest, and publishers are confirmed all the same', async () => {
    const server = await rabbit();
    const dropped = async (): Promise<number> => {
      const said = await server.control('eval', 'rabbit_global_counters:overview().');
      const counter =
        /rabbit_quorum_queue},{dead_letter_strategy,disabled}.*?messages_dead_lettered_maxlen_total => (\d+)/s;
      return Number(counter.exec(said.replaceAll(/\s+(?=[{\[#])/g, ''))?.[1]);
    };
    const before = await dropped();

    const bus = await openRabbit({ urls: [url], name: 'test', store: null, log: silentLog });
    const events = many(100);
    await bus.publish(events);
    const connection = await amqp.connect(url);
    const channel = await connection.createChannel();
    const waiting = async () => (await channel.checkQueue(queue)).messageCount;
    await until('the oldest are gone', async () => (await waiting()) === waitingMax);
    const oldest = await channel.get(queue, { noAck: true });
    expect(idOf(oldest)).toBe(events.at(-waitingMax)?.id);

    expect((await dropped()) - before).toBeGreaterThanOrEqual(events.length - waitingMax);
    await connection.close();
    await bus.stop();
  });

  test('a message carries the attributes of CloudEvents', async () => {
    const bus = await openRabbit({ urls: [url], name: 'test', store: null, log: silentLog });
    const event = retired();
    await bus.publish([event]);
    const connection = await amqp.connect(url);
    const channel = await connection.createChannel();
    const message = await until('it is there', async () => {
      const next = await channel.get(queue, { noAck: true });
      return next && idOf(next) === event.id ? next : null;
    });
    const { contentType, messageId, type } = message.properties;
    // A quorum queue adds its own.
    const { 'x-delivery-count': _, ...headers } = message.properties.headers ?? {};
    expect(headers).toEqual({
      'cloudEvents:specversion': '1.0',
      'cloudEvents:id': event.id,
      'cloudEvents:source': '/muster/test',
      'cloudEvents:type': 'device.retired',
      'cloudEvents:subject': event.subject,
      'cloudEvents:time': event.occurredAt,
      'cloudEvents:traceparent': event.traceparent,
      traceparent: event.traceparent,
    });
    expect(messageHeaders.parse(headers)).toEqual(headers);
    expect([contentType, messageId, type]).toEqual(['application/json', event.id, event.type]);
    await connection.close();
    await bus.stop();
  });
});

const idOf = (message: GetMessage | false): unknown =>
  message ? (JSON.parse(message.content.toString()) as { id: unknown }).id : null;
