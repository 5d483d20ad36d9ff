// The life of a batch, on both databases, with the embedded bus below it: what is claimed, decided, parked and told.
import { metrics } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { consumer, NotYet, Unprocessable, type Consumer } from '#bus/consumer';
import { Delivery } from '#bus/delivery';
import { openEmbeddedBus } from '#bus/embedded';
import { openRabbit } from '#bus/rabbit';
import { declareTopology } from '#bus/rabbit/declare';
import { topologyOf } from '#bus/topology';
import type { Bus } from '#bus/bus';
import { catalogue } from '#events/catalogue';
import { deliveryDied, deliveryReplayRequested, deliveryReturned } from '#events/delivery';
import { deviceFlapping, deviceRetired } from '#events/device';
import { stamp, type Event } from '#events/event';
import { migrate } from '#store/migrate';
import { openEmbedded, openPostgres } from '#store/open';
import { park } from '#store/parking';
import { Store, type Database } from '#store/store';
import { freshDatabase, freshVhost } from '../../test/support/servers.js';
import { silentLog } from '../../test/support/silent.js';
import { until } from '../../test/support/until.js';

type Rule = (serial: string) => void;

/** Counts flapping reports by serial, tells of each; `rule` may throw. */
const counting = (rule: Rule, inSave: Rule = () => undefined): Consumer =>
  consumer({
    name: 'licensing.counting',
    on: [deviceFlapping],
    load: async (tx, events) => {
      const serials = events.map(({ data }) => data.serial);
      const rows = await tx.query<{ serial: string; n: number }>(
        'select serial, n from licensing.seen where serial = any($1::text[]) order by serial for update',
        [serials],
      );
      return new Map(rows.map(({ serial, n }) => [serial, n]));
    },
    decide: ({ data: { serial, deviceId } }, seen) => {
      rule(serial);
      const n = (seen.get(serial) ?? 0) + 1;
      return {
        changes: [{ serial, n }],
        events: [deviceRetired.draft({ deviceId, serial, retiredBy: `${n}` })],
      };
    },
    evolve: (seen, { serial, n }) => void seen.set(serial, n),
    save: async (tx, changes) => {
      for (const { serial } of changes) inSave(serial);
      await tx.query(
        `insert into licensing.seen (serial, n)
         select distinct on (c->>'serial') c->>'serial', (c->>'n')::int
         from jsonb_array_elements($1::jsonb) with ordinality as row(c, place) order by c->>'serial', place desc
         on conflict (serial) do update set n = excluded.n`,
        [JSON.stringify(changes)],
      );
    },
  });

let sequence = 0;
const flapping = (serial: string): Event =>
  stamp(
    deviceFlapping.draft({
      deviceId: '0193f2a0-0000-7000-8000-000000000001',
      serial,
      announcedPerMinute: 16,
    }),
    {
      publisher: 'discovery',
      sequence: (sequence += 1),
      occurredAt: new Date().toISOString(),
      causedBy: null,
      traceparent: null,
    },
  );

const kinds = [
  { name: 'PGlite', open: () => openEmbedded({ dir: null }) },
  { name: 'PostgreSQL', open: async () => openPostgres({ url: await freshDatabase() }) },
];

