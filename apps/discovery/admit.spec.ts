import { randomUUID } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { announcementFiltered, deviceAnnounced, type DeviceAnnounced } from '#events/announcement';
import { deviceConflicted } from '#events/conflict';
import {
  deviceDiscovered,
  deviceFlapping,
  deviceReconciled,
  deviceRetired,
  deviceRetireRequested,
} from '#events/device';
import type { Draft, Event, EventDefinition } from '#events/event';
import { serialListChanged } from '#events/serial-list';
import { defaultSettings, type Settings } from '#events/settings';
import { published } from '../../test/support/fed-delivery.js';
import { admit, type Heard } from './admit.js';
import { judgeClaims, type OldAddress } from './claims.js';
import { evolve, type Claim, type Known } from './known.js';

const own = 'a'.repeat(64);
const other = 'b'.repeat(64);
const serial = 'VNB3K12345';

interface Said {
  readonly serial?: string;
  readonly ip?: string;
  readonly from?: string;
  readonly fingerprint?: string | null;
  readonly hostname?: string | null;
  readonly at?: string;
  readonly verified?: boolean;
  readonly origin?: DeviceAnnounced['origin'];
}

/** What a device says: by default the same device, at its first address, with its own certificate. */
function says(said: Said = {}): Event<DeviceAnnounced> {
  const { example } = deviceAnnounced;
  const ip = said.ip ?? '10.1.2.3';
  const { hostname = example.identity.hostname, fingerprint = own, verified = false, origin = null } = said;
  return published(
    deviceAnnounced.draft({
      ...example,
      identity: { ...example.identity, serial: said.serial ?? serial, ip, hostname },
      acceptedAt: said.at ?? '2026-11-21T08:00:00.000Z',
      transport: { ...example.transport, peerAddress: said.from ?? ip, fingerprint },
      authentication: verified
        ? { mode: 'mutual', outcome: 'verified' }
        : { mode: 'none', outcome: 'anonymous' },
      origin,
    }),
  );
}

const later = '2026-11-21T09:00:00.000Z';

function given(settings: Partial<Settings> | null, ...events: readonly Event<Heard>[]): Known {
  const known: Known = {
    now: new Date('2026-11-21T12:00:00.000Z'),
    settings: settings && { ...defaultSettings, ...settings },
    settingsVersion: 1,
    devices: new Map(),
    retiredAt: new Map(),
    list: new Map(),
    quarantine: new Map(),
    heldCount: 0,
    conflicts: new Map(),
    certificates: new Map(),
  };
  for (const event of events) when(known, event);
  return known;
}

interface Result {
  readonly drafts: readonly Draft[];
  readonly claims: readonly Claim[];
}

function when(known: Known, event: Event<Heard>): Result {
  const { changes, events } = admit(event, known);
  for (const change of changes) evolve(known, change);
  return {
    drafts: events,
    claims: changes.flatMap((change) => (change.kind === 'claim' ? [change.claim] : [])),
  };
}

function only<D>({ drafts }: Pick<Result, 'drafts'>, definition: EventDefinition<D>): readonly D[] {
  return drafts
    .filter((draft) => draft.definition.type === definition.type)
    .map(({ data }) => definition.schema.parse(data));
}

const list = (version: number, added: string[], removed: string[] = []) =>
  published(serialListChanged.draft({ version, added, removed, changedBy: 'admin' }));

describe('an announcement', () => {
  it('of an unknown serial number discovers a device, its certificate pinned', () => {
    const event = says();
    expect(only(when(given({}), event), deviceDiscovered)).toMatchObject([
      { proof: 'first', fresh: true, fingerprint: own, announcements: [event.id], identity: { serial } },
    ]);
  });

  it('waits for settings', () => {
    expect(() => when(given(null), says())).toThrow(/settings were not seen/);
  });

  it('of a known one reconciles it, and names what changed', () => {
    const known = given({}, says());
    const drafts = when(known, says({ hostname: 'cellar', at: later }));
    expect(only(drafts, deviceReconciled)).toMatchObject([
      { fresh: false, changed: [{ field: 'hostname', from: 'printer-2nd-floor', to: 'cellar' }] },
    ]);
    expect(known.devices.size).toBe(1);
  });

  it('that leaves a hostname out does not take it away', () => {
    const drafts = when(given({}, says()), says({ hostname: null, at: later }));
    expect(only(drafts, deviceReconciled)).toMatchObject([
      { changed: [], identity: { hostname: 'printer-2nd-floor' } },
    ]);
  });

  it('that comes late changes nothing, and the chain goes on with what is known', () => {
    const drafts = when(given({}, says({ ip: '10.1.2.9', at: later })), says());
    expect(only(drafts, deviceReconciled)).toMatchObject([{ changed: [], identity: { ip: '10.1.2.9' } }]);
  });
});

