// Certificates, who issues them, and what opens devices.
import * as z from 'zod';
import { credentialAuths, credentialKinds, credentialPrivs, credentialScopes } from '../device/credential.js';
import { fingerprint, friendlyName } from '../events/certificate.js';
import { serviceReport } from '../events/service.js';
import { issuedCertificate } from '../pki/authority/exchange.js';
import { wishKinds } from '../pki/authority/wish.js';
import { count, time } from './shape.js';

export const wishStates = ['asked', 'done', 'refused'] as const;

/** A gateway, and what it presents. */
export const gateway = z.object({
  ...serviceReport.shape.edge.unwrap().unwrap().shape,
  gateway: z.string(),
  sealingFingerprint: z.string().nullable(),
  sealingPem: z.string().nullable(),
  heardAt: time,
});

/** An identity that gateways can present; `sealedTo`: fingerprints of the sealing keys that open its private key. */
export const identityStored = z.object({
  name: friendlyName,
  subject: z.string(),
  fingerprint,
  until: time,
  sealedTo: z.array(fingerprint),
  chosen: z.boolean(),
  changedBy: z.string(),
  changedAt: time,
});

/** A certificate that Muster's own authority issued. */
export const issued = z.object({
  ...issuedCertificate.omit({ revoked: true }).shape,
  name: friendlyName.nullable(),
  revokedAt: time.nullable(),
  reason: z.string().nullable(),
  askedBy: z.string().nullable(),
  refused: z.string().nullable(),
});

/** Muster's own authority, as it told; all null: there is none, or it does not speak to console. */
export const authority = z.object({
  chain: z.string().nullable(),
  url: z.string().nullable(),
  listNumber: count.nullable(),
  listUntil: time.nullable(),
  heardAt: time.nullable(),
  /** What it does when it is asked from here; null: it never told. */
  does: z.array(z.enum(wishKinds)).nullable(),
});

/** What somebody wants of the authority, and what became of it. */
export const wish = z.object({
  id: z.uuid(),
  kind: z.enum(wishKinds),
  about: z.string(),
  askedBy: z.string(),
  askedAt: time,
  state: z.enum(wishStates),
  reason: z.string().nullable(),
  settledAt: time.nullable(),
  /** PEM: what was signed, and those above it. */
  certificates: z.string().nullable(),
});

/** What opens devices, without what it is. */
export const credentialShown = z.object({
  kind: z.enum(credentialKinds),
  scope: z.enum(credentialScopes),
  /** Of the device or group; empty: everybody's. */
  id: z.string(),
  /** Null: it is of no single device, or nothing is known of that. */
  device: z
    .object({
      serial: z.string(),
      hostname: z.string().nullable(),
      deleted: z.boolean(),
      /** Whether a certificate is pinned to it, by which it can prove itself. Null: that is not known, or it was deleted. */
      certificate: z.boolean().nullable(),
    })
    .nullable(),
  userName: z.string().nullable(),
  /** Of an SNMPv3 user: by what he proves who he is, and encrypts. Null: of another kind, or no key in the file opens it. */
  auth: z.enum(credentialAuths).nullable(),
  priv: z.enum(credentialPrivs).nullable(),
  /** It goes to devices, too, that nobody vouches for. Null: of an SNMPv3 user, who shows no password; or likewise. */
  unproved: z.boolean().nullable(),
  /** Made by Muster, for one device. */
  generated: z.boolean(),
  version: z.int().positive(),
  changedBy: z.string(),
  changedAt: time,
  /** Values from before, which are still tried. */
  earlier: count,
});
