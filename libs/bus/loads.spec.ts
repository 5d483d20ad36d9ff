// What waits in queues, as each driver tells it.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  embeddedDriver,
  gather,
  many,
  rabbitDriver,
  retired,
  settle,
  type Driver,
} from '../../test/support/buses.js';
import { until } from '../../test/support/until.js';
import type { Batch } from './bus.js';

const drivers = [
  { name: 'RabbitMQ', open: rabbitDriver },
  { name: 'embedded', open: embeddedDriver },
];

describe.each(drivers)('loads on $name', ({ open }) => {
  let driver: Driver;
  beforeAll(async () => {
    driver = await open();
  });
  afterEach(() => driver.clear());
  afterAll(() => driver.close());

  test('count what nobody reads yet, and what a reader holds, with the age of the first', async () => {
    const { bus, store } = await driver.process('alpha');
    const load = async () => (await bus.loads(['alpha.facts', 'alpha.control']))[0];
    const depth = async (wanted: number) =>
      until(`the depth is ${wanted}`, async () => {
        const now = await load();
        return now?.depth === wanted && now;
      });
    await depth(0);
    await bus.publish(many(30));
    await depth(30);
    const held: Batch[] = [];
    const slow = await bus.subscribe('alpha.facts', async (batch) => {
      held.push(batch);
      await until('it may go on', () => held.length === 0);
      await settle(store, batch);
    });
    await until('a batch is held', () => held.length > 0);
    const { oldestAgeMs } = await until('its age is told', async () => {
      const now = await load();
      return now?.depth === 30 && now.oldestAgeMs !== null && now;
    });
    expect(oldestAgeMs).toBeGreaterThanOrEqual(0);
    const going = until('all are settled', async () => {
      held.length = 0;
      return (await load())?.depth === 0;
    });
    expect(await going).toBe(true);
    expect(await load()).toMatchObject({ held: 0, oldestAgeMs: null });
    await slow.stop();
  });

  test('of a queue that is not there are not known or nothing, and spoil no other', async () => {
    const { bus, store } = await driver.process('beta');
    await bus.publish([retired()]);
    const facts = await gather(bus, store, 'beta.facts');
    await until('it is read', () => facts.messages.length === 1);
    const loads = await until('the others are told', async () => {
      const all = await bus.loads(['beta.facts', 'nobody.facts', 'beta.control']);
      return all[0]?.depth === 0 && all[2]?.depth === 0 && all;
    });
    expect(loads[1]?.depth).toBe(driver.name === 'RabbitMQ' ? null : 0);
  });
});
