// What only a broker can do to us: go away, refuse, fall silent, lose a channel; and what each account may do there.
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { createServer as createTls } from 'node:tls';
import amqp, { type ConfirmChannel } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { catalogue } from '#events/catalogue';
import { deviceAnnounced } from '#events/announcement';
import { serviceReported } from '#events/service';
import { Authority } from '../../test/support/authority.js';
import { freePort } from '../../scripts/free-port.mjs';
import type { Bus } from './bus.js';
import { eventOf, gather, idsOf, many, retired, settle, topology } from '../../test/support/buses.js';
import { freshDatabase, freshVhost, ownFolder, ownRabbit, rabbit } from '../../test/support/servers.js';
import { listeningLog, silentLog } from '../../test/support/silent.js';
import { tcpProxy } from '../../test/support/tcp-proxy.js';
import { until } from '../../test/support/until.js';
import { migrate } from '#store/migrate';
import { openPostgres } from '#store/open';
import { Store, type Database } from '#store/store';
import { openRabbit, type RabbitOptions } from './rabbit.js';
import { declareTopology } from './rabbit/declare.js';
import { definitionsOf } from './rabbit/definitions.js';
import { deadLetters, exchange, topologyOf } from './topology.js';

let database: Database;
let store: Store;
const buses = new Set<Bus>();

beforeAll(async () => {
  database = await openPostgres({ url: await freshDatabase() });
  await migrate(database, ['alpha', 'beta']);
  store = new Store(database, 'alpha');
});
afterEach(async () => {
  await Promise.all([...buses].map((bus) => bus.stop()));
  buses.clear();
  await database.query('truncate alpha.outbox');
});
afterAll(() => database.close());

async function open(url: string, options: Partial<RabbitOptions> = {}): Promise<Bus> {
  const bus = await openRabbit({ urls: [url], name: 'alpha', store, log: silentLog, ...options });
  buses.add(bus);
  return bus;
}

async function declared(): Promise<string> {
  const url = await freshVhost();
  await declareTopology({ urls: [url] }, topology);
  return url;
}

/** Work on a channel of its own. */
async function onChannel<T>(url: string, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await amqp.connect(url);
  connection.on('error', () => undefined);
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  return work(channel).finally(() => connection.close().catch(() => undefined));
}

const outbox = () => database.query<{ id: string }>('select id from alpha.outbox');

describe('declaring the topology', () => {
  test('it can be done again, and unbinds what is no longer heard', async () => {
    const url = await declared();
    await declareTopology({ urls: [url] }, topology);
    const fewer = topology.queues.map((binding) =>
      binding.queue === 'alpha.facts' ? { ...binding, types: [] } : binding,
    );
    await declareTopology({ urls: [url] }, { ...topology, queues: fewer });
    const bus = await open(url);
    await bus.publish([retired()]);
    const counts = await onChannel(url, async (channel) => ({
      alpha: (await channel.checkQueue('alpha.facts')).messageCount,
      beta: await channel.get('beta.facts', { noAck: true }),
    }));
    expect(counts.alpha).toBe(0);
    expect(counts.beta).not.toBe(false);
  });

  test('it goes to the first node that answers, by TLS where an authority vouches for it', async () => {
    const { hostname, port, username, password, pathname } = new URL(await freshVhost());
    const authority = await Authority.create('Authority of brokers');
    const { key, certificate } = await authority.issue({ commonName: 'rabbitmq', dnsNames: ['localhost'] });
    const front = createTls({ key, cert: certificate }, (socket) => {
      const inner = connect(Number(port), hostname);
      socket.on('error', () => inner.destroy()).pipe(inner);
      inner.on('error', () => socket.destroy()).pipe(socket);
    });
    await new Promise<void>((resolve) => front.listen(0, 'localhost', resolve));
    const address = front.address();
    const door = typeof address === 'object' ? address?.port : 0;
    const urls = [await freePort(), door].map(
      (one) => `amqps://${username}:${password}@localhost:${one}${pathname}`,
    );
    await expect(declareTopology({ urls }, topology)).rejects.toThrow(/certificate/);
    await declareTopology({ urls, authority: authority.certificate }, topology);
    front.close();
  });
});

