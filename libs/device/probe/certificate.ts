// What is judged of the certificate that a device shows.
import { isIP } from 'node:net';
import type { X509Certificate } from 'node:crypto';
import { cut } from '../../events/cut.js';
import { messageOf } from '../../events/message-of.js';
import { fieldsOf } from '../../pki/fields.js';
import { isWeakSpki } from '../../pki/key-strength.js';
import { faultOfAuthority, faultOfLeaf } from '../../pki/rfc5280.js';
import type { ProbeFact } from '../catalogue/setting.js';
import type { Shown } from './handshake.js';
import { failed, seen, type Observation } from './observation.js';

/** What the device is known by. */
export interface Names {
  readonly address: string;
  readonly hostname: string | null;
}

export interface Judging {
  readonly names: Names;
  /** PEM: whom the operator trusts. */
  readonly authorities: readonly string[];
  readonly now: Date;
}

const dayMs = 86_400_000;

type CertificateFact = Extract<ProbeFact, { fact: 'certificate' }>['about'];

/** Each about the certificate itself: one that has expired may have a strong key. */
export function judgeCertificate(about: CertificateFact, shown: Shown, by: Judging): Observation {
  try {
    switch (about) {
      case 'issuedByAuthority':
        return issuedByAuthority(shown, by);
      case 'daysLeft':
        return seen(Math.floor((shown.certificate.validToDate.getTime() - by.now.getTime()) / dayMs));
      case 'strongKey':
        return seen(!isWeakSpki(fieldsOf(shown.certificate).spki));
      case 'namesDevice':
        return seen(names(shown.certificate, by.names));
    }
  } catch (error) {
    // Keys of a kind that OpenSSL does not know, and whatever is no DER.
    return failed(`its certificate cannot be read: ${cut(messageOf(error), 200)}`);
  }
}

/**
 * OpenSSL has judged chain, signatures, dates and purpose at its lowest level, as the handshake let everything in: what it
 * lets pass there, weak keys and signatures of the certificate and of its issuers too, libs/pki looks at.
 */
function issuedByAuthority(
  { certificate, issuers, chainError }: Shown,
  { authorities }: Judging,
): Observation {
  if (certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey))
    return seen(false);
  if (authorities.length === 0)
    return failed('nobody has said which authorities its certificate may come from');
  const whole =
    chainError === null && !faultOfLeaf(certificate) && issuers.length > 0 && !issuers.some(faultOfAuthority);
  return seen(whole);
}

/** By its alternative names alone (RFC 9110 4.3.4): a subject names nobody. */
function names(certificate: X509Certificate, { address, hostname }: Names): boolean {
  if (isIP(address) !== 0 && certificate.checkIP(address) !== undefined) return true;
  if (hostname === null || !/^[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){0,9}$/.test(hostname))
    return false;
  return certificate.checkHost(hostname, { subject: 'never', partialWildcards: false }) !== undefined;
}
