// Certificates: made here, judged by OpenSSL inside Node, bound to a device by its serial number.
//
//   certificate.ts  what all of them have: holder's key in PEM, validity, fingerprint, subject, serial number
//   self-signed.ts  a key pair, and what it says of itself
//   identity.ts     a self-signed identity kept in a folder, made when there is none; secret-file.ts: made once
//   seal.ts         a private key on its way to the one who uses it    expiry.ts  when a certificate is near its end
//   key-ring.ts     keys that seal secrets where they rest    key-file.ts  the file that holds them
//   authorities.ts  PEM that an operator gave: whom to trust    trust-set.ts  whether they belong together
//   peer.ts         the certificate at the other end of a connection    verdict.ts  the one decision about it
//   server-verdict.ts  the same of a server, for its clients    addresses.ts  where a certificate says to ask about it
//   rfc5280.ts      what RFC 5280 asks of a certificate and OpenSSL lets pass; name-constraints.ts: of some
//   fields.ts       what is in a certificate    names.ts  in it  key-strength.ts  of keys    der/  how all of it is written and read
//   signature.ts    over lists and answers; the folder revocation says who was revoked
//   authority/      an authority of our own: what it issues and publishes; its map is in authority/issue.ts
//   presentable.ts  whether a server can present it
//   tls.ts          how servers speak TLS    negotiated.ts  the group that a connection's keys were exchanged by
import { hash, randomBytes, type X509Certificate } from 'node:crypto';

/** A private key and the certificate for it, both PEM; issuers may follow the certificate. */
export interface Credentials {
  readonly key: string;
  readonly certificate: string;
}

export type Purpose = 'serverAuth' | 'clientAuth';

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const dayMs = 86_400_000;

/** For clocks that differ: what is made now is dated so much earlier. */
export const backdated = (now: Date): Date => new Date(now.getTime() - 300_000);

export const validFor = (days: number, now: Date = new Date()): Validity => ({
  notBefore: backdated(now),
  notAfter: new Date(now.getTime() + days * dayMs),
});

/** From when to when a certificate is valid. Agents run on Node 20 too, which has no validFromDate. */
export const periodOf = (certificate: Pick<X509Certificate, 'validFrom' | 'validTo'>): Validity => ({
  notBefore: new Date(certificate.validFrom),
  notAfter: new Date(certificate.validTo),
});

/** SHA-256 of the whole certificate (DER), lower-case hex. */
export function fingerprintOf(der: Uint8Array): string {
  return hash('sha256', der, 'hex');
}

/** A name as Node tells it, for a log or a page. */
export const inOneLine = (name: string): string => name.replaceAll(/\p{Cc}+/gu, ', ').slice(0, 512);
export const subjectOf = ({ subject }: X509Certificate): string => inOneLine(subject);

/** 128 random bits, positive. */
export function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f || 1;
  return bytes.toString('hex');
}
