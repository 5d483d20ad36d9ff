// What is copied from an issuer into what it signs, byte for byte; and a certificate with its key as people give them.
import { createPublicKey, hash, type KeyObject, X509Certificate } from 'node:crypto';
import { oids } from '../der/oids.js';
import { DerReader } from '../der/read.js';
import { tags } from '../der/tags.js';
import { extensionIn, fieldsOf } from '../fields.js';
import { AuthorityFault } from './fault.js';
import { sameKey } from './key.js';

export interface IssuerParts {
  /** Name, DER. */
  readonly name: Uint8Array;
  /** As the certificate itself says it, else by RFC 5280's first method. */
  readonly keyId: Uint8Array;
}

/** Throws BadDer. */
export function issuerPartsOf(certificate: X509Certificate): IssuerParts {
  const { subject, keyBits, extensions } = fieldsOf(certificate);
  const said = extensionIn(extensions, oids.subjectKeyIdentifier);
  return {
    name: subject,
    keyId: said ? new DerReader(said.value).next(tags.octetString).content : hash('sha1', keyBits, 'buffer'),
  };
}

/** The first certificate in PEM. @param from what the text is, for the message. Throws AuthorityFault */
export function readCertificate(pem: string, from: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new AuthorityFault('badCertificate', `${from} holds no certificate that can be read`, { cause });
  }
}

/** Throws AuthorityFault when a private key is not the one of the certificate. */
export function expectPair(certificate: X509Certificate, key: KeyObject, from: string): void {
  if (sameKey(certificate.publicKey, createPublicKey(key))) return;
  throw new AuthorityFault('keyMismatch', `the key and the certificate in ${from} do not belong together`);
}
