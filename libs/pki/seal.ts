// A private key on its way to the one gateway that uses it (R15): whoever carries it, a bus or a database, cannot open it.
// ECIES: X25519 with a key of its own for each box, HKDF-SHA-256, AES-256-GCM. What is sealed is bound to whom it is for, to
// the identity's friendly name and to its certificates: a box is good under that name, for that gateway, with those only.
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { join } from 'node:path';
import { keptIn } from './secret-file.js';

const version = 1;
/** SubjectPublicKeyInfo of an X25519 key, always so long. */
const keyBytes = 44;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + keyBytes + nonceBytes + tagBytes;

/** Thrown when a box is for somebody else, belongs to another name or other certificates, or was changed on the way. */
export class NotOpened extends Error {
  override readonly name = 'NotOpened';
}

/** To whom a key is sealed. */
export interface Recipient {
  /** SHA-256 of its public key (SPKI, DER), hexadecimal, lower case: what a person compares. */
  readonly fingerprint: string;
  readonly publicKey: KeyObject;
}

/** A recipient that can open. */
export interface SealingKey extends Recipient {
  readonly privateKey: KeyObject;
}

/** What a sealed key belongs to. */
export interface Bound {
  /** Friendly name. */
  readonly name: string;
  /** PEM, the own certificate first. */
  readonly certificates: string;
}

/** The pair in `folder` (sealing.pem, readable by its owner only), made when there is none. */
export async function sealingKeyIn(folder: string): Promise<SealingKey> {
  const path = join(folder, 'sealing.pem');
  const make = () =>
    Promise.resolve(
      generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    );
  const privateKey = createPrivateKey(await keptIn(path, make));
  if (privateKey.asymmetricKeyType !== 'x25519') throw new Error(`${path} holds no X25519 key`);
  return { privateKey, ...recipientOf(createPublicKey(privateKey)) };
}

/** @param key SPKI: DER in base64, or PEM. Throws when it is no X25519 key */
export function readRecipient(key: string): Recipient {
  const publicKey = key.includes('-----BEGIN')
    ? createPublicKey(key)
    : createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
  if (publicKey.asymmetricKeyType !== 'x25519') throw new Error('keys are sealed to X25519 keys only');
  return recipientOf(publicKey);
}

/** DER in base64, as readRecipient takes it. */
export const recipientText = ({ publicKey }: Recipient): string => spkiOf(publicKey).toString('base64');

/** A private key, closed for `to`: base64. */
export function seal(key: KeyObject, to: Recipient, bound: Bound): string {
  const own = generateKeyPairSync('x25519');
  const sender = spkiOf(own.publicKey);
  const nonce = randomBytes(nonceBytes);
  const secret = secretOf(own.privateKey, to.publicKey, Buffer.concat([sender, spkiOf(to.publicKey)]));
  const cipher = createCipheriv('aes-256-gcm', secret, nonce);
  cipher.setAAD(boundBytes(to, bound));
  const closed = Buffer.concat([cipher.update(key.export({ type: 'pkcs8', format: 'der' })), cipher.final()]);
  return Buffer.concat([Buffer.from([version]), sender, nonce, cipher.getAuthTag(), closed]).toString(
    'base64',
  );
}

/** Throws NotOpened. */
export function open(box: string, by: SealingKey, bound: Bound): KeyObject {
  const bytes = Buffer.from(box, 'base64');
  if (bytes.length <= headBytes || bytes[0] !== version)
    throw new NotOpened('it is no sealed key of a kind that is known here');
  const [sender, nonce, tag] = [
    bytes.subarray(1, 1 + keyBytes),
    bytes.subarray(1 + keyBytes, headBytes - tagBytes),
    bytes.subarray(headBytes - tagBytes, headBytes),
  ];
  try {
    const publicKey = createPublicKey({ key: sender, format: 'der', type: 'spki' });
    // The bytes that came: one key can be written in several ways.
    const secret = secretOf(by.privateKey, publicKey, Buffer.concat([sender, spkiOf(by.publicKey)]));
    const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: tagBytes });
    decipher.setAAD(boundBytes(by, bound)).setAuthTag(tag);
    const plain = Buffer.concat([decipher.update(bytes.subarray(headBytes)), decipher.final()]);
    return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new NotOpened('it was sealed to another key, for another name, or changed on the way', { cause });
  }
}

const recipientOf = (publicKey: KeyObject): Recipient => ({
  publicKey,
  fingerprint: hash('sha256', spkiOf(publicKey), 'hex'),
});

const spkiOf = (publicKey: KeyObject): Buffer => publicKey.export({ type: 'spki', format: 'der' });

/** OpenSSL refuses points that would make the secret known to all. */
function secretOf(privateKey: KeyObject, publicKey: KeyObject, salt: Uint8Array): Uint8Array {
  const shared = diffieHellman({ privateKey, publicKey });
  return new Uint8Array(hkdfSync('sha256', shared, salt, 'muster sealed identity 1', 32));
}

/** JSON keeps its parts apart. */
const boundBytes = ({ fingerprint }: Pick<Recipient, 'fingerprint'>, { name, certificates }: Bound): Buffer =>
  Buffer.from(JSON.stringify(['muster identity', fingerprint, name, hash('sha256', certificates)]));
