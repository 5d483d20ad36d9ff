// Whether a public key is strong enough to be believed, from its bytes (SubjectPublicKeyInfo): Node's key object costs many times
// as much, and this is asked for each announcement.
import type { KeyObject } from 'node:crypto';
import { oids } from './der/oids.js';
import { bytesOfBits, DerReader, oidOf } from './der/read.js';
import { tags } from './der/tags.js';

const modulusBitsMin = 2048;

const strongCurves: ReadonlySet<string> = new Set([
  ...[oids.p256, oids.p384, oids.p521, oids.secp256k1],
  ...[oids.brainpoolP256r1, oids.brainpoolP384r1, oids.brainpoolP512r1],
]);

/** Of one strength, whatever the key. */
const strongAlgorithms: ReadonlySet<string> = new Set([
  ...[oids.ed25519, oids.ed448],
  ...[oids.mlDsa44, oids.mlDsa65, oids.mlDsa87],
]);

/** RSA below 2048 bits, curves below 256 or without a name, DSA, and whatever is not known. Throws BadDer. */
export function isWeakSpki(spki: Uint8Array): boolean {
  const key = DerReader.inside(spki, tags.sequence);
  const algorithm = key.sequence();
  const name = oidOf(algorithm.next(tags.oid));
  if (name === oids.rsaEncryption || name === oids.rsaPss)
    return modulusBits(bytesOfBits(key.next(tags.bitString))) < modulusBitsMin;
  if (name !== oids.ecPublicKey) return !strongAlgorithms.has(name);
  const curve = algorithm.optional(tags.oid);
  return curve === null || !strongCurves.has(oidOf(curve));
}

export const isWeakKey = (key: KeyObject): boolean => isWeakSpki(key.export({ type: 'spki', format: 'der' }));

/** RSAPublicKey (RFC 8017 A.1.1): the modulus is the first of its two numbers. */
function modulusBits(bytes: Uint8Array): number {
  const { content } = DerReader.inside(bytes, tags.sequence).next(tags.integer);
  const first = content.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : 8 * (content.length - first) - (Math.clz32(content[first] ?? 0) - 24);
}