describe('clocks', () => {
  it('of a gateway that was ahead bar nothing that follows', () => {
    const known = given({}, says({ at: '2031-01-01T00:00:00.000Z' }));
    expect(known.devices.get(serial)?.acceptedAt).toEqual(known.now);
    const later = { ...known, now: new Date('2026-11-21T12:05:00.000Z') };
    const drafts = when(later, says({ ip: '10.1.2.9', at: '2026-11-21T12:04:59.000Z' }));
    expect(only(drafts, deviceReconciled)).toMatchObject([
      { identity: { ip: '10.1.2.9' }, changed: [{ field: 'ip' }] },
    ]);
  });

  it('one that comes late needs a proof like any other', () => {
    const known = given({}, says({ at: later }));
    const result = when(known, says({ ip: '10.9.9.9', fingerprint: other }));
    expect(only(result, deviceReconciled)).toEqual([]);
    expect(result.claims).toHaveLength(1);
  });
});

describe('the serial-number filter', () => {
  it('keeps out who is not listed', () => {
    const event = says();
    const result = when(given({ serialFilter: true }, list(1, ['OTHER-1'])), event);
    expect(result.drafts).toHaveLength(1);
    expect(only(result, announcementFiltered)).toMatchObject([
      { announcement: event.id, reason: 'serialNotListed' },
    ]);
  });

  it('lets in who is listed, again and again', () => {
    const known = given({ serialFilter: true }, list(1, [serial]), says());
    expect(only(when(known, says({ at: later })), deviceReconciled)).toHaveLength(1);
  });

  it('keeps a removed entry out, though its addition comes late', () => {
    const known = given({ serialFilter: true }, list(2, [], [serial]), list(1, [serial]));
    expect(only(when(known, says()), announcementFiltered)).toHaveLength(1);
  });

  it('does not ask a device that has proved who it is', () => {
    expect(
      only(when(given({ serialFilter: true }), says({ verified: true })), deviceDiscovered),
    ).toHaveLength(1);
  });
});

