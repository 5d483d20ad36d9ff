// What becomes of claims to a known serial number that nothing proves, once its old address was asked (R36). Pure.
import type { Decision } from '#bus/consumer';
import type { DeviceAnnounced } from '#events/announcement';
import { deviceConflicted, type DeviceConflicted } from '#events/conflict';
import { deviceReconciled } from '#events/device';
import type { Draft } from '#events/event';
import type { Identity } from '#events/identity';
import { announcementsOf, cameBy } from './arrival.js';
import { claimOf, dismissed, dismissedAs, hasRoom, overWith } from './conflict.js';
import {
  conflictsOf,
  type Arrival,
  type Change,
  type Claim,
  type Conflict,
  type Device,
  type Known,
  type Proof,
} from './known.js';
import {
  apply,
  pinOf,
  proofOf,
  replacesPin,
  seeCertificate,
  sharedBy,
  sharedOf,
  type Attributes,
  type Certificates,
} from './move.js';

/**
 * What the old address had to say: somebody is there still (and who, where it is the device), or nobody is at any of several
 * tries, or it may not be asked.
 */
export type OldAddress = 'answers' | 'silent' | 'outsideNetworks' | { readonly says: Identity };

/** A decision about claims, and those it settles; the others are judged anew against what the device is then. */
export interface Judgement extends Decision<Change> {
  readonly settled: readonly Claim[];
}

/**
 * The newest claim moves the device when the old address is silent (or it has a proof by now). Otherwise nothing changes,
 * and each claimant is named; so it is when the device was believed something newer since: silence counts only for what
 * follows the device's own last word.
 */
export function judgeClaims(device: Device, all: readonly Claim[], old: OldAddress, known: Known): Judgement {
  const out = all.filter(({ data }) => dismissedAs(known, device.id, data));
  const parties = partiesOf(all.filter((claim) => !out.includes(claim)));
  const told = out.flatMap(dismissed);
  const judged = judgeParties(device, parties, old, known);
  return { ...judged, events: [...told, ...judged.events], settled: [...out, ...judged.settled] };
}

type Party = readonly Claim[];

function judgeParties(device: Device, parties: readonly Party[], old: OldAddress, known: Known): Judgement {
  const [newest] = parties;
  const [last] = newest ?? [];
  if (!newest || !last) return { changes: [], events: [], settled: [] };
  const heard = heardOf(last.data, device, old, known);
  const proof = proofOf(last.data, device, known.certificates) ?? answerProves(heard, last.data);
  if (proof) return moved(device, newest, proof, known);
  const { kept, leftOut } = withRoom(parties, conflictsOf(known, device.id), known.now);
  const tell = (claims: readonly Claim[], leftOut = 0): readonly Draft[] =>
    conflicted(device, { claims, leftOut, because: causeOf(heard) }, known.certificates);
  return {
    changes: [
      { kind: 'device', device: { ...device, conflictedAt: known.now } },
      ...kept.map(({ conflict }) => ({ kind: 'conflict', conflict }) as const),
    ],
    events: [...kept.flatMap(({ party }) => tell(party)), ...tell(leftOut.flat(), leftOut.length)],
    settled: parties.flat(),
  };
}

interface Kept {
  readonly party: Party;
  readonly conflict: Conflict;
}

/** Of each party the newest of what it says. Where there is not room for all, those who claimed first are kept. */
function withRoom(
  parties: readonly Party[],
  before: readonly Conflict[],
  raisedAt: Date,
): { readonly kept: readonly Kept[]; readonly leftOut: readonly Party[] } {
  let conflicts = before;
  const kept: Kept[] = [];
  const leftOut: Party[] = [];
  for (const party of parties.toReversed()) {
    const [last] = party;
    if (!last) continue;
    const { announcement, deviceId, data } = last;
    const conflict = { deviceId, claim: claimOf(data), announcement, data, raisedAt, dismissedAt: null };
    if (hasRoom(conflicts, data)) {
      conflicts = [...conflicts.filter(({ claim }) => claim !== conflict.claim), conflict];
      kept.unshift({ party, conflict });
    } else leftOut.unshift(party);
  }
  return { kept, leftOut };
}

