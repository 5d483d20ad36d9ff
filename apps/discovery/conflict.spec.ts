import { describe, expect, it } from 'vitest';
import {
  deviceConflictDecided,
  deviceConflictDecisionRequested,
  type DeviceConflictDecisionRequested,
  deviceConflicted,
} from '#events/conflict';
import { announcementFiltered, deviceAnnounced, type DeviceAnnounced } from '#events/announcement';
import { deviceReconciled } from '#events/device';
import type { Draft, Event, EventDefinition } from '#events/event';
import { defaultSettings } from '#events/settings';
import { published } from '../../test/support/fed-delivery.js';
import { admit, type Heard } from './admit.js';
import { judgeClaims } from './claims.js';
import { claimOf, dismissedMax, openMax, openOfSourceMax } from './conflict.js';
import { evolve, type Claim, type Known } from './known.js';

const { example } = deviceAnnounced;
const { serial } = example.identity;
const own = 'a'.repeat(64);
const others = 'b'.repeat(64);
const ip = '10.9.9.9';

interface Said {
  readonly ip?: string;
  readonly fingerprint?: string | null;
  readonly mac?: string;
  readonly at?: string;
  readonly verified?: boolean;
}

function says({ ip = '10.1.2.3', fingerprint = own, verified = false, ...said }: Said = {}) {
  const { mac = example.identity.mac, at = '2026-11-21T09:00:00.000Z' } = said;
  return published(
    deviceAnnounced.draft({
      ...example,
      identity: { ...example.identity, ip, mac },
      acceptedAt: at,
      transport: { ...example.transport, peerAddress: ip, fingerprint },
      authentication: verified
        ? { mode: 'mutual', outcome: 'verified' }
        : { mode: 'none', outcome: 'anonymous' },
    }),
  );
}

function when(known: Known, event: Event<Heard>) {
  const { changes, events } = admit(event, known);
  for (const change of changes) evolve(known, change);
  return { events, claims: changes.flatMap((change) => (change.kind === 'claim' ? [change.claim] : [])) };
}

const told = <D>(events: readonly Draft[], definition: EventDefinition<D>): readonly D[] =>
  events.filter((draft) => draft.definition.type === definition.type).map(({ data }) => data as D);

const deviceIn = (known: Known) => {
  const device = known.devices.get(serial);
  if (!device) throw new Error('no device');
  return device;
};

/** A known device, and a claim to it that the old address has made a conflict of. */
function conflict(said: Said = { ip, fingerprint: others }) {
  const known: Known = {
    now: new Date('2026-11-21T12:00:00.000Z'),
    settings: defaultSettings,
    settingsVersion: 1,
    devices: new Map(),
    retiredAt: new Map(),
    list: new Map(),
    quarantine: new Map(),
    heldCount: 0,
    conflicts: new Map(),
    certificates: new Map(),
  };
  when(known, says({ at: '2026-11-21T08:00:00.000Z' }));
  const raised = judge(known, when(known, says(said)).claims, 'answers');
  const [data] = told(raised, deviceConflicted);
  if (!data?.claim) throw new Error('no conflict');
  return { known, claim: data.claim, claimed: data.claimed };
}

function judge(known: Known, claims: readonly Claim[], old: 'answers' | 'silent'): readonly Draft[] {
  const { changes, events } = judgeClaims(deviceIn(known), claims, old, known);
  for (const change of changes) evolve(known, change);
  return events;
}

function asks(
  { known, claim, claimed }: ReturnType<typeof conflict>,
  decision: DeviceConflictDecisionRequested['decision'],
): Event<DeviceConflictDecisionRequested> {
  const { id: deviceId } = deviceIn(known);
  const data = { deviceId, claim, claimed, decision, requestedBy: 'ann' };
  return published(deviceConflictDecisionRequested.draft(data));
}