describe('who may move a device', () => {
  const ip = '10.9.9.9';
  test.each<[string, Said, string | null, boolean]>([
    ['same certificate, another address', { ip }, 'sameCertificate', false],
    ['same address, another certificate', { fingerprint: other }, 'sameAddress', true],
    ['same address, no certificate', { fingerprint: null }, 'sameAddress', false],
    ['verified, all else different', { ip, fingerprint: other, verified: true }, 'verified', false],
    ['another address and certificate', { ip, fingerprint: other }, null, false],
    ['another address, no certificate', { ip, fingerprint: null }, null, false],
    ['the same address, said from elsewhere', { from: ip, fingerprint: other }, null, false],
    [
      'forwarded with the same address',
      { from: ip, fingerprint: null, origin: { server: randomUUID(), hops: 1, verified: true } },
      'sameAddress',
      false,
    ],
    [
      'forwarded with the same address, by a server that proved nothing, with another name',
      { hostname: 'cellar', fingerprint: null, origin: { server: randomUUID(), hops: 1, verified: false } },
      null,
      false,
    ],
    [
      'forwarded from another address',
      { ip, fingerprint: null, origin: { server: randomUUID(), hops: 1, verified: true } },
      null,
      false,
    ],
  ])('%s', (_, said, proof, fresh) => {
    const known = given({}, says());
    const result = when(known, says({ ...said, at: later }));
    const [told] = only(result, deviceReconciled);
    expect(told?.proof ?? null).toBe(proof);
    expect(told?.fresh ?? false).toBe(fresh);
    expect(result.claims).toHaveLength(proof === null ? 1 : 0);
    if (proof === null) expect(known.devices.get(serial)?.identity.ip).toBe('10.1.2.3');
  });

  it('is not asked of a server that proved nothing and says nothing new: the chain goes on with what is known', () => {
    const known = given({}, says());
    const origin = { server: randomUUID(), hops: 1, verified: false };
    const result = when(known, says({ from: '10.9.9.9', fingerprint: null, origin, at: later }));
    expect(result.claims).toEqual([]);
    expect(only(result, deviceReconciled)).toMatchObject([{ changed: [], fresh: false, fingerprint: own }]);
    expect(known.devices.get(serial)).toMatchObject({ acceptedAt: new Date(later), fingerprint: own });
  });

  it('is not proved by a certificate that a second serial number has shown in a mere claim', () => {
    const known = given({}, says(), says({ serial: 'OTHER-1', ip: '10.1.2.4', fingerprint: other }));
    when(known, says({ ip: '10.7.7.7', fingerprint: other, at: later }));
    const result = when(known, says({ serial: 'OTHER-1', ip, fingerprint: other, at: later }));
    expect(result.claims).toHaveLength(1);
    const [told] = only(
      when(known, says({ serial: 'OTHER-1', ip: '10.1.2.4', fingerprint: other, at: later })),
      deviceReconciled,
    );
    expect(told).toMatchObject({ proof: 'sameAddress', fingerprint: null });
  });

  it('is not proved by a certificate that a second serial number has shown', () => {
    const known = given({}, says(), says({ serial: 'OTHER-1', ip: '10.1.2.4' }));
    expect(known.devices.get('OTHER-1')?.fingerprint).toBeNull();
    expect(when(known, says({ ip, at: later })).claims).toHaveLength(1);
    const [told] = only(when(known, says({ at: later })), deviceReconciled);
    expect(told).toMatchObject({ proof: 'sameAddress', fingerprint: null });
  });

  const judged = (old: OldAddress, ...said: readonly Said[]) => {
    const known = given({}, says());
    const claims = said.flatMap(
      (one) => when(known, says({ ip, fingerprint: other, at: later, ...one })).claims,
    );
    const device = known.devices.get(serial);
    if (!device) throw new Error('no device');
    return { ...judgeClaims(device, claims, old, known), claims, device };
  };

  it('is settled by the silence of the old address: moved, pinned anew, fresh from the box', () => {
    const { events, changes, claims } = judged('silent', {}, { at: '2026-11-21T09:01:00.000Z' });
    const announcements = claims.map(({ announcement }) => announcement);
    expect(only({ drafts: events }, deviceReconciled)).toMatchObject([
      {
        proof: 'oldAddressSilent',
        fresh: true,
        fingerprint: other,
        identity: { ip },
        announcements: announcements.toReversed(),
      },
    ]);
    expect(changes.find(({ kind }) => kind === 'device')).toMatchObject({
      device: { identity: { ip }, fingerprint: other },
    });
  });

  test.each([
    ['answers', 'answers'],
    ['is another device that says so', { says: { ...deviceAnnounced.example.identity, serial } }],
    ['outsideNetworks', 'outsideNetworks'],
  ] as const)('stays as it was when the old address %s, and the reason is told', (_, old) => {
    const { events, changes, device } = judged(old, {});
    expect(only({ drafts: events }, deviceConflicted)).toMatchObject([
      {
        known: { ip: '10.1.2.3', fingerprint: own },
        claimed: { ip, fingerprint: other },
        because: old === 'outsideNetworks' ? old : 'answers',
        shared: { known: null, claimed: null },
      },
    ]);
    const conflictedAt = new Date('2026-11-21T12:00:00.000Z');
    expect(changes).toMatchObject([
      { kind: 'device', device: { ...device, conflictedAt } },
      { kind: 'conflict', conflict: { dismissedAt: null } },
    ]);
  });

  it('judges one claimant at a time when the old address is silent: the others have the new one to answer to', () => {
    const { events, settled } = judged('silent', { ip: '10.7.7.7' }, { at: '2026-11-21T09:01:00.000Z' });
    expect(only({ drafts: events }, deviceReconciled)).toMatchObject([{ identity: { ip } }]);
    expect(settled).toHaveLength(1);
  });

  it('is not settled by silence for a claim older than what is believed of the device', () => {
    const known = given({}, says());
    const { claims } = when(known, says({ ip, fingerprint: other, at: '2026-11-21T08:30:00.000Z' }));
    when(known, says({ at: later }));
    const device = known.devices.get(serial);
    if (!device) throw new Error('no device');
    const { events, settled } = judgeClaims(device, claims, 'silent', known);
    expect(only({ drafts: events }, deviceConflicted)).toMatchObject([
      { known: { ip: '10.1.2.3' }, because: 'heardSince' },
    ]);
    expect(settled).toEqual(claims);
  });

  it('one proved too late is told, and takes nothing back', () => {
    const known = given({}, says());
    const { claims } = when(known, says({ ip, fingerprint: other, at: '2026-11-21T08:30:00.000Z' }));
    const moved = { verified: true, ip, fingerprint: other, hostname: 'cellar', at: later };
    when(known, says(moved));
    const device = known.devices.get(serial);
    if (!device) throw new Error('no device');
    const { events, changes } = judgeClaims(device, claims, 'answers', known);
    expect(only({ drafts: events }, deviceReconciled)).toMatchObject([{ changed: [], fresh: false }]);
    expect(changes).toContainEqual({ kind: 'device', device });
  });

  const others = says({ serial: 'OTHER-1', ip: '10.8.8.8', fingerprint: other });
  it.each([
    ['which it showed after its own', [says(), others, says({ fingerprint: other })]],
    ['which it showed before others did', [says({ fingerprint: other }), others]],
    [
      'and it showed none since',
      [others, says({ fingerprint: other }), says({ fingerprint: null, at: later })],
    ],
  ])('names a certificate that both show and others too, %s', (_, said) => {
    const known = given({}, ...said);
    const { claims } = when(known, says({ ip, fingerprint: other, at: '2026-11-21T10:00:00.000Z' }));
    const device = known.devices.get(serial);
    if (!device) throw new Error('no device');
    const { events } = judgeClaims(device, claims, 'answers', known);
    expect(only({ drafts: events }, deviceConflicted)).toMatchObject([
      {
        known: { fingerprint: null },
        claimed: { fingerprint: other },
        shared: { known: other, claimed: other },
      },
    ]);
  });

  it('names each claimant when the old address answers', () => {
    const { events, settled } = judged('answers', { ip: '10.7.7.7' }, {});
    expect(events).toHaveLength(2);
    expect(settled).toHaveLength(2);
  });
});

