// Who gets a certificate by EST, and with what in it: a device never decides its own names.
import type { X509Certificate } from 'node:crypto';
import { parseAlternativeNames } from '#pki/authority/alternative-names';
import { partsOf } from '#pki/authority/certificate-parts';
import { AuthorityFault } from '#pki/authority/fault';
import { type CertificateRequest, readRequest } from '#pki/authority/request';
import { type Subject, subjectOfDer } from '#pki/authority/subject';
import { fingerprintOf, type Validity } from '#pki/certificate';
import type { TrustAuthority } from '../authority.js';
import type { Books } from '../books.js';
import { byFingerprint, ofDevice } from '../issued.js';
import { type EnrolmentSecret, useSecret } from '../secrets.js';

/** Thrown when no certificate is given; the message may be told to the device. */
export class EnrolmentRefused extends Error {
  override readonly name = 'EnrolmentRefused';
  constructor(
    readonly status: 400 | 401 | 403,
    message: string,
  ) {
    super(message);
  }
}

export interface Enrolling {
  readonly books: Books;
  readonly authority: TrustAuthority;
  /** How long a device's certificate is valid. */
  readonly days: number;
}

/** The first certificate of a device, with a secret. Throws EnrolmentRefused. */
export function enrol(by: Enrolling, secret: EnrolmentSecret, der: Uint8Array): X509Certificate {
  const asked = read(der);
  const now = new Date();
  const device = serialNumberFor(secret, asked);
  if (secret.device === null && ofDevice(by.books, device, now).length > 0)
    throw new EnrolmentRefused(
      403,
      `${device} has a certificate already: renew it, or enrol with a secret of its own`,
    );
  // Not a name that a client could take for a host's.
  const subject = { CN: `Device ${device}`, serialNumber: device };
  return by.books.transaction(() => {
    if (!useSecret(by.books, secret, now)) throw new EnrolmentRefused(401, 'the secret was used already');
    const names = parseAlternativeNames(secret.names);
    return by.authority.issue({
      profile: 'device',
      subject,
      names,
      publicKey: asked.publicKey,
      validity: lasting(by, now),
    });
  });
}

/** The next certificate of who shows one: same subject, same names. Throws EnrolmentRefused. */
export function renew(by: Enrolling, shown: X509Certificate, der: Uint8Array): X509Certificate {
  const kept = byFingerprint(by.books, fingerprintOf(shown.raw));
  const now = new Date();
  if (!kept) throw new EnrolmentRefused(403, 'the certificate was not issued here');
  if (kept.revoked) throw new EnrolmentRefused(403, 'the certificate was revoked');
  if (kept.until <= now) throw new EnrolmentRefused(403, 'the certificate has expired: enrol with a secret');
  if (kept.profile === 'authority') throw new EnrolmentRefused(403, 'an authority is not renewed so');
  const asked = read(der);
  const subject: Subject = subjectOfDer(partsOf(shown).subject);
  const { serialNumber } = asked.subject;
  if (serialNumber !== undefined && serialNumber !== subject.serialNumber)
    throw new EnrolmentRefused(403, 'the request names another serial number than the certificate');
  const names = parseAlternativeNames(kept.names);
  const { profile } = kept;
  return by.authority.issue({
    profile,
    subject,
    names,
    publicKey: asked.publicKey,
    validity: lasting(by, now),
  });
}

function read(der: Uint8Array): CertificateRequest {
  try {
    return readRequest(der);
  } catch (error) {
    if (error instanceof AuthorityFault) throw new EnrolmentRefused(400, error.message);
    throw error;
  }
}

function serialNumberFor({ device }: EnrolmentSecret, { subject }: CertificateRequest): string {
  const asked = subject.serialNumber?.toUpperCase();
  if (device !== null && asked !== undefined && asked !== device)
    throw new EnrolmentRefused(403, 'the request names another serial number than the secret is for');
  const found = device ?? asked ?? '';
  if (/^[A-Z0-9-]{4,32}$/.test(found)) return found;
  throw new EnrolmentRefused(
    400,
    'the request does not name its serial number in the subject: 4 to 32 letters, digits, hyphens',
  );
}

const lasting = ({ days }: Enrolling, now: Date): Validity => ({
  notBefore: new Date(now.getTime() - 300_000),
  notAfter: new Date(now.getTime() + days * 86_400_000),
});
