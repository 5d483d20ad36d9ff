import { describe, expect, it } from 'vitest';
import {
  deviceApprovalDecided,
  deviceApprovalRequested,
  deviceQuarantined,
  otherClaimsMax,
  refusedClaimsMax,
} from '#events/approval';
import { announcementFiltered, deviceAnnounced } from '#events/announcement';
import { deviceDiscovered } from '#events/device';
import type { Draft, Event, EventDefinition } from '#events/event';
import { defaultSettings, type Settings } from '#events/settings';
import { published } from '../../test/support/fed-delivery.js';
import { admit, discover, type Heard } from './admit.js';
import { heldMax, reconsider } from './approval.js';
import { claimOf } from './conflict.js';
import { evolve, type Known } from './known.js';

const { example } = deviceAnnounced;
const { serial } = example.identity;

interface Said {
  readonly serial?: string;
  readonly ip?: string;
  readonly from?: string;
  readonly at?: string;
  readonly verified?: boolean;
  readonly forwarded?: 'verified' | 'unverified';
  readonly fingerprint?: string | null;
  readonly firmware?: string;
}

function says({ ip = '10.1.2.3', forwarded, fingerprint = null, ...said }: Said = {}) {
  const { example: event } = deviceAnnounced;
  const server = '0193f2a0-0000-7000-8000-0000000000c1';
  return published(
    deviceAnnounced.draft({
      ...event,
      identity: { ...event.identity, serial: said.serial ?? serial, ip, firmware: said.firmware ?? null },
      acceptedAt: said.at ?? '2026-11-21T09:00:00.000Z',
      transport: { ...event.transport, peerAddress: said.from ?? ip, fingerprint },
      authentication: said.verified
        ? { mode: 'mutual', outcome: 'verified' }
        : { mode: 'none', outcome: 'anonymous' },
      origin: forwarded ? { server, hops: 1, verified: forwarded === 'verified' } : null,
    }),
  );
}

const rule = {
  name: 'Second floor',
  filter: { field: 'ip', operator: 'inNetwork', value: '10.1.0.0/16' },
} as const;

const given = (settings: Partial<Settings> = { approval: true }): Known => ({
  now: new Date('2026-11-21T12:00:00.000Z'),
  settings: { ...defaultSettings, ...settings },
  settingsVersion: 1,
  devices: new Map(),
  retiredAt: new Map(),
  list: new Map(),
  quarantine: new Map(),
  heldCount: 0,
  conflicts: new Map(),
  certificates: new Map(),
});

function when(known: Known, event: Event<Heard>): readonly Draft[] {
  const { changes, events } = admit(event, known);
  for (const change of changes) evolve(known, change);
  return events;
}

const told = <D>(events: readonly Draft[], definition: EventDefinition<D>): readonly D[] =>
  events.filter((draft) => draft.definition.type === definition.type).map(({ data }) => data as D);

type Decided = 'admit' | 'refuse';

/** Of what waits first at this moment, as it is shown. */
function asks(known: Known, decision: Decided, ...serials: readonly string[]) {
  const named = serials.length > 0 ? serials : [serial];
  const seen = named.flatMap((one) => {
    const held = known.quarantine.get(one);
    return held ? [{ serial: one, claim: claimOf(held.data) }] : [];
  });
  return published(
    deviceApprovalRequested.draft({ serials: [...named], decision, requestedBy: 'ann', seen }),
  );
}

const shown = ({ data }: ReturnType<typeof says>, decision: Decided = 'admit') =>
  published(
    deviceApprovalRequested.draft({
      serials: [serial],
      decision,
      requestedBy: 'ann',
      seen: [{ serial, claim: claimOf(data) }],
    }),
  );

