// Key pairs, and how a private one lies on a disk: PKCS#8, encrypted (PBES2 with AES-256) by a passphrase.
import {
  createCipheriv,
  createPrivateKey,
  generateKeyPair,
  hash,
  type KeyObject,
  type KeyPairKeyObjectResult,
  pbkdf2Sync,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import { oids } from '../der/oids.js';
import { bytesOfBits, DerReader } from '../der/read.js';
import { tags } from '../der/tags.js';
import { integer, nothing, octets, oid, sequence } from '../der/write.js';
import { AuthorityFault } from './fault.js';
import { pemOf } from './signed.js';

/** ECDSA P-256 unless something old needs RSA. */
export const keyKinds = ['p256', 'p384', 'rsa2048', 'rsa3072', 'rsa4096'] as const;
export type KeyKind = (typeof keyKinds)[number];

const generate = promisify(generateKeyPair);
const curves = { p256: 'P-256', p384: 'P-384' } as const;
const bitsOf = { rsa2048: 2048, rsa3072: 3072, rsa4096: 4096 } as const;

export function generateKey(kind: KeyKind): Promise<KeyPairKeyObjectResult> {
  if (kind === 'p256' || kind === 'p384') return generate('ec', { namedCurve: curves[kind] });
  return generate('rsa', { modulusLength: bitsOf[kind] });
}

/** A tenth of a second for each guess. What makes guessing hopeless is the passphrase, which has 20 characters or more. */
const rounds = 200_000;

/** PEM that `openssl pkey` reads too. */
export const encryptedPem = (key: KeyObject, passphrase: string): string =>
  pemOf('encryptedKey', encryptedKey(key, passphrase, rounds));

/** EncryptedPrivateKeyInfo (RFC 5958) by PBES2 (RFC 8018). Own, as Node's export cannot be told to take more than 2,048 rounds. */
export function encryptedKey(key: KeyObject, passphrase: string, iterations: number): Buffer {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const derived = pbkdf2Sync(passphrase, salt, iterations, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', derived, iv);
  const plain = key.export({ type: 'pkcs8', format: 'der' });
  const hmacSha256 = sequence(oid(oids.hmacSha256), nothing);
  const derivation = sequence(oid(oids.pbkdf2), sequence(octets(salt), integer(iterations), hmacSha256));
  const encryption = sequence(oid(oids.aes256Cbc), octets(iv));
  const algorithm = sequence(oid(oids.pbes2), sequence(derivation, encryption));
  return sequence(algorithm, octets(Buffer.concat([cipher.update(plain), cipher.final()])));
}

export const plainPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** @param from what the PEM is, for the message. Throws AuthorityFault */
export function readPrivateKey(pem: string, passphrase: string | null, from: string): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(passphrase === null ? {} : { passphrase }) });
  } catch (cause) {
    throw keyFault(pem, from, cause);
  }
}

function keyFault(pem: string, from: string, cause: unknown): AuthorityFault {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    return new AuthorityFault('badKey', `${from} holds no private key in PEM form`, { cause });
  if (/ENCRYPTED/.test(pem))
    return new AuthorityFault('wrongPassphrase', `the passphrase does not open the key in ${from}`, {
      cause,
    });
  return new AuthorityFault('badKey', `the private key in ${from} cannot be read`, { cause });
}

/** Why a public key is not good enough to be certified; null when it is. Asked before anything is computed with it. */
export function weaknessOf(key: KeyObject): string | null {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ec':
      return ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve)
        ? null
        : `the curve ${namedCurve} is not taken; P-256, P-384 and P-521 are`;
    case 'rsa':
      if (modulusLength < 2048) return `an RSA key of ${modulusLength} bits is too short; 2048 is the least`;
      if (modulusLength > 8192) return `an RSA key of ${modulusLength} bits is too long; 8192 is the most`;
      return publicExponent === 65_537n ? null : 'the public exponent of an RSA key is to be 65537';
    default:
      return `keys of the kind ${key.asymmetricKeyType ?? 'unknown'} are not taken; ECDSA and RSA are`;
  }
}

export const spkiOf = (publicKey: KeyObject): Buffer => publicKey.export({ type: 'spki', format: 'der' });

/** By their bytes: KeyObject.equals of an ECDSA and an RSA key leaves an error behind (Node 24), of which the next key dies. */
export const sameKey = (one: KeyObject, other: KeyObject): boolean => spkiOf(one).equals(spkiOf(other));

/** Method 1 of RFC 5280, 4.2.1.2: what names a key in certificates, lists and answers. */
export function keyIdOf(spki: Uint8Array): Buffer {
  const parts = DerReader.inside(spki, tags.sequence);
  parts.next(tags.sequence);
  return hash('sha1', bytesOfBits(parts.next(tags.bitString)), 'buffer');
}
