// Certificates that the authority issued, as the books have them.
import type { X509Certificate } from 'node:crypto';
import { textOfNames, type AlternativeName } from '#pki/authority/alternative-names';
import type { Profile } from '#pki/authority/profile';
import type { Revocation, RevocationReason } from '#pki/authority/revocation-list';
import { textOfSubject, type Subject } from '#pki/authority/subject';
import { fingerprintOf } from '#pki/certificate';
import { type Books, type Row, textOf } from './books.js';
import { TrustFault } from './fault.js';

export type IssuerName = 'root' | 'issuing';

export interface Issued {
  /** Hexadecimal, lower case. */
  readonly serial: string;
  readonly issuer: IssuerName;
  /** A profile, or `authority`. */
  readonly profile: Profile | 'authority';
  readonly subject: string;
  readonly names: string;
  /** Serial number of the device that holds it. */
  readonly device: string | null;
  readonly fingerprint: string;
  readonly from: Date;
  readonly until: Date;
  readonly pem: string;
  readonly revoked: Omit<Revocation, 'serial'> | null;
}

/** What the books are told of a new certificate beside itself. */
export interface Holding {
  readonly issuer: IssuerName;
  readonly profile: Issued['profile'];
  readonly subject: Subject;
  readonly names: readonly AlternativeName[];
}

/** As books, commands and console name it: lower-case hex. */
export const serialHexOf = (certificate: X509Certificate): string => certificate.serialNumber.toLowerCase();

/** Before the certificate is handed out: what nobody remembers, nobody can revoke. */
export function record(books: Books, certificate: X509Certificate, of: Holding): void {
  books.run(
    'insert into certificate values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, null)',
    serialHexOf(certificate),
    of.issuer,
    of.profile,
    textOfSubject(of.subject),
    textOfNames(of.names),
    of.subject.serialNumber ?? null,
    fingerprintOf(certificate.raw),
    certificate.validFromDate.getTime(),
    certificate.validToDate.getTime(),
    certificate.toString(),
  );
}

export function bySerial(books: Books, serial: string): Issued | null {
  const row = books.one('select * from certificate where serial = ?', serial);
  return row && issuedOf(row);
}

export function byFingerprint(books: Books, fingerprint: string): Issued | null {
  const row = books.one('select * from certificate where fingerprint = ?', fingerprint);
  return row && issuedOf(row);
}

/** Those of a device that are neither revoked nor over, in the order in which they were issued. */
export const ofDevice = (books: Books, device: string, now: Date): readonly Issued[] =>
  books
    .all(
      'select * from certificate where device = ? and revoked_ms is null and until_ms > ? order by rowid',
      device,
      now.getTime(),
    )
    .map(issuedOf);

export interface Which {
  readonly revoked: boolean;
  /** Only those that end before. */
  readonly endBefore: Date | null;
  readonly max: number;
}

/** The newest first. */
export const listed = (books: Books, { revoked, endBefore, max }: Which): readonly Issued[] =>
  books
    .all(
      `select * from certificate where (? = 0 or revoked_ms is not null) and until_ms < ? order by from_ms desc, serial limit ?`,
      Number(revoked),
      endBefore?.getTime() ?? Number.MAX_SAFE_INTEGER,
      max,
    )
    .map(issuedOf);

/** In the order in which they were revoked. A certificate stays on the list after its end: a clock may be wrong. */
export const revokedBy = (books: Books, issuer: IssuerName): readonly Revocation[] =>
  books
    .all(
      'select serial, revoked_ms, reason from certificate where issuer = ? and revoked_ms is not null order by revoked_ms, serial',
      issuer,
    )
    .map((row) => ({ serial: String(row['serial']), ...revocationOf(row) }));

/** Throws TrustFault when there is none such, or it is revoked already. */
export function markRevoked(
  books: Books,
  serial: string,
  { at, reason }: Omit<Revocation, 'serial'>,
): Issued {
  const found = bySerial(books, serial);
  if (!found)
    throw new TrustFault(
      'unknownCertificate',
      `no certificate with the serial number ${serial} was issued here; see muster ca list`,
    );
  if (found.revoked)
    throw new TrustFault(
      'alreadyRevoked',
      `${serial} was revoked already, on ${found.revoked.at.toUTCString()}`,
    );
  books.run(
    'update certificate set revoked_ms = ?, reason = ? where serial = ?',
    at.getTime(),
    reason,
    serial,
  );
  return { ...found, revoked: { at, reason } };
}

function issuedOf(row: Row): Issued {
  return {
    serial: String(row['serial']),
    issuer: String(row['issuer']) as IssuerName,
    profile: String(row['profile']) as Issued['profile'],
    subject: String(row['subject']),
    names: String(row['names']),
    device: textOf(row, 'device'),
    fingerprint: String(row['fingerprint']),
    from: new Date(Number(row['from_ms'])),
    until: new Date(Number(row['until_ms'])),
    pem: String(row['pem']),
    revoked: row['revoked_ms'] === null ? null : revocationOf(row),
  };
}

const revocationOf = (row: Row): Omit<Revocation, 'serial'> => ({
  at: new Date(Number(row['revoked_ms'])),
  reason: String(row['reason']) as RevocationReason,
});