describe('an unknown device, where devices are approved', () => {
  it('is held: told, and no device', () => {
    const known = given();
    const event = says();
    const events = when(known, event);
    expect(told(events, deviceQuarantined)).toMatchObject([{ serial, announcement: event.id }]);
    expect(events).toHaveLength(1);
    expect([known.devices.size, known.heldCount]).toEqual([0, 1]);
  });

  it('is held though its certificate was verified', () => {
    expect(told(when(given(), says({ verified: true })), deviceQuarantined)).toHaveLength(1);
  });

  it('is asked for its place on the serial-number list first', () => {
    const known = given({ approval: true, serialFilter: true });
    expect(told(when(known, says()), announcementFiltered)).toMatchObject([{ reason: 'serialNotListed' }]);
  });

  it('admitted, is discovered by the newest announcement that was held', () => {
    const known = given();
    const newest = says({ firmware: '2', at: '2026-11-21T09:30:00.000Z' });
    for (const event of [says(), newest, says({ at: '2026-11-21T09:15:00.000Z' })]) when(known, event);
    const events = when(known, asks(known, 'admit'));
    expect(told(events, deviceDiscovered)).toMatchObject([
      { announcements: [newest.id], identity: { firmware: '2' }, proof: 'first', fresh: true },
    ]);
    expect(told(events, deviceApprovalDecided)).toMatchObject([
      { outcome: 'admitted', by: 'operator', name: 'ann', deviceId: newest.id },
    ]);
    expect([known.devices.size, known.heldCount]).toEqual([1, 0]);
    expect(told(when(known, asks(known, 'admit')), deviceApprovalDecided)).toMatchObject([
      { outcome: 'gone' },
    ]);
    expect(known.devices.size).toBe(1);
  });

  it('refused, is not shown as new again, also when approval is switched off; and may be admitted later', () => {
    const known = given();
    when(known, says());
    expect(told(when(known, asks(known, 'refuse')), deviceApprovalDecided)).toMatchObject([
      { outcome: 'refused' },
    ]);
    expect(when(known, asks(known, 'refuse'))).toEqual([]);
    const off = { ...known, settings: defaultSettings };
    for (const state of [known, off]) {
      expect(told(when(state, says()), announcementFiltered)).toMatchObject([{ reason: 'deviceRefused' }]);
    }
    expect(known.heldCount).toBe(0);
    expect(told(when(known, asks(known, 'admit')), deviceDiscovered)).toHaveLength(1);
  });

  it('one, some or all: each is decided by itself', () => {
    const known = given();
    for (const one of ['PRN-0001', 'PRN-0002', 'PRN-0003']) when(known, says({ serial: one }));
    const events = when(known, asks(known, 'admit', 'PRN-0001', 'PRN-0003', 'PRN-9999', 'PRN-0001'));
    expect(told(events, deviceDiscovered).map(({ identity }) => identity.serial)).toEqual([
      'PRN-0001',
      'PRN-0003',
    ]);
    expect(told(events, deviceApprovalDecided).map(({ outcome }) => outcome)).toEqual([
      'admitted',
      'admitted',
      'gone',
    ]);
    expect([...known.quarantine.keys()]).toEqual(['PRN-0002']);
  });

  it('a known one is not asked about', () => {
    const known = given({});
    when(known, says());
    const asked = { ...known, settings: { ...defaultSettings, approval: true } };
    expect(told(when(asked, says({ at: '2026-11-21T10:00:00.000Z' })), deviceQuarantined)).toEqual([]);
  });

  it('who makes up serial numbers fills no more than there is room for', () => {
    const known = { ...given(), heldCount: heldMax };
    expect(told(when(known, says()), announcementFiltered)).toMatchObject([{ reason: 'quarantineFull' }]);
    expect(known.quarantine.size).toBe(0);
  });
});

