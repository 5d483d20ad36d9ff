// PKCS#7 that holds certificates and nothing else: how EST hands them out (RFC 7030, 4.1.3).
import { X509Certificate } from 'node:crypto';
import { oids } from '../der/oids.js';
import { BadDer, DerReader, oidOf } from '../der/read.js';
import { contextTag, tags } from '../der/tags.js';
import { explicit, integer, oid, sequence, set } from '../der/write.js';

const certificatesMax = 20;

/** DER. */
export function certificatesOnly(certificates: readonly Uint8Array[]): Buffer {
  const data = sequence(oid(oids.data));
  const said = sequence(integer(1), set(), data, explicit(0, ...certificates), set());
  return sequence(oid(oids.signedData), explicit(0, said));
}

/** In the order in which they stand there. Throws BadDer. */
export function readCertificatesOnly(der: Uint8Array): readonly X509Certificate[] {
  const outer = DerReader.inside(der, tags.sequence);
  if (oidOf(outer.next(tags.oid)) !== oids.signedData) throw new BadDer('no PKCS#7 signed data');
  const said = DerReader.inside(outer.next(contextTag(0)).content, tags.sequence);
  said.next(tags.integer);
  said.next(tags.set);
  said.next(tags.sequence);
  const held = said.optional(contextTag(0));
  const certificates = held ? held.elements().rest(tags.sequence) : [];
  if (certificates.length > certificatesMax) throw new BadDer('too many certificates');
  return certificates.map(({ whole }) => certificateOf(whole));
}

function certificateOf(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw new BadDer('a certificate that cannot be read');
  }
}
