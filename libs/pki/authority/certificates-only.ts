// PKCS#7 that holds certificates and nothing else: how EST hands them out (RFC 7030, 4.1.3).
import { explicit, integer, oid, sequence, set } from './der.js';

/** DER. */
export function certificatesOnly(certificates: readonly Uint8Array[]): Buffer {
  const data = sequence(oid('1.2.840.113549.1.7.1'));
  const said = sequence(integer(1), set(), data, explicit(0, ...certificates), set());
  return sequence(oid('1.2.840.113549.1.7.2'), explicit(0, said));
}
