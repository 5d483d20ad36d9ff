// Poison among good events, on a real service: the good ones take effect, the others are dead with their reason, and take
// effect when they are replayed after what was wrong is mended. POISON_EVENTS=10000 makes a long form of it.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deliveryDied, deliveryReplayRequested } from '#events/delivery';
import { parseEnvelope } from '#events/event';
import { freshDatabase, freshVhost } from '../support/servers.js';
import { openSeating, said, type Seating } from '../support/poisoned.js';
import { until } from '../support/until.js';

const events = Number(process.env['POISON_EVENTS'] ?? 2_000);
const poison = events / 100;
const limitMs = 60_000 + events * 10;

let seating: Seating;
beforeAll(async () => {
  seating = await openSeating({ vhost: await freshVhost(), database: await freshDatabase() });
});
afterAll(() => seating.stop());

interface Row {
  readonly event_id: string;
  readonly attempts: number;
  readonly reason: string;
}
const dead = () =>
  seating.database.query<Row>(
    'select event_id, attempts, reason from licensing.parked where due_at is null order by event_id',
  );
/** Time passes faster for what waits to be tried again. */
const hurry = () =>
  seating.database.query('update licensing.parked set due_at = now() where due_at is not null');

it(
  `${poison} poison events among ${events} hold up nobody, and take effect once the reason is mended`,
  async () => {
    await seating.curse();
    const published = await seating.publish(events, 'refused');
    await seating.run();
    await until(
      'the good ones have their seats',
      async () => (await seating.seated()) === events - poison,
      limitMs,
    );
    await until(
      'the others are dead',
      async () => (await hurry(), (await dead()).length === poison),
      limitMs,
    );
    for (const { attempts, reason } of await dead()) {
      expect(attempts).toBe(4);
      expect(reason).toContain('violates check constraint "no_curse"');
    }
    const ids = (await dead()).map((row) => row.event_id);
    expect(ids).toEqual(
      published
        .filter((_, n) => n % 100 === 50)
        .map(({ id }) => id)
        .toSorted(),
    );
    await until(
      'each death is told',
      async () => ids.every((id) => told.has(id)) || (await readDeaths(), false),
      limitMs,
    );

    await seating.mend();
    const [eventId = '', ...otherEventIds] = ids;
    const request = { consumer: 'licensing.seats', action: 'replay', requestedBy: 'admin' } as const;
    await seating.bus.publish([
      said('console', deliveryReplayRequested.draft({ ...request, eventId, otherEventIds })),
    ]);
    await until('all have their seats', async () => (await seating.seated()) === events, limitMs);
    const [row] = await seating.database.query<{ devices: number; parked: number }>(
      'select (select count(*) from licensing.device) as devices, (select count(*) from licensing.parked) as parked',
    );
    expect(row).toEqual({ devices: events, parked: 0 });
    expect(await seating.seated()).toBe(events);
  },
  4 * limitMs,
);

const told = new Set<string>();
async function readDeaths(): Promise<void> {
  await seating.bus.readJournal({ since: null, to: null }, (messages) => {
    for (const event of messages.map(parseEnvelope)) {
      if (deliveryDied.is(event)) told.add(deliveryDied.schema.parse(event.data).eventId);
    }
    return Promise.resolve();
  });
}
