// How to tell who has lost an operator's trust.
import * as z from 'zod';

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
