// Dead deliveries through the REST API: found, shown whole, replayed or dropped, and every deed on record.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deliveryDied, deliveryReplayRequested, givenUpOf, replayedMax } from '#events/delivery';
import { deviceAnnounced } from '#events/announcement';
import { databases, Trial, type Answer } from '../../../test/support/console.js';
import { until } from '../../../test/support/until.js';
import { schemas } from '../../../libs/answers/answers.js';
import { stepMax } from './dead.js';

interface Dead {
  readonly consumer?: string;
  readonly eventType?: string;
  readonly reason?: string;
  readonly serial?: string;
  readonly note?: string;
  readonly deviceId?: string;
}

const ask = deliveryReplayRequested.schema;

describe.each(databases)('dead deliveries on $name', ({ open }) => {
  let trial: Trial;
  let token: string;
  let admin: string;
  beforeAll(async () => {
    trial = await Trial.start(await open());
    [token, admin] = [await trial.token('operator'), await trial.token('admin')];
  });
  afterEach(() =>
    trial.database.query('truncate console.dead_delivery, console.audit, bus.event, bus.delivery'),
  );
  afterAll(() => trial.stop());

  const get = (query = ''): Promise<Answer> => trial.ask('GET', `/api/deliveries${query}`, { token });
  const post = (body: object, place = ''): Promise<Answer> =>
    trial.ask('POST', `/api/deliveries${place}`, { token, body });
  const total = async (query = ''): Promise<number> => (await get(query)).body.total;
  const audited = async () =>
    (await trial.ask('GET', '/api/audit', { token: admin })).body.items.map(({ action, who, ...entry }) => ({
      action,
      who: who.replace(/-.*/, ''),
      detail: 'detail' in entry ? entry.detail : null,
    }));
  /** Every delivery that the audit log names, entry by entry. */
  const decided = async (): Promise<readonly string[]> => {
    const { items } = (await trial.ask('GET', '/api/audit', { token: admin })).body;
    const entries = await Promise.all(
      items.map(async ({ id }) => (await trial.ask('GET', `/api/audit/${id}`, { token: admin })).body),
    );
    return entries.flatMap(({ detail }) => (detail as unknown as { decided: string[] }).decided);
  };
  const asked = async () => (await trial.told('delivery.replayRequested')).map((data) => ask.parse(data));

  /** Tells of a death as a service does, and waits until it is listed. Answers the id of the event that died. */
  const die = async ({ serial = 'DEAD-0001', note, deviceId, ...dead }: Dead = {}): Promise<string> => {
    const identity = { ...deviceAnnounced.example.identity, serial };
    const lost = trial.event('gateway', deviceAnnounced.draft({ ...deviceAnnounced.example, identity }));
    const event = givenUpOf({ ...lost, data: note ? { note } : deviceId ? { deviceId } : lost.data });
    const example = { ...deliveryDied.example, eventType: lost.type, eventId: lost.id };
    const died = deliveryDied.draft({ ...example, ...dead, event });
    await trial.bus.publish([trial.event('licensing', died)]);
    await until('it is listed', async () => (await one(lost.id, dead.consumer)).status === 200);
    return lost.id;
  };
  const one = (id: string, consumer = 'licensing.seats') => get(`/${consumer}/${id}`);

  it('are found by consumer, event type, reason, subject and time, and no filter finds what it does not mean', async () => {
    await die();
    await die({ consumer: 'discovery.admission', reason: 'its Serial is odd: 100%' });
    await die({ eventType: 'assessment.finished', serial: 'DEAD-0002' });
    const device = randomUUID();
    await trial.database.query(`insert into console.device (id, serial) values ($1, 'DEAD-0003')`, [device]);
    await die({ eventType: 'device.licensed', deviceId: device });
    const cases: readonly [string, number][] = [
      ['', 4],
      ['?consumer=discovery.admission', 1],
      ['?type=device.*', 3],
      ['?type=assessment.finished', 1],
      ['?reason=SERIAL%20IS', 1],
      ['?reason=100%25', 1],
      ['?reason=1%250', 0],
      ['?subject=DEAD-0002', 1],
      ['?subject=DEAD', 0],
      [`?subject=${device}`, 1],
      ['?subject=DEAD-0003', 1],
      ['?since=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z', 4],
      ['?since=2099-01-01T00:00:00Z', 0],
      ['?to=2020-01-01T00:00:00Z', 0],
    ];
    for (const [query, found] of cases) expect(await total(query), query).toBe(found);
    const kinds = await get('/kinds');
    expect(schemas.DeadKindList.safeParse(kinds.body).error).toBeUndefined();
    expect(kinds.body.items).toContainEqual({
      consumer: 'discovery.admission',
      eventType: 'device.announced',
      dead: 1,
    });
    expect((await get('?since=yesterday')).body.faults).toMatchObject([{ path: 'since' }]);
    expect((await get('?consumer=no%20such')).status).toBe(400);
  });

  it('are paged newest first, none twice and none left out', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift(await die());
    const seen: unknown[] = [];
    for (let after: string | null = ''; after !== null;) {
      const { body }: Answer = await get(`?limit=2${after === '' ? '' : `&after=${after}`}`);
      expect(body.total).toBe(5);
      seen.push(...body.items.map((item) => ('eventId' in item ? item.eventId : null)));
      after = body.next;
    }
    expect(seen).toEqual(ids);
  });

  it('are shown with the event itself, and without its data where that is too large', async () => {
    const id = await die({ serial: 'SHOWN-01' });
    const { body } = await one(id);
    expect(schemas.DeadDeliveryDetail.safeParse(body).error).toBeUndefined();
    expect(schemas.DeadDeliveryList.safeParse((await get()).body).error).toBeUndefined();
    expect(body).toMatchObject({
      eventType: 'device.announced',
      subject: 'SHOWN-01',
      reason: expect.stringContaining('identity.serial'),
      event: { id, type: 'device.announced', data: { identity: { serial: 'SHOWN-01' } }, omitted: false },
    });
    const large = await die({ note: 'x'.repeat(20_000) });
    expect((await one(large)).body).toMatchObject({ event: { data: null, omitted: true } });
    expect((await one(randomUUID())).status).toBe(404);
  });

  it('are replayed one by one, and it is on record who did it', async () => {
    const id = await die();
    expect(await post({ action: 'replay' }, `/licensing.seats/${id}`)).toMatchObject({
      status: 202,
      body: { done: 1 },
    });
    expect(await total()).toBe(0);
    expect(await asked()).toMatchObject([{ consumer: 'licensing.seats', eventId: id, action: 'replay' }]);
    expect(await audited()).toEqual([
      { action: 'delivery.replay', who: 'token:operator', detail: { done: 1 } },
    ]);
    expect(await decided()).toEqual([`licensing.seats ${id} DEAD-0001`]);
    expect((await post({ action: 'replay' }, `/licensing.seats/${id}`)).status).toBe(404);
  });

  it('are dropped with a reason only', async () => {
    const id = await die();
    const unexplained = await post({ action: 'drop' }, `/licensing.seats/${id}`);
    expect([unexplained.status, unexplained.body.faults]).toMatchObject([400, [{ path: 'reason' }]]);
    expect((await post({ action: 'drop', all: true })).body.faults).toMatchObject([{ path: 'reason' }]);
    expect(await total()).toBe(1);
    expect((await post({ action: 'drop', reason: 'a test' }, `/licensing.seats/${id}`)).status).toBe(202);
    expect(await asked()).toMatchObject([{ eventId: id, action: 'drop', reason: 'a test' }]);
    expect(await audited()).toMatchObject([
      { action: 'delivery.drop', detail: { done: 1, reason: 'a test' } },
    ]);
  });

  it('are decided together: those named, those of a filter, all; each consumer is asked about its own', async () => {
    const [first, other] = [await die(), await die({ consumer: 'discovery.admission' })];
    const named = { consumer: 'licensing.seats', eventId: first };
    const gone = { consumer: 'licensing.seats', eventId: randomUUID() };
    expect((await post({ action: 'replay', deliveries: [named, gone] })).body).toMatchObject({
      done: 1,
      left: 0,
    });
    await die();
    const left = await post({ action: 'replay', filter: { consumer: 'discovery.admission' } });
    expect(left.body).toMatchObject({ done: 1, left: 0 });
    expect((await asked()).at(-1)).toMatchObject({ consumer: 'discovery.admission', eventId: other });
    expect(await total()).toBe(1);
    expect((await post({ action: 'drop', reason: 'a test', all: true })).body).toMatchObject({
      done: 1,
      left: 0,
    });
    expect((await audited()).map(({ action, detail }) => [action, detail])).toMatchObject([
      ['delivery.drop', { done: 1, filter: 'all', reason: 'a test' }],
      ['delivery.replay', { done: 1, filter: { consumer: 'discovery.admission' } }],
      ['delivery.replay', { done: 1, deliveries: [named, gone] }],
    ]);
  });

  it.each([
    ['nothing', {}],
    ['two ways to say which', { all: true, filter: { type: 'device.*' } }],
    ['a filter without a condition', { filter: {} }],
    ['a condition that is none', { filter: { colour: 'red' } }],
  ])('are not decided by %s', async (_, which) => {
    await die();
    expect((await post({ action: 'replay', ...which })).status).toBe(400);
    expect(await total()).toBe(1);
  });

  it('are decided as they were when the list was read', async () => {
    await die();
    const { upTo } = (await get()).body as unknown as { upTo: number };
    const later = await die();
    expect((await post({ action: 'drop', reason: 'a test', all: true, upTo })).body).toMatchObject({
      done: 1,
    });
    expect((await one(later)).status).toBe(200);
  });

  it('are decided in steps when they are many, without those that die meanwhile', async () => {
    const many = stepMax * 2 + 7;
    await trial.database.query(
      `insert into console.dead_delivery (consumer, event_id, event_type, attempts, reason, died_at)
       select 'licensing.seats', gen_random_uuid(), 'device.discovered', 4, 'many', now()
       from generate_series(1, $1::int)`,
      [many],
    );
    const request = { action: 'replay', filter: { reason: 'many' } };
    const done: number[] = [];
    let upTo: number | undefined;
    for (let left = many; left > 0;) {
      const { body } = await post({ ...request, upTo });
      const step = body as unknown as { done: number; left: number; upTo: number };
      done.push(step.done);
      ({ left, upTo } = step);
      if (done.length === 1) await die({ reason: 'many more' });
    }
    expect(done).toEqual([stepMax, stepMax, 7]);
    expect(await total()).toBe(1);
    expect(new Set(await decided()).size).toBe(many);
    const events = await asked();
    const ids = events.flatMap(({ eventId, otherEventIds = [] }) => [eventId, ...otherEventIds]);
    expect(new Set(ids).size).toBe(many);
    expect(events.length).toBe(2 * (stepMax / replayedMax) + 1);
  });
});
