// What every driver of the bus must do, run against each.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { edgeConfigured } from '#events/settings';
import { deviceDiscovered } from '#events/device';
import {
  counted,
  edge,
  embeddedDriver,
  eventOf,
  gather,
  idsOf,
  many,
  rabbitDriver,
  retired,
  retireRequested,
  settle,
  type Driver,
} from '../../test/support/buses.js';
import { until } from '../../test/support/until.js';
import type { Batch } from './bus.js';

const drivers = [
  { name: 'RabbitMQ', open: rabbitDriver },
  { name: 'embedded', open: embeddedDriver },
];

describe.each(drivers)('the bus on $name', ({ open }) => {
  let driver: Driver;
  beforeAll(async () => {
    driver = await open();
  });
  afterEach(() => driver.clear());
  afterAll(() => driver.close());

  test('a published event arrives whole', async () => {
    const { bus, store } = await driver.process('alpha');
    const event = retired();
    const facts = await gather(bus, store, 'alpha.facts');
    await bus.publish([event]);
    await until('it arrives', () => facts.messages.length === 1);
    expect(facts.messages).toEqual([event]);
  });

  test('several events published together all arrive', async () => {
    const { bus, store } = await driver.process('alpha');
    const events = many(50);
    await bus.publish(events);
    const facts = await gather(bus, store, 'alpha.facts');
    await until('all arrive', () => facts.messages.length >= 50);
    expect(new Set(idsOf(facts.messages))).toEqual(new Set(idsOf(events)));
  });

  test('publishing nothing is done at once', async () => {
    const { bus } = await driver.process('alpha');
    await expect(bus.publish([])).resolves.toBeUndefined();
  });

  test('a queue gets the types that it is bound to and no others', async () => {
    const { bus, store } = await driver.process('alpha');
    const events = [counted(), retireRequested(), retired()];
    await bus.publish(events);
    const facts = await gather(bus, store, 'alpha.facts');
    const control = await gather(bus, store, 'alpha.control');
    await until('both arrive', () => facts.messages.length > 0 && control.messages.length > 0);
    expect(facts.messages).toEqual([events[2]]);
    expect(control.messages).toEqual([events[1]]);
  });

  test('every service gets its own copy', async () => {
    const alpha = await driver.process('alpha');
    const beta = await driver.process('beta');
    const event = retired();
    const first = await gather(alpha.bus, alpha.store, 'alpha.facts');
    const second = await gather(beta.bus, beta.store, 'beta.facts');
    await alpha.bus.publish([event]);
    await until('both have it', () => first.messages.length > 0 && second.messages.length > 0);
    expect([first.messages, second.messages]).toEqual([[event], [event]]);
  });

  test('an event waits for a service that is not there yet', async () => {
    const { bus } = await driver.process('alpha');
    const event = retired();
    await bus.publish([event]);
    const beta = await driver.process('beta');
    const facts = await gather(beta.bus, beta.store, 'beta.facts');
    await until('it arrives', () => facts.messages.length > 0);
    expect(facts.messages).toEqual([event]);
  });

  test('an event that nobody hears is unroutable', async () => {
    const { bus } = await driver.process('alpha');
    const event = eventOf(deviceDiscovered.draft(deviceDiscovered.example));
    await expect(bus.publish([event])).rejects.toMatchObject({ name: 'BusError', code: 'unroutable' });
  });

  test('a big event arrives', async () => {
    const { bus, store } = await driver.process('alpha');
    const event = { ...retired(), data: { text: 'x'.repeat(1_500_000) } };
    const facts = await gather(bus, store, 'alpha.facts');
    await bus.publish([event]);
    await until('it arrives', () => facts.messages.length === 1);
    expect(facts.messages).toEqual([event]);
  });

  test('text of any language arrives as it was', async () => {
    const { bus, store } = await driver.process('alpha');
    const event = { ...retired(), data: { text: 'Größe 測試 \u{1f5a8} "\\ \u202e' } };
    const facts = await gather(bus, store, 'alpha.facts');
    await bus.publish([event]);
    await until('it arrives', () => facts.messages.length === 1);
    expect(facts.messages).toEqual([event]);
  });

  test('many publishers at once lose nothing', async () => {
    const { bus, store } = await driver.process('alpha');
    const events = many(1_000);
    const facts = await gather(bus, store, 'alpha.facts');
    await Promise.all(events.map((event) => bus.publish([event])));
    await until('all arrive', () => facts.messages.length >= 1_000);
    expect(new Set(idsOf(facts.messages))).toEqual(new Set(idsOf(events)));
  });

  test('the same id twice is at most repeated, never another event', async () => {
    const { bus, store } = await driver.process('alpha');
    const event = retired();
    await bus.publish([event]);
    await bus.publish([event]);
    const last = retired();
    await bus.publish([last]);
    const facts = await gather(bus, store, 'alpha.facts');
    await until('the last arrives', () => idsOf(facts.messages).includes(last.id));
    expect(new Set(idsOf(facts.messages))).toEqual(new Set([event.id, last.id]));
  });

  test('a backlog comes in batches of 200 at most, the first of one', async () => {
    const { bus, store } = await driver.process('alpha');
    const first = await gather(bus, store, 'alpha.facts');
    await bus.publish([retired()]);
    await until('the reader is warm', () => first.messages.length === 1);
    await first.subscription.stop();
    const events = many(1_500);
    await bus.publish(events.slice(0, 750));
    await bus.publish(events.slice(750));
    const facts = await gather(bus, store, 'alpha.facts');
    await until('all arrive', () => facts.messages.length >= 1_500);
    expect(facts.sizes[0]).toBe(1);
    expect(Math.max(...facts.sizes)).toBeLessThanOrEqual(200);
    expect(Math.max(...facts.sizes)).toBeGreaterThan(20);
  });

  test('one batch is in flight at a time', async () => {
    const { bus, store } = await driver.process('alpha');
    let running = 0;
    let most = 0;
    let seen = 0;
    await bus.subscribe('alpha.facts', async (batch) => {
      running += 1;
      most = Math.max(most, running);
      await settle(store, batch);
      seen += batch.messages.length;
      running -= 1;
    });
    await Promise.all(many(300).map((event) => bus.publish([event])));
    await until('all are handled', () => seen === 300);
    expect(most).toBe(1);
  });

  test('what was settled is gone', async () => {
    const { bus, store } = await driver.process('alpha');
    const facts = await gather(bus, store, 'alpha.facts');
    await bus.publish([retired()]);
    await until('it arrives', () => facts.messages.length === 1);
    await facts.subscription.stop();
    const again = await gather(bus, store, 'alpha.facts');
    const next = retired();
    await bus.publish([next]);
    await until('the next arrives', () => again.messages.length === 1);
    expect(again.messages).toEqual([next]);
  });

  test('what was abandoned comes again, alone', async () => {
    const { bus, store } = await driver.process('alpha');
    const seen: (readonly string[])[] = [];
    let abandoned: readonly string[] = [];
    await bus.publish(many(1));
    await bus.subscribe('alpha.facts', async (batch: Batch) => {
      const ids = idsOf(batch.messages);
      if (abandoned.length === 0 && ids.length > 1) {
        abandoned = ids;
        batch.abandon();
        return;
      }
      await settle(store, batch);
      seen.push(ids);
    });
    await until('the reader is warm', () => seen.length === 1);
    await bus.publish(many(20));
    await until('all came in the end', () => seen.flat().length === 21);
    expect(abandoned.length).toBeGreaterThan(1);
    for (const id of abandoned) expect(seen).toContainEqual([id]);
  });

  test('a handler that fails loses nothing', async () => {
    const { bus, store } = await driver.process('alpha');
    const event = retired();
    const seen: unknown[] = [];
    let failures = 0;
    await bus.subscribe('alpha.facts', async (batch) => {
      failures += 1;
      if (failures === 1) throw new Error('a fault of the handler');
      await settle(store, batch);
      seen.push(...batch.messages);
    });
    await bus.publish([event]);
    await until('it came again', () => seen.length === 1);
    expect(seen).toEqual([event]);
  });

  test('to stop is to wait for the batch in flight, and to leave the rest', async () => {
    const { bus, store } = await driver.process('alpha');
    const events = many(5);
    const gate = Promise.withResolvers<void>();
    const handled: string[] = [];
    let entered = false;
    const subscription = await bus.subscribe('alpha.facts', async (batch) => {
      entered = true;
      await gate.promise;
      await settle(store, batch);
      handled.push(...idsOf(batch.messages));
    });
    await bus.publish(events);
    await until('a batch is in flight', () => entered);
    let stopped = false;
    const stopping = subscription.stop().then(() => (stopped = true));
    const next = await driver.process('beta');
    await next.bus.publish([counted()]);
    expect(stopped).toBe(false);
    gate.resolve();
    await stopping;
    const before = handled.length;
    const rest = await gather(bus, store, 'alpha.facts');
    await until('the rest comes', () => before + rest.messages.length >= 5);
    expect(handled).toHaveLength(before);
    expect(new Set([...handled, ...idsOf(rest.messages)])).toEqual(new Set(idsOf(events)));
  });

  test('a bus that stopped publishes nothing', async () => {
    const { bus } = await driver.process('alpha');
    await bus.stop();
    await expect(bus.publish([retired()])).rejects.toMatchObject({ name: 'BusError' });
  });

  test('what was recorded arrives once its transaction has committed', async () => {
    const { bus, store } = await driver.process('alpha');
    const event = retired();
    const facts = await gather(bus, store, 'alpha.facts');
    await store.transaction(async (tx) => {
      await bus.record(tx, 'alpha', [event]);
      expect(facts.messages).toEqual([]);
    });
    await until('it arrives', () => facts.messages.length === 1);
    expect(facts.messages).toEqual([event]);
  });

  test('recording nothing is allowed', async () => {
    const { bus, store } = await driver.process('alpha');
    await store.transaction((tx) => bus.record(tx, 'alpha', []));
  });

  test('what was rolled back never arrives', async () => {
    const { bus, store } = await driver.process('alpha');
    const facts = await gather(bus, store, 'alpha.facts');
    const work = store.transaction(async (tx) => {
      await bus.record(tx, 'alpha', [retired()]);
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    const next = retired();
    await store.transaction((tx) => bus.record(tx, 'alpha', [next]));
    await until('the next arrives', () => facts.messages.length === 1);
    expect(facts.messages).toEqual([next]);
  });

  test('what one event leads to is recorded in the transaction that settles it', async () => {
    const { bus, store } = await driver.process('alpha');
    const beta = await driver.process('beta');
    const consequence = counted();
    const facts = await gather(beta.bus, beta.store, 'beta.facts');
    await bus.subscribe('alpha.facts', async (batch) => {
      await store.transaction(async (tx) => {
        await batch.settleIn(tx, [...batch.messages.keys()]);
        await bus.record(tx, 'alpha', [consequence]);
      });
      batch.settled();
    });
    await bus.publish([retired()]);
    await until('it arrives', () => idsOf(facts.messages).includes(consequence.id));
  });

  test('the newest kept event is read first, then each newer one', async () => {
    const { bus } = await driver.process('beta');
    const versions = [edge(1), edge(2), edge(3)];
    for (const event of versions) await bus.publish([event]);
    const seen: unknown[] = [];
    const following = await bus.follow(edgeConfigured, (event) => seen.push(event));
    await until('the newest is there', () => seen.length === 1);
    const next = edge(4);
    await bus.publish([next]);
    await until('the next is there', () => seen.length === 2);
    await following.stop();
    expect(seen).toEqual([versions[2], next]);
  });

  test('a follower that has stopped hears nothing more', async () => {
    const { bus } = await driver.process('beta');
    const [left, right]: [unknown[], unknown[]] = [[], []];
    const following = await bus.follow(edgeConfigured, (event) => left.push(event));
    await bus.follow(edgeConfigured, (event) => right.push(event));
    await following.stop();
    const heard = left.length;
    const event = edge(5);
    await bus.publish([event]);
    await until('the other hears it', () => idsOf(right).includes(event.id));
    expect(left).toHaveLength(heard);
  });

  test('it says that it is connected', async () => {
    const { bus, store } = await driver.process('alpha');
    await gather(bus, store, 'alpha.facts');
    await until('connected', () => bus.status().connected);
    expect(bus.status()).toEqual({ connected: true, problem: null });
  });
});
