// Who may move a device (R31, R32, R36): what proves that an announcement is the known device's, and what follows when
// nothing does and its old address was asked.
import { deviceConflicted, deviceReconciled, type DeviceAnnounced } from '#events/device';
import type { Draft } from '#events/event';
import type { Identity } from '#events/identity';
import type { Decision } from '#bus/consumer';
import type { Certificate, Change, Changed, Claim, Device, Known, Proof } from './known.js';

type Certificates = ReadonlyMap<string, Certificate>;

/**
 * Null: unproven. The address counts as proof only where the connection itself came from it, or where a verified server
 * says so: anybody can write an origin.
 */
export function proofOf(data: DeviceAnnounced, device: Device, certificates: Certificates): Proof | null {
  const { identity, transport, authentication, origin } = data;
  if (authentication.outcome === 'verified') return 'verified';
  if (origin && !origin.verified) return null;
  const pinned = pinOf(device, certificates);
  if (pinned !== null && transport.fingerprint === pinned) return 'sameCertificate';
  const fromThere = origin ? origin.verified : transport.peerAddress === identity.ip;
  return fromThere && identity.ip === device.identity.ip ? 'sameAddress' : null;
}

/** Passed on by a server that proved nothing, with what is known already: it needs no proof to be heard. */
export function saysNothingNew(data: DeviceAnnounced, device: Device, certificates: Certificates): boolean {
  if (!data.origin || data.origin.verified || data.transport.fingerprint !== null) return false;
  return apply(device, { data, proof: device.proof, certificates }).changed.length === 0;
}

/** The fingerprint that proves the device; null when it has none of its own. */
export function pinOf(device: Device, certificates: Certificates): string | null {
  return device.fingerprint === null || certificates.get(device.fingerprint)?.shared
    ? null
    : device.fingerprint;
}

export interface Seen {
  readonly changes: readonly Change[];
  readonly certificates: Certificates;
}

/** The certificates with the one that this announcement shows: shared once a second serial number shows it. */
export function seeCertificate({ identity, transport }: DeviceAnnounced, certificates: Certificates): Seen {
  const { fingerprint } = transport;
  const before = fingerprint === null ? undefined : certificates.get(fingerprint);
  if (fingerprint === null || before?.shared || before?.serial === identity.serial)
    return { changes: [], certificates };
  const certificate: Certificate = before
    ? { ...before, shared: true }
    : { serial: identity.serial, shared: false };
  return {
    changes: [{ kind: 'certificate', fingerprint, certificate }],
    certificates: new Map(certificates).set(fingerprint, certificate),
  };
}

/** The device with what a believed announcement says of it, and what that changed. */
export function apply(
  device: Device,
  { data, proof, certificates }: Believed,
): { readonly device: Device; readonly changed: Changed; readonly fresh: boolean } {
  const shown = data.transport.fingerprint;
  const pinned = pinOf(device, certificates);
  const usable = shown !== null && !certificates.get(shown)?.shared;
  const fingerprint = usable ? shown : shown === null ? pinned : null;
  const { hostname, firmware } = device.identity;
  // What an announcement leaves out is not known to have changed.
  const identity: Identity = {
    ...data.identity,
    hostname: data.identity.hostname ?? hostname,
    firmware: data.identity.firmware ?? firmware,
  };
  const otherCertificate = pinned !== null && shown !== null && shown !== pinned;
  return {
    device: { ...device, identity, fingerprint, proof, acceptedAt: new Date(data.acceptedAt) },
    changed: differences(
      { ...device.identity, certificate: pinned },
      { ...identity, certificate: fingerprint },
    ),
    fresh: proof === 'oldAddressSilent' || (proof === 'sameAddress' && otherCertificate),
  };
}

interface Believed {
  readonly data: DeviceAnnounced;
  readonly proof: Proof;
  readonly certificates: Certificates;
}

type Attributes = Readonly<Record<string, string | null>>;

function differences(before: Attributes, after: Attributes): Changed {
  return Object.keys(after).flatMap((field) => {
    const [from, to] = [before[field] ?? null, after[field] ?? null];
    return from === to ? [] : [{ field, from, to }];
  });
}

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
export function judgeClaims(
  device: Device,
  claims: readonly Claim[],
  old: OldAddress,
  known: Known,
): Judgement {
  const parties = partiesOf(claims);
  const [newest] = parties;
  const [last] = newest ?? [];
  if (!newest || !last) return { changes: [], events: [], settled: [] };
  const heard = isLate(last.data, device) && old === 'silent' ? 'answers' : old;
  const proof = proofOf(last.data, device, known.certificates) ?? answerProves(heard, last.data);
  if (proof) return moved(device, newest, proof, known);
  return {
    changes: [{ kind: 'device', device: { ...device, conflictedAt: known.now } }],
    events: parties.map((party) => conflicted(device, party, known.certificates)),
    settled: claims,
  };
}

/** The silence of the old address does; so does the device itself, when it says there what the claim says, and shows no other certificate. */
function answerProves(old: OldAddress, { identity, transport }: DeviceAnnounced): Proof | null {
  if (old === 'silent') return 'oldAddressSilent';
  if (typeof old === 'string' || transport.fingerprint !== null) return null;
  const says: Attributes = { ...old.says };
  const same = Object.entries(identity).every(([field, value]) => value === null || says[field] === value);
  return same ? 'sameAddress' : null;
}

/** What was accepted after it is believed of the device already. */
const isLate = ({ acceptedAt }: DeviceAnnounced, device: Device): boolean =>
  new Date(acceptedAt) < device.acceptedAt;

function moved(device: Device, party: readonly Claim[], proof: Proof, known: Known): Judgement {
  const [last] = party;
  if (!last) return { changes: [], events: [], settled: [] };
  const { changes, certificates } = seeCertificate(last.data, known.certificates);
  const after = isLate(last.data, device)
    ? { device: { ...device, fingerprint: pinOf(device, certificates) }, changed: [], fresh: false }
    : apply(device, { data: last.data, proof, certificates });
  const event = deviceReconciled.draft({
    deviceId: device.id,
    identity: after.device.identity,
    trigger: 'announced',
    announcements: party.map(({ announcement }) => announcement),
    fingerprint: after.device.fingerprint,
    proof,
    fresh: after.fresh,
    acceptedAt: last.data.acceptedAt,
    origin: last.data.origin,
    changed: after.changed,
  });
  return {
    changes: [...changes, { kind: 'device', device: after.device }],
    events: [event],
    settled: party,
  };
}

function conflicted(device: Device, party: readonly Claim[], certificates: Certificates): Draft {
  const [last] = party;
  const claimed = last?.data ?? null;
  return deviceConflicted.draft({
    deviceId: device.id,
    serial: device.identity.serial,
    known: { ip: device.identity.ip, fingerprint: pinOf(device, certificates) },
    claimed: {
      ip: claimed?.identity.ip ?? device.identity.ip,
      fingerprint: claimed?.transport.fingerprint ?? null,
    },
    announcements: party.map(({ announcement }) => announcement),
  });
}

/** Claims by who makes them, the newest claim first in each, and the party with the newest first. */
function partiesOf(claims: readonly Claim[]): readonly (readonly Claim[])[] {
  const newestFirst = claims.toSorted(
    (a, b) => Date.parse(b.data.acceptedAt) - Date.parse(a.data.acceptedAt),
  );
  const parties = Map.groupBy(
    newestFirst,
    ({ data }) => `${data.identity.ip} ${data.transport.fingerprint ?? ''}`,
  );
  return [...parties.values()];
}