describe('a serial number that two parties announce while it waits', () => {
  const own = 'a'.repeat(64);
  const others = 'b'.repeat(64);
  const real = says({ fingerprint: own });
  const impostor = says({ ip: '10.9.9.9', fingerprint: others, at: '2026-11-21T09:30:00.000Z' });

  it.each<[string, Said]>([
    ['from another address, with another certificate', { ip: '10.9.9.9', fingerprint: others }],
    ['from another address, with no certificate', { ip: '10.9.9.9' }],
    ['from its address, with another certificate', { fingerprint: others }],
    [
      'passed on by a server that proved nothing',
      { fingerprint: own, from: '10.9.9.9', forwarded: 'unverified' },
    ],
  ])('is not replaced by one %s: that is shown beside it', (_, said) => {
    const known = given();
    when(known, real);
    const other = says({ ...said, at: '2026-11-21T09:30:00.000Z' });
    const events = when(known, other);
    expect(told(events, deviceQuarantined)).toMatchObject([
      {
        announcement: real.id,
        claim: claimOf(real.data),
        others: [{ announcement: other.id, claim: claimOf(other.data) }],
      },
    ]);
    expect(told(events, announcementFiltered)).toMatchObject([
      { announcement: other.id, reason: 'claimBeside' },
    ]);
    expect(told(when(known, shown(real)), deviceDiscovered)).toMatchObject([
      { announcements: [real.id], fingerprint: own, identity: { ip: '10.1.2.3' } },
    ]);
    expect(known.quarantine.size).toBe(0);
  });

  it('is admitted as whom an operator has chosen of them', () => {
    const known = given();
    for (const event of [impostor, real]) when(known, event);
    expect(told(when(known, shown(real)), deviceDiscovered)).toMatchObject([{ announcements: [real.id] }]);
  });

  it.each(['admit', 'refuse'] as const)('is not decided (%s) as what an operator did not see', (decision) => {
    const known = given();
    when(known, real);
    const same = says({ fingerprint: own, firmware: '2', at: '2026-11-21T09:30:00.000Z' });
    const before = shown(real, decision);
    when(known, same);
    const blind = published(
      deviceApprovalRequested.draft({ serials: [serial], decision, requestedBy: 'ann', seen: [] }),
    );
    for (const asked of [before, blind, shown(impostor, decision)]) {
      const events = when(known, asked);
      expect(told(events, deviceApprovalDecided)).toMatchObject([{ outcome: 'another', name: 'ann' }]);
      expect(events).toHaveLength(1);
    }
    expect([known.devices.size, known.quarantine.get(serial)?.state]).toEqual([0, 'held']);
    const outcome = decision === 'admit' ? 'admitted' : 'refused';
    expect(told(when(known, shown(same, decision)), deviceApprovalDecided)).toMatchObject([{ outcome }]);
  });

  it('is that of a verified certificate, and of no unverified one after it', () => {
    const known = given();
    const proved = says({
      ip: '10.1.2.4',
      fingerprint: own,
      verified: true,
      at: '2026-11-21T09:20:00.000Z',
    });
    when(known, impostor);
    expect(told(when(known, proved), deviceQuarantined)).toMatchObject([
      { announcement: proved.id, others: [{ announcement: impostor.id }] },
    ]);
    const after = says({ ip: '10.9.9.8', at: '2026-11-21T09:40:00.000Z' });
    expect(told(when(known, after), deviceQuarantined)).toMatchObject([
      { announcement: proved.id, others: [{ announcement: impostor.id }, { announcement: after.id }] },
    ]);
  });

  it('has room for some others, one of each source, and nobody makes way', () => {
    const known = given();
    when(known, real);
    const ips = Array.from({ length: otherClaimsMax + 1 }, (_, at) => `10.9.9.${at + 1}`);
    const reasons = ips.map(
      (ip) =>
        told(when(known, says({ ip, at: '2026-11-21T09:30:00.000Z' })), announcementFiltered)[0]?.reason,
    );
    expect(reasons).toEqual([...Array.from({ length: otherClaimsMax }, () => 'claimBeside'), 'claimsFull']);
    const again = says({ ip: '10.9.9.1', fingerprint: others, at: '2026-11-21T09:40:00.000Z' });
    when(known, again);
    const held = known.quarantine.get(serial);
    expect(held?.others.map(({ data }) => data.identity.ip)).toEqual(ips.slice(0, otherClaimsMax));
    expect(held?.others[0]?.announcement).toBe(again.id);
    expect(held?.announcement).toBe(real.id);
  });

  it('has one place for all addresses of one IPv6 /64, so that who comes after them is shown', () => {
    const known = given();
    for (let at = 1; at <= 2 * otherClaimsMax; at += 1)
      when(known, says({ ip: `fd00::${at}`, fingerprint: others }));
    const events = when(known, real);
    expect(told(events, announcementFiltered)).toMatchObject([{ reason: 'claimBeside' }]);
    expect(told(events, deviceQuarantined)[0]?.others.map(({ identity }) => identity.ip)).toEqual([
      `fd00::${2 * otherClaimsMax}`,
      '10.1.2.3',
    ]);
    expect(told(when(known, shown(real)), deviceDiscovered)).toMatchObject([{ announcements: [real.id] }]);
  });

  it('is not judged by changed rules before all who wait with it were', () => {
    const known = given();
    for (const event of [real, impostor]) when(known, event);
    const versionAfter = (event: typeof real): number | undefined => {
      when({ ...known, settingsVersion: 2 }, event);
      return known.quarantine.get(serial)?.settingsVersion;
    };
    expect([versionAfter(says({ ip: '10.9.9.8' })), versionAfter(real)]).toEqual([1, 1]);
    for (const event of [impostor, says({ ip: '10.9.9.8' })]) when(known, shown(event, 'refuse'));
    expect(versionAfter(real)).toBe(2);
  });

  it('refused, stays what was refused, until that is admitted', () => {
    const known = given();
    when(known, real);
    when(known, shown(real, 'refuse'));
    when(known, impostor);
    when(known, says({ fingerprint: own, firmware: '2', at: '2026-11-21T09:30:00.000Z' }));
    expect(told(when(known, shown(real)), deviceDiscovered)).toMatchObject([{ announcements: [real.id] }]);
  });

  it('is let in as who waited first, when approval is switched off', () => {
    const known = given();
    when(known, real);
    const off = { ...known, settings: defaultSettings };
    expect(told(when(off, impostor), deviceDiscovered)).toEqual([]);
    const held = off.quarantine.get(serial);
    if (!held) throw new Error('it waits');
    expect(told(reconsider(held, off, discover)?.events ?? [], deviceDiscovered)).toMatchObject([
      { announcements: [real.id] },
    ]);
  });

  it('is admitted as that one of them for whom a rule speaks', () => {
    const known = given();
    for (const event of [impostor, real]) when(known, event);
    const held = known.quarantine.get(serial);
    if (!held) throw new Error('it waits');
    const ruled = { ...known, settings: { ...defaultSettings, approval: true, approvalRules: [rule] } };
    expect(told(reconsider(held, ruled, discover)?.events ?? [], deviceDiscovered)).toMatchObject([
      { announcements: [real.id] },
    ]);
  });
});

