// Reading back what was said, run against each driver.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { embeddedDriver, idsOf, many, rabbitDriver, type Driver } from '../../test/support/buses.js';
import { until } from '../../test/support/until.js';
import { batchMax, type Bus, type JournalRange } from './bus.js';

const drivers = [
  { name: 'RabbitMQ', open: () => rabbitDriver({ journal: true }) },
  { name: 'embedded', open: embeddedDriver },
];
const all: JournalRange = { since: null, to: null };

async function read(bus: Bus, range: JournalRange) {
  const ids: string[] = [];
  const sizes: number[] = [];
  await bus.readJournal(range, (events) => {
    ids.push(...idsOf(events));
    sizes.push(events.length);
    return Promise.resolve();
  });
  return { ids, sizes };
}

describe.each(drivers)('the journal on $name', ({ open }) => {
  let driver: Driver;
  beforeAll(async () => {
    driver = await open();
  });
  afterEach(() => driver.clear());
  afterAll(() => driver.close());

  test('every event is read back, in order, a batch at a time', async () => {
    const { bus } = await driver.process('alpha');
    const events = many(1_000);
    for (let start = 0; start < 1_000; start += 100) await bus.publish(events.slice(start, start + 100));
    const { ids, sizes } = await read(bus, all);
    const ours = new Set(idsOf(events));
    expect(ids.filter((id) => ours.has(id))).toHaveLength(1_000);
    expect(ids.slice(-100)).toEqual(idsOf(events.slice(-100)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(batchMax);
  });

  test('a range by time has what entered the journal in it, to the second', async () => {
    const { bus } = await driver.process('alpha');
    const [before, within, after] = [many(3), many(3), many(3)];
    const second = async (): Promise<Date> => {
      const now = Math.floor(Date.now() / 1_000);
      await until('the next second begins', () => Math.floor(Date.now() / 1_000) > now);
      return new Date(1_000 * (now + 1));
    };
    await bus.publish(before);
    const since = await second();
    await bus.publish(within);
    const to = await second();
    await bus.publish(after);
    const { ids } = await read(bus, { since, to });
    expect(new Set(ids)).toEqual(new Set(idsOf(within)));
    const rest = await read(bus, { since: to, to: null });
    expect(new Set(rest.ids)).toEqual(new Set(idsOf(after)));
    expect((await read(bus, { since: new Date(Date.now() + 3_600_000), to: null })).ids).toEqual([]);
  });

  test('reading ends at the end as it was when reading began', async () => {
    const { bus } = await driver.process('alpha');
    const first = many(10);
    const later = many(10);
    await bus.publish(first);
    const ids: string[] = [];
    await bus.readJournal(all, async (events) => {
      if (ids.length === 0) await bus.publish(later);
      ids.push(...idsOf(events));
    });
    expect(ids.slice(-10).toSorted()).toEqual([...idsOf(first)].toSorted());
  });

  test('a reader that fails, or is stopped, ends the reading with its own reason', async () => {
    const { bus } = await driver.process('alpha');
    await bus.publish(many(10));
    const failing = bus.readJournal(all, () => Promise.reject(new Error('no room')));
    await expect(failing).rejects.toThrow('no room');
    const stopping = new AbortController();
    const stopped = bus.readJournal({ ...all, signal: stopping.signal }, () => Promise.resolve());
    stopping.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
  });
});
