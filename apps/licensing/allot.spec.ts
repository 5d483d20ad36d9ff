import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  deviceDiscovered,
  deviceLicensed,
  deviceReconciled,
  type DeviceReconciled,
  deviceRetired,
  deviceUnlicensed,
} from '#events/device';
import type { Draft, Event, EventDefinition } from '#events/event';
import { licenceChanged, seatsCounted } from '#events/licence';
import { published } from '../../test/support/fed-delivery.js';
import { allot, type Heard } from './allot.js';
import { evolve, type Pool, type Seats } from './seats.js';
import { withdraw } from './sweep.js';

const now = new Date('2026-11-21T08:00:00.000Z');
const community = (seats: number): Pool => ({ id: 'community', version: 0, seats, taken: 0, lapsesAt: null });

type Proof = DeviceReconciled['proof'];

/** Seats as they are after these events. */
function given(pools: readonly Pool[], ...events: readonly Event<Heard>[]): Seats {
  const seats: Seats = {
    now,
    pools: new Map(pools.map((pool) => [pool.id, pool])),
    devices: new Map(),
    waiting: [],
    waitingCount: 0,
  };
  for (const event of events) when(seats, event);
  return seats;
}

function when(seats: Seats, event: Event<Heard>): readonly Draft[] {
  const { changes, events } = allot(event, seats);
  for (const change of changes) evolve(seats, change);
  return events;
}

function only<D>(drafts: readonly Draft[], definition: EventDefinition<D>): readonly D[] {
  return drafts
    .filter((draft) => draft.definition.type === definition.type)
    .map(({ data }) => definition.schema.parse(data));
}

const discovered = (deviceId: string, announcement = randomUUID()): Event<Heard> =>
  published(deviceDiscovered.draft({ ...deviceDiscovered.example, deviceId, announcements: [announcement] }));
const reconciled = (deviceId: string, announcement = randomUUID()): Event<Heard> =>
  published(deviceReconciled.draft({ ...deviceReconciled.example, deviceId, announcements: [announcement] }));
const retired = (deviceId: string): Event<Heard> =>
  published(deviceRetired.draft({ ...deviceRetired.example, deviceId }));
const licence = (version: number, seats: number | null, expiresAt: string | null = null): Event<Heard> =>
  published(
    licenceChanged.draft({
      id: 'acme',
      version,
      changedBy: 'admin',
      body: seats === null ? null : { customer: 'Acme', seats, expiresAt, graceDays: 30 },
    }),
  );

describe('a seat', () => {
  it('is given to a device that is discovered, and counted', () => {
    const id = randomUUID();
    const drafts = when(given([community(2)]), discovered(id));
    expect(only(drafts, deviceLicensed)).toMatchObject([
      { deviceId: id, pool: 'community', trigger: 'announced', fresh: true },
    ]);
    expect(only(drafts, seatsCounted)).toEqual([{ seats: 2, taken: 1, waiting: 0 }]);
  });

  it('is kept by the device that has it, and each announcement goes on', () => {
    const id = randomUUID();
    const seats = given([community(1)], discovered(id));
    const announcement = randomUUID();
    const drafts = when(seats, reconciled(id, announcement));
    expect(only(drafts, deviceLicensed)).toMatchObject([
      { deviceId: id, announcements: [announcement], fresh: false },
    ]);
    expect(only(drafts, seatsCounted)).toEqual([]);
  });

  it('is never given back to a retired device by an event that comes late', () => {
    const id = randomUUID();
    const late = reconciled(id);
    expect(when(given([community(1)], discovered(id), retired(id)), late)).toEqual([]);
    expect(when(given([community(1)], retired(id)), late)).toEqual([]);
  });

  it('is told with the newest identity, though its event came first', () => {
    const id = randomUUID();
    const old = reconciled(id);
    const moved = published(
      deviceReconciled.draft({
        ...deviceReconciled.example,
        deviceId: id,
        identity: { ...deviceReconciled.example.identity, ip: '10.7.7.7' },
      }),
    );
    const drafts = when(given([community(1)], moved), old);
    expect(only(drafts, deviceLicensed)).toMatchObject([{ identity: { ip: '10.7.7.7' } }]);
  });
});

