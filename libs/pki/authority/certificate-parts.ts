// Parts of a certificate that Node does not tell, byte for byte: what is copied into others has to be the same bytes.
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type Element, expectTag, membersOf, oid, readOne, tags } from './der.js';
import { AuthorityFault } from './fault.js';
import { keyIdOf, sameKey } from './key.js';

export interface CertificateParts {
  /** Name, DER. */
  readonly subject: Element;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
  /** As the certificate itself says it, else by RFC 5280's first method. */
  readonly keyId: Buffer;
}

/** Of a certificate that OpenSSL has read already. Throws MalformedDer. */
export function partsOf(certificate: X509Certificate): CertificateParts {
  const [said] = membersOf(readOne(certificate.raw));
  const members = membersOf(said).filter(({ tag }) => tag !== 0xa0);
  // serial number, algorithm, issuer, validity, subject, key; then what is optional
  const [, , , , subject, key, ...more] = members;
  const { whole: spki } = expectTag(key, tags.sequence);
  const extensions = more.find(({ tag }) => tag === 0xa3);
  return {
    subject: expectTag(subject, tags.sequence),
    spki,
    keyId: (extensions && subjectKeyIdIn(membersOf(readOne(extensions.body)))) ?? keyIdOf(spki),
  };
}

function subjectKeyIdIn(extensions: readonly Element[]): Buffer | null {
  const id = oid('2.5.29.14');
  for (const each of extensions) {
    const members = membersOf(each);
    if (members[0]?.whole.equals(id))
      return readOne(expectTag(members.at(-1), tags.octets).body, tags.octets).body;
  }
  return null;
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