describe.each(kinds)('a delivery on $name', ({ open }) => {
  let database: Database;
  let store: Store;
  let bus: Bus;
  let delivery: Delivery | null = null;
  const said: { fields: object; message: string }[] = [];
  const say = (fields: object, message: string): void => void said.push({ fields, message });
  const log = { info: say, warn: say, error: say };

  beforeAll(async () => {
    database = await open();
    await migrate(database, ['bus', 'licensing']);
    await database.query('create table licensing.seen (serial text primary key, n int not null)');
    store = new Store(database, 'licensing');
    const topology = topologyOf(catalogue.values(), [
      { service: 'licensing', on: [deviceFlapping] },
      { service: 'console', on: [deviceRetired, deliveryDied] },
    ]);
    bus = openEmbeddedBus({ database, topology, log });
  });
  afterEach(async () => {
    await delivery?.stop();
    await database.query('truncate licensing.seen, licensing.parked, bus.delivery');
  });
  afterAll(async () => {
    await bus.stop();
    await database.close();
  });

  const start = async (consumers: Consumer, on: Bus = bus): Promise<void> => {
    const meter = metrics.getMeter('test');
    delivery = new Delivery({ service: 'licensing', store, bus: on, consumers: [consumers], log, meter });
    await delivery.start();
  };
  const seen = async (): Promise<Record<string, number>> => {
    const rows = await database.query<{ serial: string; n: number }>('select serial, n from licensing.seen');
    return Object.fromEntries(rows.map(({ serial, n }) => [serial, n]));
  };
  const parked = () =>
    database.query<{ event_id: string; attempts: number; dead: boolean; reason: string }>(
      'select event_id, attempts, due_at is null as dead, reason from licensing.parked order by parked_at',
    );
  const told = async (type: string): Promise<readonly Event[]> => {
    const rows = await database.query<{ body: Event }>(
      `select body from bus.event where type = $1 order by seq`,
      [type],
    );
    return rows.map(({ body }) => body);
  };

  const ask = (
    action: 'replay' | 'drop',
    consumerName: string,
    eventId: string,
    otherEventIds: readonly string[] = [],
  ): Promise<void> => {
    const data = {
      consumer: consumerName,
      eventId,
      otherEventIds: [...otherEventIds],
      action,
      requestedBy: 'admin',
    };
    const origin = { publisher: 'console', sequence: 1, causedBy: null, traceparent: null };
    const occurredAt = new Date().toISOString();
    return bus.publish([stamp(deliveryReplayRequested.draft(data), { ...origin, occurredAt })]);
  };

  it('lets two events about one thing in one batch see each other, and tells of both in order', async () => {
    const events = ['AAAA', 'BBBB', 'AAAA', 'AAAA'].map(flapping);
    await bus.publish(events);
    await start(counting(() => undefined));
    await until(
      'all are counted',
      async () => ((await seen())['AAAA'] ?? 0) + ((await seen())['BBBB'] ?? 0) === 4,
    );
    expect(await seen()).toEqual({ AAAA: 3, BBBB: 1 });
    const ids = new Set(events.map(({ id }) => id));
    const effects = (await told('device.retired')).filter(({ causedBy }) => causedBy && ids.has(causedBy));
    const ofA = effects.filter(({ data }) => deviceRetired.schema.parse(data).serial === 'AAAA');
    expect(ofA.map(({ data }) => deviceRetired.schema.parse(data).retiredBy)).toEqual(['1', '2', '3']);
    expect(ofA.map((event) => event.sequence)).toEqual(
      ofA.map((event) => event.sequence).toSorted((a, b) => a - b),
    );
  });

  it('takes the same event once, however often it comes', async () => {
    const event = flapping('SAME');
    await start(counting(() => undefined));
    await bus.publish([event]);
    await until('it is counted', async () => (await seen())['SAME'] === 1);
    await database.query(`delete from bus.event where id = $1`, [event.id]);
    await bus.publish([event, flapping('LAST')]);
    await until('the last is counted', async () => (await seen())['LAST'] === 1);
    expect(await seen()).toEqual({ SAME: 1, LAST: 1 });
  });

  it('parks what decide refuses for now, lets its neighbours pass, and tries it again', async () => {
    let refusals = 0;
    await bus.publish(['GOOD', 'EVIL', 'FINE'].map(flapping));
    await start(
      counting((serial) => {
        if (serial === 'EVIL' && (refusals += 1) === 1) throw new Error('not today');
      }),
    );
    await until('the neighbours are counted', async () => Object.keys(await seen()).length >= 2);
    await until('the refused one is counted too', async () => (await seen())['EVIL'] === 1);
    expect(await seen()).toEqual({ GOOD: 1, EVIL: 1, FINE: 1 });
    expect(refusals).toBe(2);
    expect(await parked()).toEqual([]);
  });

  it('waits for what must come first without calling it an error', async () => {
    let ready = false;
    said.length = 0;
    await bus.publish([flapping('LATE')]);
    await start(
      counting(() => {
        if (!ready) throw new NotYet('no settings yet');
      }),
    );
    await until('it is parked', async () => (await parked()).length === 1);
    ready = true;
    await until('it is counted', async () => (await seen())['LATE'] === 1);
    expect(said).toEqual([]);
  });

  it('gives up at once what no repeat can help, tells of it, and handles it when an operator replays it', async () => {
    let mended = false;
    const event = flapping('DEAD');
    await bus.publish([event, flapping('FINE')]);
    await start(
      counting((serial) => {
        if (serial === 'DEAD' && !mended) throw new Unprocessable('its serial number is cursed');
      }),
    );
    await until('it is dead', async () => (await parked()).some(({ dead }) => dead));
    expect(await parked()).toMatchObject([
      { event_id: event.id, attempts: 1, reason: expect.stringContaining('cursed') },
    ]);
    const died = (await told('delivery.died')).filter(({ causedBy }) => causedBy === event.id);
    expect(died).toMatchObject([
      {
        data: {
          consumer: 'licensing.counting',
          eventType: 'device.flapping',
          event: { publisher: 'discovery', subject: event.subject, data: { serial: 'DEAD' }, omitted: false },
        },
      },
    ]);
    mended = true;
    await ask('replay', 'licensing.counting', event.id);
    await until('it is counted', async () => (await seen())['DEAD'] === 1);
    expect(await parked()).toEqual([]);
  });

  it('replays all that one request names', async () => {
    let mended = false;
    const [first, ...others] = ['DEAD-1', 'DEAD-2', 'DEAD-3'].map(flapping);
    if (!first) throw new Error('there is a first');
    await bus.publish([first, ...others]);
    await start(
      counting(() => {
        if (!mended) throw new Unprocessable('not yet mended');
      }),
    );
    await until('all are dead', async () => (await parked()).filter(({ dead }) => dead).length === 3);
    mended = true;
    await ask(
      'replay',
      'licensing.counting',
      first.id,
      others.map(({ id }) => id),
    );
    await until('all are counted', async () => Object.keys(await seen()).length === 3);
  });

  it('keeps what the bus gave up as a dead letter, unless its effect is committed', async () => {
    const [killer, done] = [flapping('KILL'), flapping('DONE')];
    await start(counting(() => undefined));
    await bus.publish([done]);
    await until('one is counted', async () => (await seen())['DONE'] === 1);
    const returned = (message: unknown, queue = 'licensing.facts'): Event =>
      stamp(deliveryReturned.draft({ queue, attempts: 50, reason: 'killed its reader 50 times', message }), {
        ...{ publisher: 'console', sequence: 1, causedBy: null, traceparent: null },
        occurredAt: new Date().toISOString(),
      });
    const messages = [killer, done, killer, 'no event at all'];
    await bus.publish([
      returned(flapping('ELSE'), 'console.facts'),
      ...messages.map((each) => returned(each)),
    ]);
    await until('two are dead', async () => (await parked()).length === 2);
    const reason = 'killed its reader 50 times, in licensing.facts';
    const row = { attempts: 50, dead: true, reason };
    expect(await parked()).toMatchObject([row, row]);
    expect((await parked()).map((each) => each.event_id)).toContain(killer.id);
    const died = (await told('delivery.died')).map(({ data }) => deliveryDied.schema.parse(data).eventId);
    expect(died.filter((id) => id === killer.id)).toHaveLength(1);
    expect(died).not.toContain(done.id);
    await ask('replay', 'licensing.counting', killer.id);
    await until('it is counted', async () => (await seen())['KILL'] === 1);
    expect(await seen()).toEqual({ DONE: 1, KILL: 1 });
  });

  it('lets an operator drop a request of an operator that died itself', async () => {
    const event = flapping('DEAD');
    await database.transaction((tx) =>
      park(tx, 'licensing', 'licensing.parking', [
        { event, attempts: 1, delayMs: null, reason: 'test', waits: false },
      ]),
    );
    await start(counting(() => undefined));
    await ask('drop', 'licensing.parking', event.id);
    await until('it is gone', async () => (await parked()).length === 0);
  });

  it('halves a batch whose save fails until the culprit is alone', async () => {
    const serials = Array.from({ length: 23 }, (_, n) => `N${String(n).padStart(3, '0')}`);
    await bus.publish([...serials.slice(0, 11), 'EVIL', ...serials.slice(11)].map(flapping));
    await start(
      counting(
        () => undefined,
        (serial) => {
          if (serial === 'EVIL') throw new Error('cannot be saved');
        },
      ),
    );
    await until('all but one are counted', async () => Object.keys(await seen()).length === 23);
    await until('the culprit is parked', async () => (await parked()).length === 1);
    expect(await parked()).toMatchObject([{ dead: false, reason: 'Error: cannot be saved' }]);
  });

  it('tries a batch again without the events that the database names, and no more often', async () => {
    await database.query(
      `alter table licensing.seen add constraint no_curse check (serial not like 'CURSED%')`,
    );
    const serials = Array.from({ length: 40 }, (_, n) => `GOOD-${n}`);
    await bus.publish([...serials, 'CURSED-1', 'CURSED-2'].map(flapping));
    const sizes: number[] = [];
    const plain = counting(() => undefined);
    await start({ ...plain, load: (tx, events) => (sizes.push(events.length), plain.load(tx, events)) });
    await until('all but two are counted', async () => Object.keys(await seen()).length === 40);
    await until('the culprits are parked', async () => (await parked()).length === 2);
    await delivery?.stop();
    expect(sizes.filter((size) => size > 1).length).toBeLessThanOrEqual(6);
    await database.query(`update licensing.parked set due_at = now()`);
    await database.query('alter table licensing.seen drop constraint no_curse');
    await start(counting(() => undefined));
    await until('they are counted too', async () => Object.keys(await seen()).length === 42);
  });

  describe('where the database refuses to park', () => {
    const refuseToPark = async (which: string): Promise<void> => {
      await database.query(
        `create or replace function licensing.refuse() returns trigger language plpgsql as
         $$ begin if ${which} then raise exception 'no room in parking'; end if; return new; end $$`,
      );
      await database.query(
        'create trigger refuse before insert on licensing.parked for each row execute function licensing.refuse()',
      );
    };
    const relent = () => database.query('drop trigger if exists refuse on licensing.parked');
    afterEach(relent);
    const refusingEvil = counting(
      () => undefined,
      (serial) => {
        if (serial === 'EVIL') throw new Error('cannot be saved');
      },
    );

    it('an event, gives it up without its data; those beside and behind it go on', async () => {
      await refuseToPark(`new.event->'data'->>'serial' = 'EVIL'`);
      const evil = flapping('EVIL');
      await bus.publish([flapping('FINE'), evil, flapping('GOOD')]);
      await start(refusingEvil);
      await until('it is dead', async () => (await parked()).length === 1);
      await bus.publish([flapping('NEXT')]);
      await until('the others are counted', async () => Object.keys(await seen()).length === 3);
      expect(await parked()).toMatchObject([{ event_id: evil.id, dead: true }]);
      const [{ reason } = { reason: '' }] = await parked();
      expect(reason).toMatch(/cannot be saved; kept without its data.*no room in parking/);
      const died = (await told('delivery.died')).filter(({ causedBy }) => causedBy === evil.id);
      expect(died).toHaveLength(1);
      expect(delivery?.problem()).toBeNull();
    });

    it('anything, counts the neighbours and keeps the culprit until it can', async () => {
      await refuseToPark('true');
      await start(refusingEvil);
      // The first batch of a reader is of one.
      await bus.publish([flapping('FINE')]);
      await until('the reader is warm', async () => (await seen())['FINE'] === 1);
      await bus.publish(['EVIL', 'GOOD', 'MORE'].map(flapping));
      await until('the neighbours are counted', async () => Object.keys(await seen()).length === 3);
      await until('it says so', () => delivery?.problem()?.includes('no room in parking') ?? false);
      await relent();
      await until('it is parked', async () => (await parked()).length === 1);
      await until('all is well', () => delivery?.problem() === null);
      expect(await seen()).toEqual({ FINE: 1, GOOD: 1, MORE: 1 });
    });
  });

  it('parks as dead what is no event that this build can read', async () => {
    const newer = { ...flapping('NEWW'), version: 99 };
    const bad = { ...flapping('BADD'), data: { serial: 7 } };
    await bus.publish([newer, bad, flapping('FINE')]);
    await start(counting(() => undefined));
    await until('both are dead', async () => (await parked()).filter(({ dead }) => dead).length === 2);
    await until('their neighbour is counted', async () => (await seen())['FINE'] === 1);
    const reasons = (await parked()).map(({ reason }) => reason).join('\n');
    expect(reasons).toContain('device.flapping: ');
    expect(reasons).toContain('upgrade it, then replay');
  });

  it('handles what an older build could not read, when one that can replays it', async () => {
    const newer = { ...flapping('NEWW'), version: deviceFlapping.version + 1 };
    await bus.publish([newer]);
    await start(counting(() => undefined));
    await until('it is dead', async () => (await parked()).some(({ dead }) => dead));
    await ask('replay', 'licensing.counting', newer.id);
    await until(
      'it was tried again',
      async () => (await told('delivery.died')).filter(({ causedBy }) => causedBy === newer.id).length === 2,
    );
    // The definition that the next build will have.
    const upgraded = { version: newer.version };
    const old = { version: deviceFlapping.version };
    Object.assign(deviceFlapping, upgraded);
    try {
      await ask('replay', 'licensing.counting', newer.id);
      await until('it is counted', async () => (await seen())['NEWW'] === 1);
    } finally {
      Object.assign(deviceFlapping, old);
    }
    expect(await parked()).toEqual([]);
  });

  it('parks what no database takes: NUL, half surrogate pairs, endless nesting, in events and in what is none', async () => {
    const evil = 'a\u0000b\ud83d';
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    const newer = { ...flapping('NEWW'), version: 99, data: { [evil]: [evil, '\\u0000', '😀'] } };
    const unknown = { ...flapping('UNKN'), type: `new.${evil}`, subject: evil, traceparent: evil };
    const bad = { ...flapping('BADD'), data: { serial: evil, [evil]: deep } };
    const none = { evil, envelope: false };
    const messages = [newer, unknown, bad, none, evil, deep, flapping('FINE')];
    let settled = false;
    // As RabbitMQ would hand them on: the embedded bus itself keeps events as jsonb.
    const handing: Bus = {
      system: 'rabbitmq',
      record: (tx, schema, events) => bus.record(tx, schema, events),
      publish: (events) => bus.publish(events),
      follow: (definition, each) => bus.follow(definition, each),
      readJournal: (range, each) => bus.readJournal(range, each),
      loads: (queues) => bus.loads(queues),
      status: () => bus.status(),
      stop: () => Promise.resolve(),
      subscribe: async (queue, handle) => {
        const settle = { settleIn: () => Promise.resolve(), abandon: () => undefined };
        if (queue === 'licensing.facts')
          await handle({ ...settle, messages, settled: () => void (settled = true) });
        return { stop: () => Promise.resolve() };
      },
    };
    await start(
      counting(() => undefined),
      handing,
    );
    expect(settled).toBe(true);
    expect(await seen()).toEqual({ FINE: 1 });
    expect(await parked()).toHaveLength(6);
    const kept = new Map(
      (await database.query<{ event: Event }>('select event from licensing.parked')).map(({ event }) => [
        event.id,
        event,
      ]),
    );
    const clean = 'a\ufffdb\ufffd';
    expect(kept.get(newer.id)?.data).toEqual({ [clean]: [clean, '\\u0000', '😀'] });
    expect(kept.get(unknown.id)).toMatchObject({ type: `new.${clean}`, subject: clean, traceparent: clean });
    expect(kept.get(bad.id)?.data).toMatchObject({ serial: clean });
    expect([...kept.values()].filter(({ type }) => type === 'unreadable')).toHaveLength(3);
    const died = (await told('delivery.died')).map(({ causedBy }) => causedBy);
    expect(died).toEqual(expect.arrayContaining([...kept.keys()]));
  });

  it('parks an event whose failure says what no database takes', async () => {
    await bus.publish([flapping('EVIL')]);
    await start(
      counting(() => {
        throw new Unprocessable('half a pair: \ud83d, and \u0000');
      }),
    );
    await until('it is dead', async () => (await parked()).length === 1);
    expect(await parked()).toMatchObject([
      { dead: true, reason: 'Unprocessable: half a pair: \ufffd, and \ufffd' },
    ]);
  });

  it('refuses two consumers of one type in one service', () => {
    const meter = metrics.getMeter('test');
    const twice = [counting(() => undefined), { ...counting(() => undefined), name: 'licensing.other' }];
    const make = () => new Delivery({ service: 'licensing', store, bus, consumers: twice, log, meter });
    expect(make).toThrow(
      'device.flapping has two consumers in licensing: licensing.counting and licensing.other',
    );
  });
});