describe('a party that was refused', () => {
  const real = says({ fingerprint: 'a'.repeat(64) });
  const impostorSaid = { ip: '10.9.9.9', fingerprint: 'b'.repeat(64) };
  const impostor = says(impostorSaid);
  const all = { name: 'all', filter: { all: [] } } as const;
  const reasonOf = (events: readonly Draft[]) => told(events, announcementFiltered)[0]?.reason;

  function refused(...before: readonly ReturnType<typeof says>[]): Known {
    const known = given();
    for (const event of [...before, impostor]) when(known, event);
    when(known, shown(impostor, 'refuse'));
    return known;
  }

  it('bars no other: that waits, and is admitted', () => {
    const known = refused();
    expect([known.quarantine.get(serial)?.state, known.heldCount]).toEqual(['refused', 0]);
    expect(told(when(known, real), deviceQuarantined)).toMatchObject([
      { announcement: real.id, others: [], refused: [{ announcement: impostor.id }] },
    ]);
    expect(known.heldCount).toBe(1);
    expect(reasonOf(when(known, impostor))).toBe('deviceRefused');
    expect(told(when(known, shown(real)), deviceDiscovered)).toMatchObject([{ announcements: [real.id] }]);
  });

  it('leaves first place to who waits beside it, and is told with that', () => {
    const known = given();
    for (const event of [impostor, real]) when(known, event);
    const events = when(known, shown(impostor, 'refuse'));
    expect(told(events, deviceApprovalDecided)).toMatchObject([{ outcome: 'refused' }]);
    expect(told(events, deviceQuarantined)).toMatchObject([
      { announcement: real.id, others: [], refused: [{ claim: claimOf(impostor.data) }] },
    ]);
    expect(when(known, shown(impostor, 'refuse'))).toEqual([]);
    expect(told(when(known, shown(real, 'refuse')), deviceQuarantined)).toEqual([]);
    expect(known.quarantine.get(serial)?.state).toBe('refused');
    expect(told(when(known, shown(impostor)), deviceDiscovered)).toMatchObject([
      { announcements: [impostor.id] },
    ]);
  });

  it('stays out with approval off and with a rule for all; the other is let in', () => {
    for (const settings of [{}, { approval: true, approvalRules: [all] }]) {
      const before = refused();
      const known = { ...before, settings: { ...defaultSettings, ...settings } };
      expect(reasonOf(when(known, impostor))).toBe('deviceRefused');
      expect(told(when(known, real), deviceDiscovered)).toMatchObject([{ announcements: [real.id] }]);
    }
  });

  it.each<[string, Said]>([
    ['its next address', { ...impostorSaid, ip: '10.9.9.10' }],
    ['another network, with other firmware', { ...impostorSaid, ip: '10.1.2.9', firmware: '2' }],
    [
      'another network, passed on by a server that proved itself',
      { ...impostorSaid, ip: '10.1.2.9', forwarded: 'verified' },
    ],
  ])('is the same with its certificate at %s: neither a rule nor approval off lets it in', (_, said) => {
    for (const settings of [{}, { approval: true, approvalRules: [all] }]) {
      const before = refused();
      const known = { ...before, settings: { ...defaultSettings, ...settings } };
      const events = when(known, says(said));
      expect(reasonOf(events)).toBe('deviceRefused');
      expect(events).toHaveLength(1);
      expect(told(when(known, shown(impostor)), deviceDiscovered)).toMatchObject([
        { announcements: [impostor.id] },
      ]);
    }
  });

  it.each<[string, Said, Said]>([
    ['with a new certificate', impostorSaid, { ip: '10.9.9.9', fingerprint: 'c'.repeat(64) }],
    ['with none', impostorSaid, { ip: '10.9.9.9' }],
    ['with a verified one', impostorSaid, { ip: '10.9.9.9', fingerprint: 'c'.repeat(64), verified: true }],
    ['from the same /64', { ip: 'fd00::1' }, { ip: 'fd00::2', fingerprint: 'c'.repeat(64) }],
  ])('and who comes from there %s: that waits for a person, whatever rules say', (_, one, other) => {
    for (const settings of [{}, { approval: true, approvalRules: [all] }]) {
      const asked = given();
      const [first, next, elsewhere] = [says(one), says(other), says({ ip: '10.1.2.3' })];
      when(asked, first);
      when(asked, shown(first, 'refuse'));
      const known = { ...asked, settings: { ...defaultSettings, ...settings } };
      expect(told(when(known, next), deviceQuarantined)).toMatchObject([
        { announcement: next.id, refused: [{ announcement: first.id }] },
      ]);
      const held = known.quarantine.get(serial);
      expect(held && reconsider(held, known, discover)).toBeNull();
      const copy = { ...known, devices: new Map(known.devices), quarantine: new Map(known.quarantine) };
      expect(told(when(known, shown(next)), deviceDiscovered)).toMatchObject([{ announcements: [next.id] }]);
      // A newcomer is not kept out by who cannot be let in.
      expect(told(when(copy, elsewhere), deviceDiscovered)).toMatchObject([
        { announcements: [elsewhere.id] },
      ]);
    }
  });

  it.each<[string, (known: Known) => Said]>([
    [
      'that others show too',
      (known) => {
        when(known, says({ ...impostorSaid, serial: 'OTHER-1' }));
        return impostorSaid;
      },
    ],
    [
      'of which only a server spoke that proved nothing',
      () => ({ ...impostorSaid, forwarded: 'unverified' }),
    ],
  ])('is not known by a certificate %s', (_, of) => {
    const known = given();
    const first = says(of(known));
    when(known, first);
    when(known, shown(first, 'refuse'));
    const ruled = { ...known, settings: { ...defaultSettings, approval: true, approvalRules: [all] } };
    const owner = says({ ...impostorSaid, ip: '10.1.2.3' });
    expect(told(when(ruled, owner), deviceDiscovered)).toMatchObject([{ announcements: [owner.id] }]);
  });

  it('waits nowhere else any more, and another goes on waiting', () => {
    const known = given();
    const elsewhere = says({ ...impostorSaid, ip: '10.9.9.10' });
    for (const event of [real, impostor, elsewhere]) when(known, event);
    expect(told(when(known, shown(elsewhere, 'refuse')), deviceQuarantined)).toMatchObject([
      { announcement: real.id, others: [], refused: [{ announcement: elsewhere.id }] },
    ]);
  });

  it.each<[string, (at: number) => Said]>([
    ['', () => ({})],
    [', with other firmware each time', (at) => ({ firmware: String(at) })],
    [', from another address each time', (at) => ({ ip: `10.7.7.${at + 1}` })],
  ])(
    'is remembered while it goes on%s; of many the one that is silent for longest is forgotten',
    (_, saying) => {
      const known = refused(real);
      const ips = Array.from({ length: refusedClaimsMax }, (_, at) => `10.8.8.${at + 1}`);
      for (const [at, ip] of ips.entries()) {
        const minute = String(at + 10);
        const other = says({ ip, at: `2026-11-21T09:${minute}:00.000Z` });
        const again = says({ ...impostorSaid, ...saying(at), at: `2026-11-21T09:${minute}:30.000Z` });
        for (const event of [other, again]) when(known, event);
        when(known, shown(other, 'refuse'));
      }
      expect(known.quarantine.get(serial)?.refused).toHaveLength(refusedClaimsMax);
      expect(reasonOf(when(known, impostor))).toBe('deviceRefused');
      expect(reasonOf(when(known, says({ ip: ips[1] ?? '' })))).toBe('deviceRefused');
      expect(reasonOf(when(known, says({ ip: ips[0] ?? '' })))).toBe('claimBeside');
    },
  );
});

