// The list of what was revoked (RFC 5280, 5), version 2: numbered, complete, and with a day on which the next is there.
import { oids } from '../der/oids.js';
import { enumerated, explicit, extension, integer, sequence, time } from '../der/write.js';
import { issuerPartsOf } from './certificate-parts.js';
import { authorityKeyId, listNumber } from './extensions.js';
import type { Issuer } from './issue.js';
import { algorithmOf, signed } from './signed.js';

/** CRLReason of RFC 5280, 5.3.1, those that a complete list of an authority can give. */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const;
export type RevocationReason = keyof typeof revocationReasons;

export interface Revocation {
  /** Hexadecimal. */
  readonly serial: string;
  readonly at: Date;
  readonly reason: RevocationReason;
}

export interface List {
  /** Higher than that of every list before. */
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly revoked: readonly Revocation[];
}

/** DER. */
export function makeList(
  { certificate, key }: Issuer,
  { number, thisUpdate, nextUpdate, revoked }: List,
): Buffer {
  const { name, keyId } = issuerPartsOf(certificate);
  const said = sequence(
    integer(1),
    algorithmOf(key),
    name,
    time(thisUpdate),
    time(nextUpdate),
    ...(revoked.length === 0 ? [] : [sequence(...revoked.map(entry))]),
    explicit(0, sequence(authorityKeyId(keyId), listNumber(number))),
  );
  return signed(said, key);
}

function entry({ serial, at, reason }: Revocation): Buffer {
  const code = revocationReasons[reason];
  // To say nothing is better than to say 'unspecified': RFC 5280, 5.3.1.
  const said = code === 0 ? [] : [sequence(extension(oids.reasonCode, enumerated(code)))];
  return sequence(integer(serial), time(at), ...said);
}
