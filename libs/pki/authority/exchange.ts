// What the authority's process tells console, and hears from it: both halves. It goes to console, nobody comes to it, and no
// key is ever in it that console could open.
import * as z from 'zod';
import { fingerprint, friendlyName, sealedIdentity } from '#events/certificate';
import { namesTextMax } from './alternative-names.js';
import { type RevocationReason, revocationReasons } from './revocation-list.js';
import { wishesAtOnce, wishKinds, wishOutcome } from './wish.js';

/** By POST, with a token that may do nothing else. */
export const exchangePath = '/api/authority';

export const issuedMax = 500;
export const identitiesMax = 50;
const serial = z.string().regex(/^[0-9a-f]{1,64}$/, 'must be a serial number in hexadecimal');
const text = (max: number) => z.string().max(max);
const reasons = Object.keys(revocationReasons) as [RevocationReason, ...RevocationReason[]];
export const revocationReason = z.enum(reasons);

/** A certificate as the books have it. */
export const issuedCertificate = z.strictObject({
  serial,
  issuer: text(16),
  profile: text(16),
  subject: text(2_000),
  names: text(namesTextMax),
  /** Serial number of the device that holds it. */
  device: text(128).nullable(),
  fingerprint,
  from: z.iso.datetime(),
  until: z.iso.datetime(),
  revoked: z.strictObject({ at: z.iso.datetime(), reason: revocationReason }).nullable(),
});
export type IssuedCertificate = z.infer<typeof issuedCertificate>;

export const authorityReport = z.strictObject({
  /** PEM, from the issuing authority to the root. */
  chain: text(50_000),
  /** Where lists and OCSP are published. */
  url: text(500).nullable(),
  /** The newest list of the issuing authority. */
  list: z.strictObject({ number: z.int().positive(), until: z.iso.datetime() }).nullable(),
  /** Those that console has not, or has otherwise. */
  identities: z.array(sealedIdentity).max(identitiesMax),
  certificates: z.array(issuedCertificate).max(issuedMax),
  /** Where the next report goes on; null: as before. */
  cursor: text(200).nullable(),
  /** What could not be revoked, and why. */
  refused: z.array(z.strictObject({ serial, message: text(500) })).max(issuedMax),
  /** What it does when console asks, and what became of wishes; not told to a console that has never told of any. */
  does: z.array(z.enum(wishKinds)).max(wishKinds.length).optional(),
  outcomes: z.array(wishOutcome).max(wishesAtOnce).optional(),
});
export type AuthorityReport = z.infer<typeof authorityReport>;

export const authorityAnswer = z.object({
  cursor: z.string().nullable(),
  identities: z.array(z.object({ name: friendlyName, fingerprint, sealedTo: z.array(fingerprint) })),
  /** Public keys of gateways: whether anything is sealed to them, the authority decides. */
  gateways: z.array(z.object({ gateway: z.string().max(128), key: z.base64().max(128) })),
  /** What operators want revoked. */
  revoke: z.array(z.object({ serial, reason: revocationReason })).max(issuedMax),
  /** What else they want, see wish.ts: each is read alone, as a newer console may know more kinds. Missing: it is older. */
  wishes: z
    .array(z.looseObject({ id: z.uuid(), kind: z.string() }))
    .max(wishesAtOnce)
    .optional(),
});
export type AuthorityAnswer = z.infer<typeof authorityAnswer>;