describe('publishing', () => {
  test('messages are persistent and say what they are', async () => {
    const url = await declared();
    const bus = await open(url);
    const event = retired();
    await bus.publish([event]);
    const message = await onChannel(url, (channel) => channel.get('alpha.facts', { noAck: true }));
    expect(message).toMatchObject({
      fields: { exchange, routingKey: 'device.retired' },
      properties: {
        deliveryMode: 2,
        contentType: 'application/json',
        messageId: event.id,
        type: 'device.retired',
        headers: { traceparent: event.traceparent },
      },
    });
  });

  test('what waits for others when its connection goes is told, and can be published again at once', async () => {
    const url = await declared();
    const way = await tcpProxy(url);
    const bus = await open(way.url, { gatherMs: 1_000 });
    const event = retired();
    const lost = bus.publish([event]);
    way.close();
    await expect(lost).rejects.toMatchObject({ code: 'unknown' });
    way.open();
    await until('the connection is back', () => bus.status().connected);
    await Promise.all([bus.publish([event]), bus.publish([retired()])]);
    expect(await onChannel(url, (channel) => channel.checkQueue('alpha.facts'))).toMatchObject({
      messageCount: 2,
    });
    await bus.stop();
    await way.stop();
  });

  test('nothing is published while a queue that must exist does not', async () => {
    const url = await declared();
    const bus = await open(url, { requiredQueues: ['discovery.facts'] });
    expect(bus.status().problem).toBe('the queue discovery.facts is not there: run muster topology');
    await expect(bus.publish([retired()])).rejects.toMatchObject({ code: 'unroutable' });
    // How the process fares is told all the same.
    await bus.publish([eventOf(serviceReported.draft(serviceReported.example))]);
    await store.transaction((tx) => bus.record(tx, 'alpha', [retired()]));
    await expect(bus.publish([retired()])).rejects.toMatchObject({ code: 'unroutable' });
    expect(await outbox()).toHaveLength(1);
    const options = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
    await onChannel(url, (channel) => channel.assertQueue('discovery.facts', options));
    await until('it is seen', () => bus.status().connected);
    await bus.publish([retired()]);
    await database.query('update alpha.outbox set claimed_until = now()');
    await until('the outbox is empty', async () => (await outbox()).length === 0);
  });

  test('a channel that died on a living connection is replaced', async () => {
    const url = await declared();
    const bus = await open(url);
    await onChannel(url, (channel) => channel.deleteExchange(exchange));
    await expect(bus.publish([retired()])).rejects.toMatchObject({ code: 'unknown' });
    await declareTopology({ urls: [url] }, topology);
    await until('another is there', () => bus.status().connected);
    await bus.publish([retired()]);
  });

  test('the next address is tried when one does not answer', async () => {
    const url = await declared();
    const dead = new URL(url);
    dead.port = '9';
    const bus = await open(dead.href, { urls: [dead.href, url] });
    expect(bus.status()).toEqual({ connected: true, problem: null });
    await bus.publish([retired()]);
  });

  test('no password is logged when the broker cannot be reached', async () => {
    const log = listeningLog();
    const bus = await open('amqp://muster:hunter2@127.0.0.1:9/x', { log });
    expect(bus.status().connected).toBe(false);
    await expect(bus.publish([retired()])).rejects.toMatchObject({ code: 'disconnected' });
    expect(log.lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(log.lines)).not.toContain('hunter2');
  });
});

describe('consuming', () => {
  test('a queue that was deleted is read again once it is back', async () => {
    const url = await declared();
    const bus = await open(url);
    const facts = await gather(bus, store, 'alpha.facts');
    await bus.publish([retired()]);
    await until('it reads', () => facts.messages.length === 1);
    await onChannel(url, (channel) => channel.deleteQueue('alpha.facts'));
    await until('it is missed', () => !bus.status().connected);
    await declareTopology({ urls: [url] }, topology);
    await until('it reads again', () => bus.status().connected);
    await bus.publish([retired()]);
    await until('the next arrives', () => facts.messages.length === 2);
  });

  test('what is no event is handed on, for its reader to park', async () => {
    const url = await declared();
    const bus = await open(url);
    const facts = await gather(bus, store, 'alpha.facts');
    await onChannel(url, async (channel) => {
      channel.publish(exchange, 'device.retired', Buffer.from('{"half'));
      await channel.waitForConfirms();
    });
    await until('it arrives', () => facts.messages.length === 1);
    expect(facts.messages).toEqual(['{"half']);
  });

  test('a message that came before runs alone', async () => {
    const url = await declared();
    const first = await open(url);
    await first.publish(many(30));
    // Taken by a reader that dies with them unsettled.
    const connection = await amqp.connect(url);
    connection.on('error', () => undefined);
    const channel = await connection.createChannel();
    let held = 0;
    await channel.consume('alpha.facts', () => (held += 1));
    await until('it holds them', () => held === 30);
    await connection.close();
    const facts = await gather(first, store, 'alpha.facts');
    await until('all came again', () => facts.messages.length === 30);
    expect(new Set(facts.sizes)).toEqual(new Set([1]));
  });
});