describe('an operator who keeps the known device', () => {
  it('dismisses the claim: nothing of the device changes, and the same claim is not raised again', () => {
    const it = conflict();
    const before = deviceIn(it.known);
    const { events } = when(it.known, asks(it, 'keep'));
    expect(told(events, deviceConflictDecided)).toMatchObject([
      { outcome: 'kept', decidedBy: 'ann', serial },
    ]);
    expect(deviceIn(it.known)).toEqual(before);
    const again = when(it.known, says({ ip, fingerprint: others }));
    expect(again.claims).toEqual([]);
    expect(told(again.events, announcementFiltered)).toMatchObject([{ reason: 'claimDismissed' }]);
  });

  it.each<[string, Said]>([
    ['another address', { ip: '10.9.9.8', fingerprint: others }],
    ['another certificate', { ip, fingerprint: 'c'.repeat(64) }],
    ['another MAC address', { ip, fingerprint: others, mac: '02:00:00:00:00:09' }],
  ])('hears of it again once it comes with %s', (_, said) => {
    const it = conflict();
    when(it.known, asks(it, 'keep'));
    expect(when(it.known, says(said)).claims).toHaveLength(1);
  });

  it('is not overruled by silence: a claim that waited is not believed, another one is', () => {
    const it = conflict();
    const { claims } = when(it.known, says({ ip, fingerprint: others }));
    when(it.known, asks(it, 'keep'));
    expect(told(judge(it.known, claims, 'silent'), announcementFiltered)).toMatchObject([
      { reason: 'claimDismissed' },
    ]);
    expect(deviceIn(it.known).identity.ip).toBe('10.1.2.3');
    const other = when(it.known, says({ ip: '10.7.7.7', fingerprint: null }));
    expect(told(judge(it.known, other.claims, 'silent'), deviceReconciled)).toHaveLength(1);
  });

  it('is overruled by proof', () => {
    const it = conflict();
    when(it.known, asks(it, 'keep'));
    const { events } = when(it.known, says({ ip, fingerprint: others, verified: true }));
    expect(told(events, deviceReconciled)).toMatchObject([{ proof: 'verified', identity: { ip } }]);
  });

  it('asked twice, is told once', () => {
    const it = conflict();
    when(it.known, asks(it, 'keep'));
    expect(when(it.known, asks(it, 'keep')).events).toEqual([]);
  });
});

describe('an operator who moves the device', () => {
  it('has it at the claimed address, pinned anew, fresh from the box', () => {
    const it = conflict();
    const { events } = when(it.known, asks(it, 'move'));
    expect(told(events, deviceReconciled)).toMatchObject([
      { proof: 'operator', fresh: true, fingerprint: others, identity: { ip }, trigger: 'announced' },
    ]);
    expect(told(events, deviceConflictDecided)).toMatchObject([{ outcome: 'moved' }]);
    expect(deviceIn(it.known)).toMatchObject({ identity: { ip }, fingerprint: others, proof: 'operator' });
    const { events: next, claims } = when(it.known, says({ at: '2026-11-21T10:00:00.000Z' }));
    expect([told(next, deviceReconciled), claims.length]).toEqual([[], 1]);
  });

  it('may do so after having dismissed the claim', () => {
    const it = conflict();
    when(it.known, asks(it, 'keep'));
    when(it.known, asks(it, 'move'));
    expect(deviceIn(it.known).identity.ip).toBe(ip);
    expect(told(when(it.known, says({ ip, fingerprint: others })).events, deviceReconciled)).toHaveLength(1);
  });

  it('takes nothing back of what the device said since', () => {
    const it = conflict();
    when(it.known, says({ at: '2026-11-21T11:00:00.000Z' }));
    when(it.known, asks(it, 'move'));
    expect(deviceIn(it.known).acceptedAt).toEqual(new Date('2026-11-21T11:00:00.000Z'));
  });

  it('asked twice, moves it once', () => {
    const it = conflict();
    when(it.known, asks(it, 'move'));
    expect(when(it.known, asks(it, 'move')).events).toEqual([]);
  });
});

describe('a decision that comes too late', () => {
  it('is told so when the device has moved meanwhile', () => {
    const it = conflict();
    when(it.known, says({ ip: '10.5.5.5', verified: true, at: '2026-11-21T11:00:00.000Z' }));
    const { events } = when(it.known, asks(it, 'move'));
    expect(told(events, deviceConflictDecided)).toMatchObject([{ outcome: 'gone' }]);
    expect(deviceIn(it.known).identity.ip).toBe('10.5.5.5');
  });

  it('is told so when another claim waits by then', () => {
    const it = conflict();
    when(it.known, says({ ip: '10.5.5.5', verified: true, at: '2026-11-21T11:00:00.000Z' }));
    const { claims } = when(
      it.known,
      says({ ip: '10.7.7.7', fingerprint: null, at: '2026-11-21T11:01:00.000Z' }),
    );
    judge(it.known, claims, 'answers');
    const { events } = when(it.known, asks(it, 'keep'));
    expect(told(events, deviceConflictDecided)).toMatchObject([{ outcome: 'another' }]);
  });

  it('says nothing of a device that was deleted', () => {
    const it = conflict();
    const request = asks(it, 'move');
    it.known.devices.clear();
    expect(when(it.known, request).events).toEqual([]);
  });
});