it('leaves on RabbitMQ what it has not committed, for whoever reads the queue next', async () => {
  const url = await freshVhost();
  const database = await openPostgres({ url: await freshDatabase() });
  await migrate(database, ['licensing']);
  await database.query('create table licensing.seen (serial text primary key, n int not null)');
  const store = new Store(database, 'licensing');
  const topology = topologyOf(catalogue.values(), [{ service: 'licensing', on: [deviceFlapping] }]);
  await declareTopology({ urls: [url] }, topology);
  const bus = await openRabbit({ urls: [url], name: 'test', store, log: silentLog });
  const handling = (rule: Rule, inSave: Rule) => {
    const consumers = [counting(rule, inSave)];
    const meter = metrics.getMeter('test');
    return new Delivery({ service: 'licensing', store, bus, consumers, log: silentLog, meter });
  };
  let tries = 0;
  const failing = handling(
    () => undefined,
    () => {
      tries += 1;
      throw Object.assign(new Error('the server is going away'), { code: '57P01' });
    },
  );
  await failing.start();
  await bus.publish([flapping('KEPT')]);
  await until('it was tried', () => tries > 0);
  await failing.stop();
  const working = handling(
    () => undefined,
    () => undefined,
  );
  await working.start();
  const seen = () => database.query<{ serial: string }>('select serial from licensing.seen');
  await until('the next one handled it', async () => (await seen()).length === 1);
  await working.stop();
  await bus.stop();
  await database.close();
});