describe('the outbox', () => {
  test('rows are deleted once the broker has confirmed them', async () => {
    const bus = await open(await declared());
    await store.transaction((tx) => bus.record(tx, 'alpha', many(20)));
    expect(await outbox()).not.toHaveLength(0);
    await until('they are gone', async () => (await outbox()).length === 0);
  });

  test('what a process recorded and did not come to publish, another instance publishes', async () => {
    const url = await declared();
    const event = retired();
    const dying = await openRabbit({ urls: ['amqp://127.0.0.1:9'], name: 'dying', store, log: silentLog });
    await store.transaction((tx) => dying.record(tx, 'alpha', [event]));
    await dying.stop();
    expect(await outbox()).toEqual([{ id: event.id }]);
    const bus = await open(url);
    const facts = await gather(bus, store, 'alpha.facts');
    await database.query(`update alpha.outbox set claimed_until = now() - interval '1 second'`);
    await until('it arrives', () => facts.messages.length === 1);
    await until('its row is gone', async () => (await outbox()).length === 0);
    expect(facts.messages).toEqual([event]);
  });

  test('a large backlog is published in one go', async () => {
    const url = await declared();
    const dying = await openRabbit({ urls: ['amqp://127.0.0.1:9'], name: 'dying', store, log: silentLog });
    await store.transaction((tx) => dying.record(tx, 'alpha', many(3_000)));
    await dying.stop();
    await database.query(`update alpha.outbox set claimed_until = now() - interval '1 second'`);
    const bus = await open(url);
    await until('all rows are gone', async () => (await outbox()).length === 0);
    const facts = await gather(bus, store, 'alpha.facts');
    await until('all arrive', () => facts.messages.length === 3_000);
  });

  test('to stop is to publish what is in memory still', async () => {
    const url = await declared();
    const bus = await open(url);
    await store.transaction((tx) => bus.record(tx, 'alpha', many(500)));
    await bus.stop();
    expect(await outbox()).toEqual([]);
    const reader = await open(url);
    const facts = await gather(reader, store, 'alpha.facts');
    await until('all arrive', () => facts.messages.length === 500);
  });
});

describe('a broker that fails', () => {
  let own: Awaited<ReturnType<typeof ownRabbit>>;
  beforeAll(async () => {
    own = await ownRabbit();
  });

  test(
    'killed and started again: everything confirmed and everything recorded arrives',
    { timeout: 90_000 },
    async () => {
      const url = await freshVhost(own.server);
      await declareTopology({ urls: [url] }, topology);
      const bus = await open(url);
      const facts = await gather(bus, store, 'alpha.facts');
      const safe: string[] = [];
      const publish = async (count: number): Promise<void> => {
        await Promise.all(
          many(count).map((event) =>
            bus.publish([event]).then(
              () => safe.push(event.id),
              () => undefined,
            ),
          ),
        );
      };
      const recorded = many(100);
      await publish(200);
      const under = publish(500);
      await store.transaction((tx) => bus.record(tx, 'alpha', recorded.slice(0, 50)));
      await own.server.kill();
      await under;
      await until('it is noticed', () => !bus.status().connected);
      await expect(bus.publish([retired()])).rejects.toMatchObject({ code: 'disconnected' });
      await store.transaction((tx) => bus.record(tx, 'alpha', recorded.slice(50)));
      await own.restart();
      await until('connected again', () => bus.status().connected, 120_000);
      await publish(50);
      await database.query(`update alpha.outbox set claimed_until = now() - interval '1 second'`);
      const wanted = [...safe, ...idsOf(recorded)];
      const lost = () => wanted.filter((id) => !idsOf(facts.messages).includes(id));
      await until('all arrive', () => lost().length === 0, 120_000);
      expect(safe.length).toBeGreaterThanOrEqual(250);
    },
  );

  test('frozen, or short of memory: no answer later than the limit', { timeout: 90_000 }, async () => {
    const url = await freshVhost(own.server);
    await declareTopology({ urls: [url] }, topology);
    const bus = await open(url, { confirmTimeoutMs: 1_500 });
    await bus.publish([retired()]);

    await own.server.control('set_vm_memory_high_watermark', '0.0000001');
    const began = performance.now();
    await until('it is blocked', () =>
      bus.publish([retired()]).then(
        () => false,
        () => true,
      ),
    );
    await until('it says so', () => bus.status().problem?.includes('takes no messages'));
    await expect(bus.publish([retired()])).rejects.toMatchObject({ code: 'refused' });
    expect(performance.now() - began).toBeLessThan(8_000);
    await own.server.control('set_vm_memory_high_watermark', '0.4');
    await until('it is free again', () =>
      bus.publish([retired()]).then(
        () => true,
        () => false,
      ),
    );

    process.kill(-own.server.pid, 'SIGSTOP');
    const frozen = performance.now();
    await expect(bus.publish([retired()])).rejects.toMatchObject({ code: 'unknown' });
    expect(performance.now() - frozen).toBeLessThan(3_000);
    process.kill(-own.server.pid, 'SIGCONT');
    await until(
      'it thaws',
      () =>
        bus.publish([retired()]).then(
          () => true,
          () => false,
        ),
      30_000,
    );

    await gather(bus, store, 'alpha.facts');
    process.kill(-own.server.pid, 'SIGSTOP');
    const stopping = performance.now();
    await bus.stop();
    expect(performance.now() - stopping).toBeLessThan(10_000);
    process.kill(-own.server.pid, 'SIGCONT');
  });
});