type Heard = OldAddress | 'heardSince' | 'otherCertificate';

/** Silence speaks for no claim that is older than the device's last word, nor for an answer that would replace its pin. */
function heardOf(data: Arrival, device: Device, old: OldAddress, { certificates }: Known): Heard {
  if (replacesPin(data, device, certificates)) return 'otherCertificate';
  return isLate(data, device) && old === 'silent' ? 'heardSince' : old;
}

/** Whoever was silent is not asked about: its silence is a proof. */
const causeOf = (heard: Heard): DeviceConflicted['because'] =>
  typeof heard === 'string' && heard !== 'silent' ? heard : 'answers';

/** The silence of the old address does; so does the device itself, when it says there what the claim says, and shows no other certificate. */
function answerProves(old: Heard, { identity, transport }: DeviceAnnounced): Proof | null {
  if (old === 'silent') return 'oldAddressSilent';
  if (typeof old === 'string' || transport.fingerprint !== null) return null;
  const says: Attributes = { ...old.says };
  const same = Object.entries(identity).every(([field, value]) => value === null || says[field] === value);
  return same ? 'sameAddress' : null;
}

/** What was accepted after it is believed of the device already. */
const isLate = ({ acceptedAt }: DeviceAnnounced, device: Device): boolean =>
  new Date(acceptedAt) < device.acceptedAt;

function moved(device: Device, party: Party, proof: Proof, known: Known): Judgement {
  const [last] = party;
  if (!last) return { changes: [], events: [], settled: [] };
  const { changes, certificates } = seeCertificate(last.data, known.certificates);
  const after = isLate(last.data, device)
    ? { device: { ...device, fingerprint: pinOf(device, certificates) }, changed: [], fresh: false }
    : apply(device, { data: last.data, proof, certificates });
  const event = deviceReconciled.draft({
    deviceId: device.id,
    identity: after.device.identity,
    // Of several words the announcement counts: whatever it led to covers it.
    ...cameBy(party.find(({ data }) => data.trigger === undefined) ?? last),
    announcements: [...announcementsOf(party)],
    fingerprint: after.device.fingerprint,
    proof,
    fresh: after.fresh,
    changed: after.changed,
  });
  return {
    changes: [...changes, { kind: 'device', device: after.device }, ...overWith(device.id, after.changed)],
    events: [event],
    settled: party,
  };
}

interface Told {
  readonly claims: readonly Claim[];
  readonly leftOut: number;
  readonly because: DeviceConflicted['because'];
}

function conflicted(device: Device, told: Told, certificates: Certificates): readonly Draft[] {
  const { claims, leftOut, because } = told;
  const [last] = claims;
  if (!last) return [];
  const { identity, transport } = last.data;
  return [
    deviceConflicted.draft({
      deviceId: device.id,
      serial: device.identity.serial,
      known: { ip: device.identity.ip, fingerprint: pinOf(device, certificates) },
      claimed: { ip: identity.ip, fingerprint: transport.fingerprint },
      announcements: [...announcementsOf(claims)],
      claim: claimOf(last.data),
      claimedIdentity: identity,
      peerAddress: transport.peerAddress,
      leftOut,
      because,
      shared: {
        known: sharedBy(device, certificates),
        claimed: sharedOf(transport.fingerprint, certificates),
      },
    }),
  ];
}

/** Claims by who makes them, the newest claim first in each, and the party with the newest first. */
function partiesOf(claims: readonly Claim[]): readonly Party[] {
  const newestFirst = claims.toSorted(
    (a, b) => Date.parse(b.data.acceptedAt) - Date.parse(a.data.acceptedAt),
  );
  const parties = Map.groupBy(
    newestFirst,
    ({ data }) => `${data.identity.ip} ${data.transport.fingerprint ?? ''}`,
  );
  return [...parties.values()];
}