describe('flapping', () => {
  const second = (n: number): string => new Date(Date.UTC(2026, 10, 21, 8, 0, n)).toISOString();

  it('is named once in a minute, and nothing is swallowed', () => {
    const known = given({});
    const results = Array.from({ length: 40 }, (_, n) => when(known, says({ at: second(n) })));
    const all = { drafts: results.flatMap(({ drafts }) => drafts) };
    expect(only(all, deviceFlapping)).toMatchObject([{ announcedPerMinute: 16 }]);
    expect(only(all, deviceReconciled)).toHaveLength(39);
    const next = Array.from({ length: 16 }, (_, n) => when(known, says({ at: second(60 + n) })));
    expect(only({ drafts: next.flatMap(({ drafts }) => drafts) }, deviceFlapping)).toHaveLength(1);
  });
});

it('impostors are counted too, and named', () => {
  const known = given({}, says({ at: '2026-11-21T07:00:00.000Z' }));
  const results = Array.from({ length: 20 }, (_, n) =>
    when(
      known,
      says({
        ip: '10.9.9.9',
        fingerprint: other,
        at: new Date(Date.UTC(2026, 10, 21, 8, 0, n)).toISOString(),
      }),
    ),
  );
  expect(results.flatMap(({ claims }) => claims)).toHaveLength(20);
  const all = { drafts: results.flatMap(({ drafts }) => drafts) };
  expect(only(all, deviceFlapping)).toMatchObject([{ serial, announcedPerMinute: 16 }]);
});

describe('a retired device', () => {
  const discovered = says();
  const retire = published(deviceRetireRequested.draft({ deviceId: discovered.id, requestedBy: 'admin' }), {
    occurredAt: '2026-11-21T10:00:00.000Z',
  });

  it('is told once', () => {
    const known = given({}, discovered);
    expect(only(when(known, retire), deviceRetired)).toEqual([
      { deviceId: discovered.id, serial, retiredBy: 'admin' },
    ]);
    expect(when(known, retire).drafts).toEqual([]);
  });

  it('does not come back by what was accepted before', () => {
    const event = says({ at: later });
    const result = when(given({}, discovered, retire), event);
    expect(result.drafts).toHaveLength(1);
    expect(only(result, announcementFiltered)).toMatchObject([
      { announcement: event.id, reason: 'deviceDeleted' },
    ]);
  });

  it('is a new device when it announces again', () => {
    const again = says({ at: '2026-11-21T11:00:00.000Z' });
    const [told] = only(when(given({}, discovered, retire), again), deviceDiscovered);
    expect(told?.deviceId).toBe(again.id);
  });
});
