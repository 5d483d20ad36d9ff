// What becomes of a message that kills whoever reads it, run against each driver.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  embeddedDriver,
  gather,
  idsOf,
  rabbitDriver,
  retired,
  settle,
  type Driver,
} from '../../test/support/buses.js';
import { until } from '../../test/support/until.js';
import { deadLetters } from './topology.js';

const drivers = [
  { name: 'RabbitMQ', open: rabbitDriver },
  { name: 'embedded', open: embeddedDriver },
];

describe.each(drivers)('dead letters of the bus on $name', ({ open }) => {
  let driver: Driver;
  beforeAll(async () => {
    driver = await open({ returnsMax: 3 });
  });
  afterEach(() => driver.clear());
  afterAll(() => driver.close());

  test('a message that no reader survives is one, of each queue; those behind it arrive', async () => {
    const [killer, good] = [retired(), retired()];
    const alpha = await driver.process('alpha');
    await alpha.bus.publish([killer]);
    await alpha.bus.publish([good]);
    const handled: string[] = [];
    for (const service of ['alpha', 'beta'] as const) {
      const { bus, store } = await driver.process(service);
      await bus.subscribe(`${service}.facts`, async (batch) => {
        const ids = idsOf(batch.messages);
        if (ids.includes(killer.id)) return batch.abandon();
        await settle(store, batch);
        handled.push(...ids.map((id) => `${service} ${id}`));
      });
    }
    const dead = await gather(alpha.bus, alpha.store, deadLetters);
    await until('both gave it up', () => dead.messages.length === 2);
    await until('both have the other', () => handled.length === 2);
    expect(handled.toSorted()).toEqual([`alpha ${good.id}`, `beta ${good.id}`]);
    const letter = (queue: string) => ({
      queue,
      attempts: expect.any(Number) as number,
      reason: expect.stringMatching(/^killed its reader \d+ times$/) as string,
      message: killer,
    });
    expect(dead.messages).toEqual(expect.arrayContaining([letter('alpha.facts'), letter('beta.facts')]));
  });
});
