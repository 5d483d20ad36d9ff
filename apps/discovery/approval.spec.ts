import { describe, expect, it } from 'vitest';
import { deviceApprovalDecided, deviceApprovalRequested, deviceQuarantined } from '#events/approval';
import { announcementFiltered, deviceAnnounced, deviceDiscovered } from '#events/device';
import type { Draft, Event, EventDefinition } from '#events/event';
import { defaultSettings, type Settings } from '#events/settings';
import { published } from '../../test/support/fed-delivery.js';
import { admit, discover, type Heard } from './admit.js';
import { heldMax, reconsider } from './approval.js';
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
}

function says({ ip = '10.1.2.3', forwarded, ...said }: Said = {}) {
  const { example: event } = deviceAnnounced;
  const server = '0193f2a0-0000-7000-8000-0000000000c1';
  return published(
    deviceAnnounced.draft({
      ...event,
      identity: { ...event.identity, serial: said.serial ?? serial, ip },
      acceptedAt: said.at ?? '2026-11-21T09:00:00.000Z',
      transport: { ...event.transport, peerAddress: said.from ?? ip, fingerprint: null },
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

const asks = (decision: 'admit' | 'refuse', ...serials: readonly string[]) =>
  published(
    deviceApprovalRequested.draft({
      serials: serials.length > 0 ? [...serials] : [serial],
      decision,
      requestedBy: 'ann',
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
    const newest = says({ ip: '10.1.2.9', at: '2026-11-21T09:30:00.000Z' });
    for (const event of [says(), newest, says({ at: '2026-11-21T09:15:00.000Z' })]) when(known, event);
    const events = when(known, asks('admit'));
    expect(told(events, deviceDiscovered)).toMatchObject([
      { announcements: [newest.id], identity: { ip: '10.1.2.9' }, proof: 'first', fresh: true },
    ]);
    expect(told(events, deviceApprovalDecided)).toMatchObject([
      { outcome: 'admitted', by: 'operator', name: 'ann', deviceId: newest.id },
    ]);
    expect([known.devices.size, known.heldCount]).toEqual([1, 0]);
    expect(told(when(known, asks('admit')), deviceApprovalDecided)).toMatchObject([{ outcome: 'gone' }]);
    expect(known.devices.size).toBe(1);
  });

  it('refused, is not shown as new again, also when approval is switched off; and may be admitted later', () => {
    const known = given();
    when(known, says());
    expect(told(when(known, asks('refuse')), deviceApprovalDecided)).toMatchObject([{ outcome: 'refused' }]);
    expect(when(known, asks('refuse'))).toEqual([]);
    const off = { ...known, settings: defaultSettings };
    for (const state of [known, off]) {
      expect(told(when(state, says()), announcementFiltered)).toMatchObject([{ reason: 'deviceRefused' }]);
    }
    expect(known.heldCount).toBe(0);
    expect(told(when(known, asks('admit')), deviceDiscovered)).toHaveLength(1);
  });

  it('one, some or all: each is decided by itself', () => {
    const known = given();
    for (const one of ['PRN-0001', 'PRN-0002', 'PRN-0003']) when(known, says({ serial: one }));
    const events = when(known, asks('admit', 'PRN-0001', 'PRN-0003', 'PRN-9999', 'PRN-0001'));
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