describe('an exhausted pool', () => {
  const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];

  it('leaves the device waiting and says so', () => {
    const drafts = when(given([community(1)], discovered(first)), discovered(second));
    expect(only(drafts, deviceUnlicensed)).toMatchObject([{ deviceId: second, reason: 'poolExhausted' }]);
    expect(only(drafts, seatsCounted)).toEqual([{ seats: 1, taken: 1, waiting: 1 }]);
  });

  it('gives a freed seat to the device that waits longest, with all announcements that waited', () => {
    const [a1, a2, a3] = [randomUUID(), randomUUID(), randomUUID()];
    const seats = given(
      [community(1)],
      discovered(first),
      discovered(second, a1),
      discovered(third, a2),
      reconciled(second, a3),
    );
    const drafts = when(seats, retired(first));
    expect(only(drafts, deviceLicensed)).toMatchObject([
      { deviceId: second, trigger: 'seatFreed', announcements: [a1, a3], fresh: true },
    ]);
    expect(only(drafts, seatsCounted)).toEqual([{ seats: 1, taken: 1, waiting: 1 }]);
  });

  it('a seat that comes later makes no announcement of a device that was only found (R52)', () => {
    const found = (deviceId: string) => {
      const data = {
        ...deviceDiscovered.example,
        deviceId,
        announcements: [],
        trigger: 'discovered' as const,
      };
      return published(deviceDiscovered.draft(data));
    };
    const seats = given([community(0)], found(first), found(second), found(third));
    when(seats, reconciled(second));
    // Nor does it matter that it is found once more.
    when(seats, found(third));
    const licensed = only(when(seats, licence(1, 3)), deviceLicensed);
    expect(licensed.map(({ deviceId, trigger }) => [deviceId, trigger])).toEqual([
      [first, 'discovered'],
      [second, 'seatFreed'],
      [third, 'discovered'],
    ]);
  });

  it('tells with the seat that the device was moved without a proof, unless somebody has vouched for it since', () => {
    const said = (proof: Proof, fresh: boolean) =>
      published(deviceReconciled.draft({ ...deviceReconciled.example, deviceId: second, proof, fresh }));
    const seatedAfter = (...events: readonly Event<Heard>[]) =>
      only(
        when(given([community(1)], discovered(first), discovered(second), ...events), retired(first)),
        deviceLicensed,
      );
    const moved = said('oldAddressSilent', true);
    const again = said('sameCertificate', false);
    expect(seatedAfter(moved, again)).toMatchObject([{ fresh: true, proof: 'oldAddressSilent' }]);
    expect(seatedAfter(moved, said('verified', false))).toMatchObject([{ fresh: true, proof: 'verified' }]);
    expect(seatedAfter(moved, said('operator', true))).toMatchObject([{ proof: 'operator' }]);
  });

  it('gives added seats to as many as there are', () => {
    const seats = given([community(0)], discovered(first), discovered(second), discovered(third));
    const drafts = when(seats, licence(1, 2));
    expect(only(drafts, deviceLicensed).map(({ deviceId }) => deviceId)).toEqual([first, second]);
    expect(only(drafts, seatsCounted)).toEqual([{ seats: 2, taken: 2, waiting: 1 }]);
  });

  it('does not let a newcomer pass those who wait', () => {
    const seats = given([community(0)], discovered(first));
    seats.pools.set('community', community(1));
    const drafts = when(seats, discovered(second));
    expect(only(drafts, deviceUnlicensed)).toMatchObject([{ deviceId: second }]);
    expect(only(drafts, deviceLicensed)).toMatchObject([{ deviceId: first, trigger: 'seatFreed' }]);
  });
});

describe('a licence', () => {
  const [first, second] = [randomUUID(), randomUUID()];

  it('that comes late, in an older version, changes nothing', () => {
    expect(when(given([community(0)], licence(2, 10)), licence(1, 5))).toEqual([]);
  });

  it('may not take the name of the built-in pool', () => {
    const taken = published(licenceChanged.draft({ ...licenceChanged.example, id: 'community' }));
    expect(() => when(given([community(0)]), taken)).toThrow(/built-in/);
  });

  it('counts until its grace is over, then its devices wait when they announce', () => {
    const inGrace = given([community(0)], licence(1, 1, '2026-10-25T00:00:00.000Z'), discovered(first));
    expect(only(when(inGrace, reconciled(first)), deviceLicensed)).toHaveLength(1);
    const over = { ...inGrace, now: new Date('2026-11-24T00:00:00.000Z') };
    expect(only(when(over, reconciled(first)), deviceUnlicensed)).toMatchObject([
      { reason: 'licenceExpired' },
    ]);
  });

  it('that is removed loses its seats to the sweep, first those who came last; a free seat elsewhere is taken quietly', () => {
    const seats = given(
      [community(1)],
      licence(1, 1),
      discovered(first),
      discovered(second),
      licence(2, null),
    );
    seats.pools.set('community', { ...community(2), taken: 1 });
    const surplus = [...seats.devices.values()].filter(({ pool }) => pool === 'acme');
    expect(withdraw(seats, surplus).events).toEqual([]);
    seats.pools.set('community', { ...community(1), taken: 1 });
    expect(only(withdraw(seats, surplus).events, deviceUnlicensed)).toMatchObject([
      { reason: 'licenceExpired' },
    ]);
  });
});
