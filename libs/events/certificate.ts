// Certificates: which identity gateways present, as they get it, and what ends soon (R15, R84).
import * as z from 'zod';
import { defineEvent } from './event.js';
import { printable } from './identity.js';

/** What operators call a key with its certificates: as `muster ca issue --name` takes it. */
export const friendlyName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/,
    'must be a name of up to 63 letters, digits, spaces, dots, hyphens',
  );

export const fingerprint = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal');

/** A private key that one gateway can open: `to` is the fingerprint of its sealing key. */
export const sealedKey = z.strictObject({ to: fingerprint, box: z.base64().max(8_192) });
export const sealedKeysMax = 200;
/** Of a certificate with those above it, PEM. */
export const certificatesMax = 50_000;

/** An identity on its way to the gateways. */
export const sealedIdentity = z.object({
  name: friendlyName,
  /** PEM, the own certificate first. */
  certificates: z.string().max(certificatesMax),
  sealed: z.array(sealedKey).max(sealedKeysMax),
});
export type SealedIdentity = z.infer<typeof sealedIdentity>;

/** Whose certificate it is. */
export const certificateKinds = ['gateway', 'identity', 'authority', 'trustSet', 'issued'] as const;

export const expiryWarned = defineEvent({
  type: 'certificate.expiryWarned',
  publisher: 'console',
  title: 'A certificate has less than 31 days left, or none (R84): told once a day until it is replaced.',
  schema: z.object({
    kind: z.enum(certificateKinds),
    /** Where it is used: a gateway, a friendly name, a trust set. */
    holder: printable(128),
    /** Its subject. */
    certificate: printable(512),
    fingerprint,
    until: z.iso.datetime(),
    /** Whole ones; negative once it has expired. */
    daysLeft: z.int(),
  }),
  subject: ({ fingerprint: of }) => `certificate:${of}`,
  example: {
    kind: 'gateway',
    holder: 'gateway-1',
    certificate: 'CN=muster.example',
    fingerprint: 'd3b07384d113edec49eaa6238ad5ff00a1b2c3d4e5f60718293a4b5c6d7e8f90',
    until: '2026-12-12T08:00:00.000Z',
    daysLeft: 20,
  },
});
export type ExpiryWarning = z.infer<typeof expiryWarned.schema>;
