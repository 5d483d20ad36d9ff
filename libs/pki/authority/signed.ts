// What all things that are signed have in common: SEQUENCE { what is said, the algorithm, the signature }.
import { type KeyObject, sign } from 'node:crypto';
import { oids } from '../der/oids.js';
import { bits, nothing, oid, sequence } from '../der/write.js';

/** SHA-256 with the key's own algorithm: ECDSA, or RSA of PKCS#1 1.5, which every device reads. */
export function algorithmOf(key: KeyObject): Buffer {
  return key.asymmetricKeyType === 'rsa'
    ? sequence(oid(oids.rsaSha256), nothing)
    : sequence(oid(oids.ecdsaSha256));
}

export const signed = (said: Buffer, key: KeyObject, ...more: readonly Buffer[]): Buffer =>
  sequence(said, algorithmOf(key), bits(sign('sha256', said, key)), ...more);

const label = {
  certificate: 'CERTIFICATE',
  request: 'CERTIFICATE REQUEST',
  list: 'X509 CRL',
  encryptedKey: 'ENCRYPTED PRIVATE KEY',
} as const;

export function pemOf(what: keyof typeof label, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label[what]}-----\n${lines}\n-----END ${label[what]}-----\n`;
}