describe('a rule', () => {
  const rules = { approval: true, approvalRules: [rule] };

  it('admits who its filter holds for', () => {
    const events = when(given(rules), says());
    expect(told(events, deviceDiscovered)).toHaveLength(1);
    expect(told(events, deviceApprovalDecided)).toMatchObject([{ by: 'rule', name: rule.name }]);
  });

  it.each<[string, Said, boolean]>([
    ['another network', { ip: '10.2.0.1' }, false],
    ['an address that the connection did not come from', { from: '10.2.0.1' }, false],
    ['an address that a server passed on, which proved nothing', { forwarded: 'unverified' }, false],
    ['an address that a verified server passed on', { from: '10.2.0.1', forwarded: 'verified' }, true],
  ])('and %s', (_, said, admitted) => {
    const events = when(given(rules), says(said));
    expect(told(events, deviceDiscovered)).toHaveLength(admitted ? 1 : 0);
    expect(told(events, deviceQuarantined)).toHaveLength(admitted ? 0 : 1);
  });

  it('that was added admits who waits already; approval switched off, all are let in', () => {
    const known = given();
    when(known, says());
    const held = known.quarantine.get(serial);
    if (!held) throw new Error('it waits');
    const by = (settings: Partial<Settings>) =>
      reconsider(held, { ...known, settings: { ...defaultSettings, ...settings } }, discover)?.events ?? [];
    expect(by({ approval: true })).toEqual([]);
    expect(told(by(rules), deviceApprovalDecided)).toMatchObject([{ by: 'rule', outcome: 'admitted' }]);
    expect(told(by({}), deviceApprovalDecided)).toMatchObject([{ by: 'off', outcome: 'admitted' }]);
    expect(told(by({}), deviceDiscovered)).toHaveLength(1);
  });
});

it('without approval nothing is told of it', () => {
  const events = when(given({}), says());
  expect(events.map(({ definition }) => definition.type)).toEqual([deviceDiscovered.type]);
});