describe('accounts', () => {
  const subscribers = [
    { service: 'gateway', on: [] },
    { service: 'discovery', on: [deviceAnnounced] },
  ];
  const accounts = topologyOf(catalogue.values(), subscribers);
  const refused = /ACCESS_REFUSED|403/;
  let vhost: string;

  beforeAll(async () => {
    const server = await rabbit();
    const url = await freshVhost(server);
    await declareTopology({ urls: [url] }, accounts);
    const definitions = definitionsOf(accounts, {
      vhost: new URL(url).pathname.slice(1),
      passwordOf: (service) => `${service}-password`,
    });
    const file = path.join(await ownFolder('definitions'), 'definitions.json');
    await writeFile(file, JSON.stringify(definitions));
    await server.import(file);
    vhost = url;
  });

  const as = (service: string): string => {
    const url = new URL(vhost);
    url.username = service;
    url.password = `${service}-password`;
    return url.href;
  };

  test('the gateway publishes announcements, and sees that discovery is there', async () => {
    const bus = await open(as('gateway'), { store: null, requiredQueues: ['discovery.facts'] });
    await until('it may', () => bus.status().connected);
    await bus.publish([eventOf(deviceAnnounced.draft(deviceAnnounced.example))]);
  });

  test('discovery reads its own queue', async () => {
    const bus = await open(as('discovery'));
    const seen: unknown[] = [];
    await bus.subscribe('discovery.facts', async (batch) => {
      await settle(store, batch);
      seen.push(...batch.messages);
    });
    await until('it arrives', () => seen.length > 0);
  });

  const forbidden: readonly (readonly [string, string, (channel: ConfirmChannel) => Promise<unknown>])[] = [
    [
      'gateway',
      'publish what discovery publishes',
      (channel) => confirmed(channel, exchange, 'device.discovered'),
    ],
    ['discovery', 'publish an announcement', (channel) => confirmed(channel, exchange, 'device.announced')],
    [
      'discovery',
      'write to a queue past the exchange',
      (channel) => confirmed(channel, '', 'discovery.facts'),
    ],
    [
      'gateway',
      'read the queue of discovery',
      (channel) => channel.consume('discovery.facts', () => undefined),
    ],
    ['discovery', 'read the dead letters', (channel) => channel.get(deadLetters)],
    ['discovery', 'declare a queue', (channel) => channel.assertQueue('mine', { durable: true })],
    ['discovery', 'bind its queue', (channel) => channel.bindQueue('discovery.facts', exchange, '#')],
    ['discovery', 'purge its queue', (channel) => channel.deleteQueue('discovery.facts')],
  ];

  test.each(forbidden)('%s may not %s', async (service, _what, attempt) => {
    await expect(onChannel(as(service), attempt)).rejects.toThrow(refused);
  });

  /** Resolves with the broker's confirm, rejects with its reason. */
  function confirmed(channel: ConfirmChannel, to: string, key: string): Promise<void> {
    return new Promise((resolve, reject) => {
      channel.on('error', reject);
      channel.publish(to, key, Buffer.from('{}'), {}, (error: unknown) => {
        if (!error) resolve();
      });
    });
  }
});