describe('claims for which there is no room', () => {
  const many = (length: number, said: (at: number) => Said): readonly Said[] =>
    Array.from({ length }, (_, at) => said(at));
  const source = (at: number): string => `10.8.${Math.floor(at / 250)}.${(at % 250) + 1}`;
  const certificate = (at: number): string => at.toString(16).padStart(64, '0');
  /** Claimed one after the other, and judged at once. */
  const claimed = (known: Known, all: readonly Said[]): readonly Draft[] => {
    const claims = all.flatMap((said, at) => {
      const second = String(at % 60).padStart(2, '0');
      const minute = String(30 + Math.floor(at / 60)).padStart(2, '0');
      return when(known, says({ ...said, at: `2026-11-21T09:${minute}:${second}.000Z` })).claims;
    });
    return judge(known, claims, 'answers');
  };
  const kept = (known: Known) => known.conflicts.get(deviceIn(known).id) ?? [];

  it.each<[string, number, (at: number) => Said]>([
    [
      'of one source with many certificates',
      openOfSourceMax - 1,
      (at) => ({ ip, fingerprint: certificate(at) }),
    ],
    ['of many sources', openMax - 1, (at) => ({ ip: source(at), fingerprint: null })],
    [
      'of one IPv6 /64 with many addresses',
      openOfSourceMax,
      (at) => ({ ip: `fd00::${(at + 1).toString(16)}`, fingerprint: null }),
    ],
  ])('push out nobody: %s', (_, room, said) => {
    const it = conflict();
    const events = claimed(it.known, many(120, said));
    expect(kept(it.known).map(({ claim }) => claim)).toContain(it.claim);
    expect(kept(it.known)).toHaveLength(room + 1);
    const raised = told(events, deviceConflicted);
    expect(raised.map(({ leftOut }) => leftOut)).toEqual([
      ...Array.from({ length: room }, () => 0),
      120 - room,
    ]);
    expect(raised.at(-1)?.announcements).toHaveLength(120 - room);
    expect(told(when(it.known, asks(it, 'move')).events, deviceConflictDecided)).toMatchObject([
      { outcome: 'moved' },
    ]);
  });

  it('are those of who came last, and are raised once an operator has made room', () => {
    const it = conflict();
    claimed(
      it.known,
      many(120, (at) => ({ ip: source(at), fingerprint: null })),
    );
    const sources = kept(it.known).map(({ data }) => data.identity.ip);
    expect(sources.toSorted()).toEqual(
      [ip, ...Array.from({ length: openMax - 1 }, (_, at) => source(at))].toSorted(),
    );
    when(it.known, asks(it, 'keep'));
    claimed(it.known, [{ ip: source(119), fingerprint: null }]);
    expect(kept(it.known).at(-1)).toMatchObject({
      data: { identity: { ip: source(119) } },
      dismissedAt: null,
    });
  });

  it('make nobody forget what an operator has dismissed', () => {
    const it = conflict();
    when(it.known, asks(it, 'keep'));
    claimed(
      it.known,
      many(120, (at) => ({ ip: source(at), fingerprint: certificate(at) })),
    );
    const again = when(it.known, says({ ip, fingerprint: others }));
    expect(again.claims).toEqual([]);
    expect(told(again.events, announcementFiltered)).toMatchObject([{ reason: 'claimDismissed' }]);
  });
});

it('dismissed claims take no room; of many, one that is made still is not forgotten, one long silent is', () => {
  const nuisance = conflict();
  const { known } = nuisance;
  when(known, asks(nuisance, 'keep'));
  const at = (ip: string, hour: number): Said => ({
    ip,
    at: `2026-11-21T${hour}:00:00.000Z`,
    fingerprint: null,
  });
  const dismiss = (said: Said): string | null | undefined => {
    const { claims } = when(known, says(said));
    const [data] = told(judge(known, claims, 'answers'), deviceConflicted);
    if (!data?.claim) throw new Error('no conflict');
    const { events } = when(known, asks({ known, claim: data.claim, claimed: data.claimed }, 'keep'));
    return told(events, deviceConflictDecided)[0]?.forgotten;
  };
  const ips = Array.from({ length: dismissedMax - 1 }, (_, n) => `10.8.8.${n + 1}`);
  expect(new Set(ips.map((ip) => dismiss(at(ip, 10))))).toEqual(new Set([null]));
  expect(when(known, says({ ip, fingerprint: others, at: '2026-11-21T11:00:00.000Z' })).claims).toEqual([]);
  const silent = at('10.8.8.1', 10);
  expect(dismiss(at('10.8.9.1', 11))).toBe(claimOf(says(silent).data));
  expect(known.conflicts.get(deviceIn(known).id)).toHaveLength(dismissedMax);
  expect(when(known, says({ ip, fingerprint: others })).claims).toEqual([]);
  const raised = when(known, says(silent)).claims;
  expect(told(judge(known, raised, 'answers'), deviceConflicted)).toMatchObject([{ leftOut: 0 }]);
});

it('a conflict stays open while the known device only says that it is there', () => {
  const it = conflict();
  when(it.known, says({ at: '2026-11-21T11:00:00.000Z' }));
  expect(it.known.conflicts.get(deviceIn(it.known).id)).toHaveLength(1);
});

it('a claim is named by all that it says and by how it came', () => {
  const data = (said: Said): DeviceAnnounced => says(said).data;
  expect(claimOf(data({ ip }))).toBe(claimOf(data({ ip, at: '2026-11-21T11:00:00.000Z' })));
  expect(claimOf(data({ ip }))).not.toBe(claimOf(data({ ip, fingerprint: null })));
});
