// muster events replay, on a broker and on a folder of an embedded Muster that does not run.
import { randomUUID } from 'node:crypto';
import amqp from 'amqplib';
import { describe, expect, it } from 'vitest';
import { openEmbeddedBus } from '#bus/embedded';
import { openRabbit } from '#bus/rabbit';
import { declareTopology } from '#bus/rabbit/declare';
import type { Bus } from '#bus/bus';
import { deviceDiscovered, deviceFlapping } from '#events/device';
import { stamp, type Draft, type Event } from '#events/event';
import { migrate } from '#store/migrate';
import { openEmbedded } from '#store/open';
import { Process } from '../../test/support/process.js';
import { freshVhost, ownFolder } from '../../test/support/servers.js';
import { silentLog } from '../../test/support/silent.js';
import { readReplay } from './replay-options.js';
import { schemas, topology } from './services.js';

const licensing = ['--since', '1h', '--queue', 'licensing.facts'];

const eventOf = <D>(draft: Draft<D>): Event<D> =>
  stamp(draft, {
    publisher: 'discovery',
    sequence: 1,
    occurredAt: new Date().toISOString(),
    causedBy: null,
    traceparent: null,
  });

const discovered = (): Event =>
  eventOf(deviceDiscovered.draft({ ...deviceDiscovered.example, deviceId: randomUUID() }));
const flapping = (): Event =>
  eventOf(deviceFlapping.draft({ deviceId: randomUUID(), serial: 'FLAP-0001', announcedPerMinute: 16 }));

/** Ten that licensing hears, five that it does not. */
const said = (): readonly Event[] => [
  ...Array.from({ length: 10 }, discovered),
  ...Array.from({ length: 5 }, flapping),
];

const replay = async (environment: Readonly<Record<string, string>>, ...words: readonly string[]) => {
  const run = new Process({ name: 'replay', entry: 'apps/standalone/replay.js', words, environment });
  return { code: await run.ended(), said: run.output };
};

describe('muster events replay', () => {
  it('puts on a service queue of RabbitMQ what it hears, on another what is asked for', async () => {
    const url = await freshVhost();
    await declareTopology({ urls: [url] }, topology);
    const bus = await openRabbit({ urls: [url], name: 'test', store: null, log: silentLog });
    const connection = await amqp.connect(url);
    const channel = await connection.createChannel();
    await channel.assertQueue('acme', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    const queue = 'licensing.facts';
    const depth = async (name: string) => (await channel.purgeQueue(name)).messageCount;
    await publish(bus, said());
    expect(await depth(queue)).toBe(10);
    const environment = { MUSTER_AMQP_URL: url };
    const some = (...words: readonly string[]) => replay(environment, '--since', '1h', ...words);
    expect(await some('--queue', queue, '--dry-run')).toEqual({
      code: 0,
      said: '10 events would be put on licensing.facts of 15 read\n',
    });
    expect(await depth(queue)).toBe(0);
    expect(await some('--queue', queue)).toEqual({
      code: 0,
      said: '10 events put on licensing.facts of 15 read\n',
    });
    expect(await depth(queue)).toBe(10);
    expect(await some('--queue', 'acme', '--type', 'device.flap*')).toMatchObject({ code: 0 });
    expect(await depth('acme')).toBe(5);
    expect(await depth(queue)).toBe(0);
    await connection.close();
  }, 180_000);

  it('puts rows behind a queue of a stopped embedded Muster, each once, and leaves a running one alone', async () => {
    const data = await ownFolder('embedded');
    const open = async () => {
      const database = await openEmbedded({ dir: data });
      await migrate(database, ['bus', ...schemas]);
      return database;
    };
    const events = said();
    const before = await open();
    await publish(openEmbeddedBus({ database: before, topology, log: silentLog }), events);
    await before.query(`delete from bus.delivery where queue = 'licensing.facts'`);
    const words = [...licensing, '--data', data];
    const locked = await replay({}, ...words);
    expect(locked).toMatchObject({ code: 1, said: expect.stringContaining('is in use by process') });
    await before.close();
    expect(await replay({}, ...words)).toEqual({
      code: 0,
      said: '10 events put on licensing.facts of 15 read\n',
    });
    expect(await replay({}, ...words)).toMatchObject({
      code: 0,
      said: expect.stringContaining('10 wait there already'),
    });
    const after = await open();
    const rows = await after.query<{ id: string }>(
      `select e.id from bus.delivery d join bus.event e using (seq) where d.queue = 'licensing.facts' order by seq`,
    );
    await after.close();
    expect(rows.map(({ id }) => id)).toEqual(events.slice(0, 10).map(({ id }) => id));
  }, 180_000);

  it.each([
    ['nothing', [], '--since and --queue are needed'],
    ['no queue', ['--since', '1h'], '--since and --queue are needed'],
    ['no time', ['--since', 'soon', '--queue', 'acme'], '--since must be a time'],
    ['no past', ['--since', '1h', '--to', '2h', '--queue', 'acme'], '--since must be before --to'],
    [
      'what the service has forgotten that it took',
      ['--since', '14d', '--queue', 'licensing.facts'],
      '13d ago for a service',
    ],
    [
      'what the queue does not hear',
      [...licensing, '--type', 'device.flapping'],
      'hears none of these types',
    ],
    [
      'no queue of an embedded Muster',
      ['--since', '1h', '--queue', 'acme', '--data', 'x'],
      'there is no queue acme',
    ],
  ])('does not take %s', (_, words, fault) => {
    expect(() => readReplay(words, topology, new Date())).toThrow(fault);
  });
});

async function publish(bus: Bus, events: readonly Event[]): Promise<void> {
  await bus.publish(events);
  await bus.stop();
}
