// Who may move a device (R31, R32, R36): what proves that an announcement is the known device's. What follows when nothing
// does: claims.ts.
import type { DeviceAnnounced } from '#events/announcement';
import type { Identity } from '#events/identity';
import type { Arrival, Certificate, Change, Changed, Device, Proof } from './known.js';

export type Certificates = ReadonlyMap<string, Certificate>;

/**
 * Null: unproven. The address counts as proof only where the connection itself came from it, or where a verified server
 * says so: anybody can write an origin. The certificate of who was asked counts at the device's own address alone: whoever
 * passes connections on shows that of the device behind.
 */
export function proofOf(data: Arrival, device: Device, certificates: Certificates): Proof | null {
  const { identity, transport, authentication, origin } = data;
  if (authentication.outcome === 'verified') return 'verified';
  if (origin && !origin.verified) return null;
  const pinned = pinOf(device, certificates);
  const isElsewhere = identity.ip !== device.identity.ip;
  const wasAsked = data.probedBy !== undefined;
  if (replacesPin(data, device, certificates)) return null;
  if (pinned !== null && transport.fingerprint === pinned && !(wasAsked && isElsewhere))
    return 'sameCertificate';
  const fromThere = origin ? origin.verified : transport.peerAddress === identity.ip;
  return fromThere && !isElsewhere ? 'sameAddress' : null;
}

/**
 * Who was asked shows another certificate than the pinned one: that is never put in its place by an answer alone, wherever it
 * came from, and whoever is silent.
 */
export function replacesPin(data: Arrival, device: Device, certificates: Certificates): boolean {
  const pinned = pinOf(device, certificates);
  const shown = data.transport.fingerprint;
  return data.probedBy !== undefined && pinned !== null && shown !== null && shown !== pinned;
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

/** The certificate that the device showed last, when others show it too. */
export const sharedBy = ({ fingerprint, shown }: Device, certificates: Certificates): string | null =>
  sharedOf(fingerprint ?? shown, certificates);

export const sharedOf = (shown: string | null, certificates: Certificates): string | null =>
  shown !== null && certificates.get(shown)?.shared ? shown : null;

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
    device: {
      ...device,
      identity,
      fingerprint,
      shown: shown ?? device.shown,
      proof,
      acceptedAt: new Date(data.acceptedAt),
    },
    changed: differences(
      { ...device.identity, certificate: pinned },
      { ...identity, certificate: fingerprint },
    ),
    fresh:
      proof === 'oldAddressSilent' || proof === 'operator' || (proof === 'sameAddress' && otherCertificate),
  };
}

interface Believed {
  readonly data: DeviceAnnounced;
  readonly proof: Proof;
  readonly certificates: Certificates;
}

export type Attributes = Readonly<Record<string, string | null>>;

function differences(before: Attributes, after: Attributes): Changed {
  return Object.keys(after).flatMap((field) => {
    const [from, to] = [before[field] ?? null, after[field] ?? null];
    return from === to ? [] : [{ field, from, to }];
  });
}
