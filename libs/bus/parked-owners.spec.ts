// Whose a parked delivery is, on both databases: that of the consumer that hears its type, whichever build parked it.
import { afterEach, describe, expect, it } from 'vitest';
import { consumer, type Consumer } from '#bus/consumer';
import { deliveryDied, deliveryReplayRequested } from '#events/delivery';
import { deviceFlapping, deviceRetired } from '#events/device';
import type { Event, EventDefinition } from '#events/event';
import { claim } from '#store/inbox';
import { park } from '#store/parking';
import type { Store } from '#store/store';
import { databases, openFor, published, startFed, type Fed } from '../../test/support/fed-delivery.js';
import { until } from '../../test/support/until.js';

const flapping = (): Event => published(deviceFlapping.draft(deviceFlapping.example));
const retired = (): Event => published(deviceRetired.draft(deviceRetired.example));

describe.each(Object.keys(databases))('a parked delivery on %s', (kind) => {
  let fed: Fed | null = null;
  let handled: string[] = [];
  afterEach(async () => {
    await fed?.stop();
    fed = null;
    handled = [];
  });

  const noting = (name: string, definition: EventDefinition): Consumer =>
    consumer({
      name,
      on: [definition],
      load: () => Promise.resolve(null),
      decide: ({ id }) => {
        handled.push(`${name} ${id}`);
        return { changes: [], events: [] };
      },
      save: () => Promise.resolve(),
    });
  const first = noting('licensing.first', deviceFlapping);
  const second = noting('licensing.second', deviceRetired);
  const start = async (store: Store, consumers = [first, second]): Promise<Fed> =>
    (fed = await startFed(store, consumers));

  /** As another build left it: claimed, and parked. */
  const left = (store: Store, name: string, event: Event, dead = true): Promise<void> =>
    store.transaction(async (tx) => {
      await claim(tx, 'licensing', name, [event.id]);
      const row = { event, attempts: 1, delayMs: dead ? null : 0, reason: 'test', waits: false };
      await park(tx, 'licensing', name, [row]);
    });
  const parked = async (store: Store): Promise<readonly string[]> => {
    const rows = await store.query<{ row: string }>(
      `select consumer || ' ' || event_id as row from licensing.parked order by 1`,
    );
    return rows.map(({ row }) => row);
  };
  const ask = (action: 'replay' | 'drop', name: string, { id }: Event): Promise<void> | undefined =>
    fed?.feed(
      published(deliveryReplayRequested.draft({ consumer: name, eventId: id, action, requestedBy: 'admin' })),
    );

  it('that this build cannot read is that of the consumer of its type, and handled when a newer build replays it', async () => {
    const store = await openFor(kind, 'licensing');
    const newer = { ...retired(), version: deviceRetired.version + 1 };
    const bad = { ...retired(), data: { serial: 7 } };
    const unknown = { ...retired(), type: 'device.sung' };
    const trial = await start(store);
    await trial.feed(newer, flapping(), bad, unknown);
    expect(await parked(store)).toEqual(
      [
        `licensing.second ${newer.id}`,
        `licensing.second ${bad.id}`,
        `licensing.first ${unknown.id}`,
      ].toSorted(),
    );
    expect(
      (await trial.told(deliveryDied)).map((death) => `${death.consumer} ${death.eventId}`).toSorted(),
    ).toEqual(await parked(store));
    const { version } = deviceRetired;
    Object.assign(deviceRetired, { version: newer.version });
    try {
      await ask('replay', 'licensing.second', newer);
      await until('it is handled', () => handled.includes(`licensing.second ${newer.id}`));
    } finally {
      Object.assign(deviceRetired, { version });
    }
  });

  it('under the wrong consumer, or one that is no more, goes to the right one, and is found by its old name', async () => {
    const store = await openFor(kind, 'licensing');
    const [wrong, renamed, dropped, due] = [retired(), flapping(), flapping(), flapping()];
    await left(store, 'licensing.first', wrong);
    await left(store, 'licensing.former', renamed);
    await left(store, 'licensing.former', dropped);
    await left(store, 'licensing.former', due, false);
    const trial = await start(store);
    await until('what was due is handled', async () => (await parked(store)).length === 3);
    expect(await parked(store)).toEqual(
      [
        `licensing.first ${renamed.id}`,
        `licensing.first ${dropped.id}`,
        `licensing.second ${wrong.id}`,
      ].toSorted(),
    );
    await ask('drop', 'licensing.former', dropped);
    await ask('replay', 'licensing.former', renamed);
    await ask('replay', 'licensing.first', wrong);
    await until('all are handled', async () => (await parked(store)).length === 0);
    await trial.feed(wrong, renamed, due);
    expect(handled.toSorted()).toEqual(
      [
        `licensing.first ${due.id}`,
        `licensing.first ${renamed.id}`,
        `licensing.second ${wrong.id}`,
      ].toSorted(),
    );
  });

  it('that was parked under the wrong one meanwhile is found when an operator asks for it', async () => {
    const store = await openFor(kind, 'licensing');
    const wrong = retired();
    await start(store);
    await fed?.feed(flapping());
    await left(store, 'licensing.first', flapping(), false);
    await until('parking was looked at', () => handled.length === 2);
    await left(store, 'licensing.first', wrong);
    await ask('replay', 'licensing.first', wrong);
    await until('it is done', async () => (await parked(store)).length === 0);
    expect(handled).toContain(`licensing.second ${wrong.id}`);
  });

  it('whose owner has handled it is forgotten', async () => {
    const store = await openFor(kind, 'licensing');
    const event = retired();
    await left(store, 'licensing.former', event, false);
    await store.transaction((tx) => claim(tx, 'licensing', 'licensing.second', [event.id]));
    await start(store);
    await until('it is gone', async () => (await parked(store)).length === 0);
    expect(handled).toEqual([]);
  });

  it('does not become of what comes by the clock', async () => {
    const store = await openFor(kind, 'licensing');
    const trial = await start(store, [first, { ...second, fleeting: true }]);
    const newer = { ...retired(), version: 99 };
    const readable = retired();
    await trial.feed(newer, readable, { ...retired(), data: null });
    await trial.feed(newer);
    expect(handled).toEqual([`licensing.second ${readable.id}`]);
    expect(await parked(store)).toEqual([]);
    expect(await trial.told(deliveryDied)).toEqual([]);
  });
});
