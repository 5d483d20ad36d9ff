// The licence file (R42): what an operator installs to have more seats. Issuing and verifying, side by side.
//
//   {"muster":"licence","version":1,"id":"acme-2027","customer":"Acme","seats":1000,
//    "issuedAt":"2026-11-21T00:00:00.000Z","expiresAt":null,"graceDays":30,"signature":"<base64>"}
//
// The signature is Ed25519 over the values in a fixed order (see `signedText`), so that white space and the order of the
// file's fields do not matter, and nothing that is not signed can stand in it.
import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import { slug } from '../events/document.js';
import { licenceBody, type Licence } from '../events/licence.js';

const lengthMax = 16_384;

const licenceFile = licenceBody.extend({
  muster: z.literal('licence'),
  version: z.literal(1),
  id: slug,
  issuedAt: z.iso.datetime(),
  signature: z.base64().length(88),
});
type LicenceFile = z.infer<typeof licenceFile>;

/** What the issuer states: the licence, and what names it. */
export interface LicenceGrant extends Licence {
  readonly id: string;
  readonly issuedAt: string;
}

/** Thrown when a licence file cannot be installed; the message is for the operator. */
export class LicenceRefused extends Error {
  override readonly name = 'LicenceRefused';
  constructor(
    readonly code: 'unreadable' | 'unknownSigner' | 'lapsed',
    message: string,
  ) {
    super(message);
  }
}

/** The text of a signed licence file. */
export function issueLicence(grant: LicenceGrant, privateKey: KeyObject): string {
  const unsigned = { muster: 'licence' as const, version: 1 as const, ...grant };
  const signature = sign(null, signedText(unsigned), privateKey).toString('base64');
  return `${JSON.stringify(licenceFile.parse({ ...unsigned, signature }), null, 2)}\n`;
}

/**
 * The licence in a file that one of `publicKeys` (PEM, Ed25519) has signed. Throws LicenceRefused, also when its expiry and
 * grace are over at `now`.
 */
export function verifyLicence(text: string, publicKeys: readonly string[], now: Date): LicenceGrant {
  const { signature, ...file } = parse(text);
  const signed = signedText(file);
  const known = publicKeys
    .map((pem) => createPublicKey(pem))
    .some(
      (key) =>
        key.asymmetricKeyType === 'ed25519' && verify(null, signed, key, Buffer.from(signature, 'base64')),
    );
  if (!known)
    throw new LicenceRefused(
      'unknownSigner',
      'The signature of this licence file is not from a signer that is trusted here.',
    );
  const lapses = lapsesAt(file);
  if (lapses !== null && lapses <= now) {
    throw new LicenceRefused(
      'lapsed',
      `This licence ended on ${file.expiresAt ?? ''}, and its ${file.graceDays} days of grace are over.`,
    );
  }
  const { id, customer, seats, issuedAt, expiresAt, graceDays } = file;
  return { id, customer, seats, issuedAt, expiresAt, graceDays };
}

/** When its seats count no more: expiry plus grace. Null: never. */
export function lapsesAt(licence: Pick<Licence, 'expiresAt' | 'graceDays'>): Date | null {
  return licence.expiresAt === null
    ? null
    : new Date(Date.parse(licence.expiresAt) + licence.graceDays * 86_400_000);
}

function parse(text: string): LicenceFile {
  if (text.length > lengthMax)
    throw new LicenceRefused('unreadable', `A licence file has at most ${lengthMax} characters.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LicenceRefused('unreadable', 'This is not a licence file: it is not JSON.');
  }
  const parsed = licenceFile.safeParse(value);
  if (!parsed.success)
    throw new LicenceRefused('unreadable', `This is not a licence file: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function signedText(file: Omit<LicenceFile, 'signature'>): Buffer {
  const { muster, version, id, customer, seats, issuedAt, expiresAt, graceDays } = file;
  return Buffer.from(JSON.stringify([muster, version, id, customer, seats, issuedAt, expiresAt, graceDays]));
}
