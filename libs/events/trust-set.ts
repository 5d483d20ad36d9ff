// Trust sets (R82, R83): whom to trust, by name, and how to tell who has lost that trust.
import * as z from 'zod';
import { defineDocument } from './document.js';
import { printable } from './identity.js';

/** `https://` or `http://`: what is fetched is signed, so that the way need not be secret. */
const webAddress = z
  .string()
  .max(500)
  .refine(isWebAddress, 'must be an address that begins with http:// or https://, without a password in it');

/** Besides, `file:NAME` is a file of that name in the folder of lists that a gateway was given. */
const crlSource = z
  .string()
  .max(500)
  .refine(
    (text) => crlFile.test(text) || isWebAddress(text),
    'must be an http:// or https:// address, or file: and the name of a file in the gateways’ folder of lists',
  );
export const crlFile = /^file:([A-Za-z0-9][A-Za-z0-9._-]{0,127})$/;

function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

/** How it is told whether a certificate was revoked. Only these addresses are asked, never one that a certificate names. */
export const revocation = z.strictObject({
  /** hard: a certificate whose standing is not known is refused. soft: only one that is known to be revoked. */
  policy: z.enum(['hard', 'soft', 'off']),
  crlUrls: z.array(crlSource).max(20),
  ocspUrl: webAddress.nullable(),
});
export type Revocation = Readonly<z.infer<typeof revocation>>;

export const revocationOff: z.infer<typeof revocation> = { policy: 'off', crlUrls: [], ocspUrl: null };

export const trustSetBody = z.strictObject({
  name: printable(128),
  /** chain: one authority, each certificate followed by its issuer. bundle: many roots, as public ones come. */
  kind: z.enum(['chain', 'bundle']).default('chain'),
  /** PEM certificates. */
  authorities: z.string().max(1_000_000),
  revocation: revocation.default(revocationOff),
});
export type TrustSet = Readonly<z.infer<typeof trustSetBody>>;

export const trustSetChanged = defineDocument({
  noun: 'trustSet',
  title: 'A trust set was named, changed or removed (R82).',
  body: trustSetBody,
  example: trustSetBody.parse({
    name: 'Printers of the second site',
    authorities: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
    revocation: { policy: 'hard', crlUrls: ['http://pki.example/issuing.crl'], ocspUrl: null },
  }),
});
