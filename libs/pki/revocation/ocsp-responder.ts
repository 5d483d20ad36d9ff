// Who may answer for an authority (RFC 6960 4.2.2.2): itself, or whom it has given a certificate for just that.
import { hash, X509Certificate } from 'node:crypto';
import { periodOf } from '../certificate.js';
import { oids } from '../der/oids.js';
import { DerReader, sameBytes, type Der } from '../der/read.js';
import { contextTag, tags } from '../der/tags.js';
import { fieldsOf, keyMay } from '../fields.js';
import { isWeakSignature } from '../signature.js';

/** Looked at, whatever they are: nothing is signed as yet, and each takes its time, most of all one that is none. */
const certificatesMax = 5;

/**
 * The certificate that must have signed; null: nobody who may.
 * @param responder ResponderID  @param certificates what came with the answer
 */
export function responderOf(
  responder: Der,
  certificates: Der | null,
  issuer: X509Certificate,
  now: Date,
): X509Certificate | null {
  const candidates = [issuer, ...certificatesIn(certificates).filter((each) => mayAnswer(each, issuer, now))];
  return candidates.find((candidate) => isNamed(candidate, responder)) ?? null;
}

function isNamed(certificate: X509Certificate, { tag, content }: Der): boolean {
  const { subject, keyBits } = fieldsOf(certificate);
  if (tag === contextTag(1)) return sameBytes(content, subject);
  if (tag !== contextTag(2)) return false;
  const key = new DerReader(content).next(tags.octetString).content;
  return sameBytes(key, hash('sha1', keyBits, 'buffer'));
}

function certificatesIn(certificates: Der | null): readonly X509Certificate[] {
  if (!certificates) return [];
  const list = DerReader.inside(certificates.content, tags.sequence);
  const found: X509Certificate[] = [];
  for (let tries = 0; !list.done && tries < certificatesMax; tries += 1) {
    try {
      found.push(new X509Certificate(list.next(tags.sequence).whole));
    } catch {
      // What is no certificate has signed nothing.
    }
  }
  return found;
}

/** Signed by the issuer itself, in force, for this purpose. */
function mayAnswer(certificate: X509Certificate, issuer: X509Certificate, now: Date): boolean {
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return false;
  const { notBefore, notAfter } = periodOf(certificate);
  if (notBefore > now || notAfter < now) return false;
  if (!certificate.keyUsage?.includes(oids.ocspSigning)) return false;
  const fields = fieldsOf(certificate);
  return (keyMay(fields, 'digitalSignature') ?? true) && !isWeakSignature(fields.signatureOid);
}
