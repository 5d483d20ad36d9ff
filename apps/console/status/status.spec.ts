// Given what was heard and what lies in the queues, what an operator is told.
import { describe, expect, it } from 'vitest';
import { serviceNames, type ServiceReport, serviceReported } from '#events/service';
import { statusOf, type Heard, type Sources } from './status.js';

const now = new Date('2026-11-21T12:00:00.000Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);

function heard(service: string, said: Partial<ServiceReport> = {}, heardAt = ago(3)): Heard {
  const instance = said.instance ?? `${service}-1`;
  const quiet = { startedAt: ago(3_600).toISOString(), queues: [], budgets: [], outbox: null, parked: null };
  return {
    service,
    instance,
    heardAt,
    body: { ...serviceReported.example, ...quiet, ...said, service, instance },
  };
}

const all = serviceNames.map((name) => heard(name));
const without = (service: string) => all.filter((each) => each.service !== service);
const bus = { connected: true, problem: null };

const told = (heardNow: readonly Heard[], others: Partial<Sources> = {}) =>
  statusOf({
    now,
    heard: heardNow,
    queues: [],
    bus,
    dead: [],
    authorityHeardAt: null,
    endings: [],
    ...others,
  });
const instancesOf = (heardNow: readonly Heard[], service: string) =>
  told(heardNow).services.find((each) => each.service === service)?.instances;

describe('instances', () => {
  it('are all there and ready: nothing to tell', () => {
    expect(told(all).troubles).toEqual([]);
    expect(told(all).services.map(({ service }) => service)).toEqual(serviceNames);
  });

  it('that were never heard of are missed by the name of their service', () => {
    expect(told(without('licensing')).troubles).toEqual(['licensing: no instance runs']);
  });

  it('that cannot work say why', () => {
    const ill = heard('discovery', { problems: ['the database is away'] });
    expect(told([...without('discovery'), ill]).troubles).toEqual([
      'discovery (discovery-1) is not ready: the database is away',
    ]);
  });

  it('that ended without a word are told apart from those that were stopped', () => {
    const states = (one: Heard) => instancesOf([...all, one], one.service)?.map(({ state }) => state);
    expect(states(heard('console', { instance: 'console-2' }, ago(41)))).toEqual(['ready', 'notHeard']);
    expect(states(heard('console', { instance: 'console-2' }, ago(39)))).toEqual(['ready', 'ready']);
    expect(states(heard('console', { instance: 'console-2', state: 'stopped' }, ago(900)))).toEqual([
      'ready',
      'stopped',
    ]);
  });

  it('that vanished are missed until another one was started in their place', () => {
    const gone = heard('forwarding', { instance: 'forwarding-2' }, ago(120));
    expect(told([...all, gone]).troubles).toEqual(['forwarding (forwarding-2) is not heard for 120 s']);
    const successor = heard('forwarding', { instance: 'forwarding-3', startedAt: ago(60).toISOString() });
    expect(told([...all, gone, successor]).troubles).toEqual([]);
    expect(instancesOf([...all, gone, successor], 'forwarding')?.at(-1)).toMatchObject({
      instance: 'forwarding-2',
      replaced: true,
    });
  });

  it('are not missed while console itself hears nobody', () => {
    const silent = all.map((each) => ({ ...each, heardAt: ago(600) }));
    const problem = 'connect ECONNREFUSED';
    expect(told(silent, { bus: { connected: false, problem } }).troubles).toEqual([
      `console cannot use the bus: ${problem}`,
    ]);
  });
});

describe('work', () => {
  const troubled = (service: string, said: Partial<ServiceReport>) =>
    told([...without(service), heard(service, said)]).troubles;

  it('that is dead, late, or soon has no room is told', () => {
    expect(troubled('autogroup', { outbox: { waiting: 7, oldestAgeMs: 61_000 } })).toEqual([
      'autogroup: 7 events not published yet, for 61 s',
    ]);
    const spool = { announcements: 9, bytes: 90, bytesMax: 100, oldestAgeMs: 500 };
    expect(troubled('gateway', { spool })).toEqual([
      'gateway: the spool is 90 % full; when it is full, devices are sent away',
    ]);
  });

  it('that is dead is told as console lists it, with the place to decide', () => {
    const reported = heard('licensing', { parked: { waiting: 4, dead: 3 } });
    const status = told([...without('licensing'), reported], {
      dead: [
        { consumer: 'licensing.documents', dead: 1 },
        { consumer: 'licensing.seats', dead: 40 },
      ],
    });
    expect(status.troubles).toEqual([
      'licensing.documents: 1 event could not be handled and waits for a person: page Deliveries, `muster dead list --consumer licensing.documents`',
      'licensing.seats: 40 events could not be handled and wait for a person: page Deliveries, `muster dead list --consumer licensing.seats`',
    ]);
    expect(status.services.find(({ service }) => service === 'licensing')?.parked).toEqual({
      waiting: 4,
      dead: 41,
    });
    expect(told([...without('licensing'), reported]).troubles).toEqual([]);
  });

  it('that goes on is no trouble', () => {
    expect(troubled('licensing', { parked: { waiting: 4, dead: 0 } })).toEqual([]);
    expect(troubled('autogroup', { outbox: { waiting: 700, oldestAgeMs: 900 } })).toEqual([]);
  });

  it('in the spools of all gateways is added up, those of stopped ones too', () => {
    const spool = { announcements: 2, bytes: 10, bytesMax: 100, oldestAgeMs: 5 };
    const stopped = heard('gateway', { instance: 'gateway-2', state: 'stopped', spool }, ago(30));
    const [gateway] = told([...without('gateway'), heard('gateway', { spool }), stopped]).services;
    expect(gateway?.spool).toEqual({ announcements: 4, bytes: 20, bytesMax: 200, oldestAgeMs: 5 });
  });
});

describe('the authority', () => {
  it('is missed once it has spoken', () => {
    expect(told(all, { authorityHeardAt: null }).troubles).toEqual([]);
    expect(told(all, { authorityHeardAt: ago(59) }).troubles).toEqual([]);
    expect(told(all, { authorityHeardAt: ago(75) }).troubles).toEqual([
      'the authority (muster trust) was not heard for 75 s; until it is, nothing is revoked here and lists of revoked certificates may end (gone for good: page Certificates)',
    ]);
  });
});

describe('queues', () => {
  const queue = 'discovery.facts';
  const reader = (instance: string, held: number, oldestAgeMs: number | null): Heard =>
    heard('discovery', { instance, queues: [{ queue, depth: held, held, oldestAgeMs }] });

  it('hold what waits at the broker and what each reader holds; the oldest is the oldest of all', () => {
    const readers = [reader('discovery-1', 3, 100), reader('discovery-2', 4, 70_000)];
    const load = { queue, depth: 10, held: 0, oldestAgeMs: null };
    const { queues, troubles } = told([...without('discovery'), ...readers], { queues: [load] });
    expect(queues).toEqual([{ queue, depth: 17, oldestAgeMs: 70_000, readers: 2 }]);
    expect(troubles).toEqual(['discovery.facts: the first of 17 messages waits for 70 s']);
  });

  it('are not known while the broker is away', () => {
    const load = { queue, depth: null, held: 0, oldestAgeMs: null };
    expect(told(all, { queues: [load] }).queues).toEqual([
      { queue, depth: null, oldestAgeMs: null, readers: 0 },
    ]);
  });

  it('are told of when nobody reads them: nobody says how old their first message is', () => {
    const load = { queue, depth: 3, held: 0, oldestAgeMs: null };
    const troublesWith = (...readers: readonly Heard[]) =>
      told([...without('discovery'), ...readers], { queues: [load] }).troubles;
    const gone = { ...reader('discovery-1', 3, 100), heardAt: ago(41) };
    expect(troublesWith(gone)).toEqual([
      'discovery: no instance runs',
      'discovery (discovery-1) is not heard for 41 s',
      '3 events wait in discovery.facts, and nobody reads them',
    ]);
    expect(troublesWith(reader('discovery-1', 0, null))).toEqual([]);
  });

  it('that are not there, while others are, are missed', () => {
    const look = (name: string, depth: number | null) => ({ queue: name, depth, held: 0, oldestAgeMs: null });
    expect(told(all, { queues: [look('licensing.facts', null), look(queue, 0)] }).troubles).toEqual([
      'licensing.facts: RabbitMQ does not tell of it; if it is not there, run muster topology',
    ]);
    expect(told(all, { queues: [look('licensing.facts', null), look(queue, null)] }).troubles).toEqual([]);
  });

  it('tell of what the broker gave up', () => {
    const load = { queue: 'muster.dead', depth: 2, held: 0, oldestAgeMs: null };
    expect(told(all, { queues: [load] }).troubles).toEqual([
      'muster.dead: 2 messages that the broker gave up',
    ]);
  });
});
