// Who gets a certificate by EST, and with what in it: a device never decides its own names.
import { type KeyObject, X509Certificate } from 'node:crypto';
import { parseAlternativeNames } from '#pki/authority/alternative-names';
import { AuthorityFault } from '#pki/authority/fault';
import { sameKey } from '#pki/authority/key';
import { type CertificateRequest, readRequest } from '#pki/authority/request';
import { type Subject, subjectOfDer } from '#pki/authority/subject';
import { fingerprintOf, validFor } from '#pki/certificate';
import { fieldsOf } from '#pki/fields';
import type { TrustAuthority } from '../authority.js';
import type { Books } from '../books.js';
import { byFingerprint, type Issued, ofDevice } from '../issued.js';
import { type EnrolmentSecret, type FoundSecret, useSecret } from '../secrets.js';

/** Of one device, in force at a time: some for keys that were lost, and for renewal long before the end. */
const heldMax = 10;

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

/**
 * The first certificate of a device, with a secret. An answer that was lost is given again, for the same key and nothing else: a
 * secret that is used up would strand the device, and so would certificates of which it never heard. Throws EnrolmentRefused.
 */
export function enrol(by: Enrolling, secret: FoundSecret, der: Uint8Array): X509Certificate {
  const asked = read(der);
  const now = new Date();
  const device = serialNumberFor(secret, asked);
  return by.books.transaction(() => {
    const held = ofDevice(by.books, device, now);
    const fit = held.filter((each) => wouldBeGiven(secret, each, now));
    const given = newestFor(asked.publicKey, fit);
    if (given) return given;
    expectRoom(device, held);
    if (secret.device === null && held.length > 0)
      throw new EnrolmentRefused(
        403,
        `${device} has a certificate already: renew it, or enrol with a secret of its own`,
      );
    if (!useSecret(by.books, secret, now)) throw new EnrolmentRefused(401, 'the secret was used already');
    // Not a name that a client could take for a host's.
    const subject = { CN: `Device ${device}`, serialNumber: device };
    return issue(by, { subject, names: secret.names, publicKey: asked.publicKey, now });
  });
}

/** By a secret for once that is used up: whatever is in force. By one for many times: what it gives today, as long as it is not near its end. */
function wouldBeGiven({ reusable, used, names }: EnrolmentSecret, issued: Issued, now: Date): boolean {
  if (!reusable) return used !== null;
  const [from, until] = [issued.from.getTime(), issued.until.getTime()];
  return issued.names === names && until - now.getTime() > (until - from) / 2;
}

/**
 * The next certificate of the device that shows one: same subject, same names. Whoever shows the old one again has not heard of
 * the next: for the same key it is the same one. Throws EnrolmentRefused.
 */
export function renew(by: Enrolling, shown: X509Certificate, der: Uint8Array): X509Certificate {
  const asked = read(der);
  const now = new Date();
  return by.books.transaction(() => {
    const kept = byFingerprint(by.books, fingerprintOf(shown.raw));
    if (!kept) throw new EnrolmentRefused(403, 'the certificate was not issued here');
    if (kept.revoked) throw new EnrolmentRefused(403, 'the certificate was revoked');
    if (kept.until <= now)
      throw new EnrolmentRefused(403, 'the certificate has expired: enrol with a secret');
    if (kept.profile !== 'device' || kept.device === null)
      throw new EnrolmentRefused(403, 'only certificates of devices are renewed so');
    const { serialNumber } = asked.subject;
    if (serialNumber !== undefined && serialNumber.toUpperCase() !== kept.device)
      throw new EnrolmentRefused(403, 'the request names another serial number than the certificate');
    const held = ofDevice(by.books, kept.device, now);
    const given = newestFor(asked.publicKey, youngerThan(kept, held));
    if (given) return given;
    expectRoom(kept.device, held);
    const subject = subjectOfDer(fieldsOf(shown).subject);
    return issue(by, { subject, names: kept.names, publicKey: asked.publicKey, now });
  });
}

/** @param held in the order in which they were issued: dates of certificates are whole seconds */
const youngerThan = ({ serial, subject, names }: Issued, held: readonly Issued[]): readonly Issued[] =>
  held
    .slice(held.findIndex((each) => each.serial === serial) + 1)
    .filter((each) => each.subject === subject && each.names === names);

function newestFor(key: KeyObject, issued: readonly Issued[]): X509Certificate | null {
  const certificates = issued.map(({ pem }) => new X509Certificate(pem));
  return certificates.findLast(({ publicKey }) => sameKey(publicKey, key)) ?? null;
}

/** Throws EnrolmentRefused when the device has too many in force: whoever asks without end is stopped. */
function expectRoom(device: string, held: readonly Issued[]): void {
  if (held.length < heldMax) return;
  throw new EnrolmentRefused(
    403,
    `${device} has ${held.length} certificates in force: revoke those that it has no use for`,
  );
}

interface Granted {
  readonly subject: Subject;
  /** In text. */
  readonly names: string;
  readonly publicKey: KeyObject;
  readonly now: Date;
}

function issue({ authority, days }: Enrolling, { subject, names, publicKey, now }: Granted): X509Certificate {
  return authority.issue({
    profile: 'device',
    subject,
    names: parseAlternativeNames(names),
    publicKey,
    validity: validFor(days, now),
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
