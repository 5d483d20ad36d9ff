// Events of the journal on one queue again, run against each driver.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  embeddedDriver,
  gather,
  idsOf,
  many,
  rabbitDriver,
  retired,
  topology,
  type Driver,
} from '../../test/support/buses.js';
import { freshVhost, rabbit } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';
import { putBackEmbedded, type PutBack } from './put-back.js';
import { declareTopology } from './rabbit/declare.js';
import { openPutBack } from './rabbit/put-back.js';

const drivers = [
  {
    name: 'RabbitMQ',
    open: () => rabbitDriver({ journal: true }),
    door: (driver: Driver, queue: string) => openPutBack({ urls: [driver.url] }, queue),
  },
  {
    name: 'embedded',
    open: embeddedDriver,
    door: (driver: Driver, queue: string) => Promise.resolve(putBackEmbedded(driver.database, queue)),
  },
];

describe.each(drivers)('what is put back on $name', ({ open, door }) => {
  let driver: Driver;
  let back: PutBack;
  beforeAll(async () => {
    driver = await open();
    back = await door(driver, 'alpha.facts');
  });
  afterAll(async () => {
    await back.close();
    await driver.clear();
    await driver.close();
  });

  test('comes to that queue alone, as it was, and once more to whoever had it', async () => {
    const { bus, store } = await driver.process('alpha');
    const beta = await driver.process('beta');
    const events = [...many(20), retired('PUT-BACK-1')];
    await bus.publish(events);
    const first = await gather(bus, store, 'alpha.facts');
    const other = await gather(beta.bus, beta.store, 'beta.facts');
    await until('both have all', () => first.messages.length === 21 && other.messages.length === 21);
    // As an embedded Muster is when this is done to it: nobody reads.
    await first.subscription.stop();
    expect(await back.put(events)).toBe(21);
    const again = await gather(bus, store, 'alpha.facts');
    await until('they came again', () => again.messages.length === 21);
    expect(again.messages.toSorted(byId)).toEqual(first.messages.toSorted(byId));
    expect(new Set(idsOf(again.messages))).toEqual(new Set(idsOf(events)));
    expect(other.messages).toHaveLength(21);
  });
});

const byId = (a: unknown, b: unknown): number => ((idsOf([a])[0] ?? '') < (idsOf([b])[0] ?? '') ? -1 : 1);

describe('RabbitMQ', () => {
  test('refuses a queue that is not there, and asks for no more rights than it says', async () => {
    const url = await freshVhost();
    await declareTopology({ urls: [url] }, topology);
    await expect(openPutBack({ urls: [url] }, 'nobody.facts')).rejects.toThrow(
      'there is no queue nobody.facts',
    );
    const broker = await rabbit();
    const [name, secret] = [`reader-${randomBytes(4).toString('hex')}`, randomBytes(8).toString('hex')];
    const vhost = new URL(url).pathname.slice(1);
    await broker.control('add_user', name, secret);
    await broker.control('set_permissions', '-p', vhost, name, '^$', '^amq\\.default$', '^muster\\.journal$');
    const own = new URL(url);
    [own.username, own.password] = [name, secret];
    const allowed = await openPutBack({ urls: [own.href] }, 'alpha.facts');
    expect(await allowed.put(many(3))).toBe(3);
    await allowed.close();
  }, 120_000);
});
