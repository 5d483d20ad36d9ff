// PKCS#7 that holds certificates and nothing else: how EST hands them out (RFC 7030, 4.1.3).
import { oids } from '../der/oids.js';
import { explicit, integer, oid, sequence, set } from '../der/write.js';

/** DER. */
export function certificatesOnly(certificates: readonly Uint8Array[]): Buffer {
  const data = sequence(oid(oids.data));
  const said = sequence(integer(1), set(), data, explicit(0, ...certificates), set());
  return sequence(oid(oids.signedData), explicit(0, said));
}
