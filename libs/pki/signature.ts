// Signatures over CRLs and OCSP answers, checked by OpenSSL inside Node. Which algorithms count is said here.
import { constants, verify, type KeyObject } from 'node:crypto';
import { oids } from './der/oids.js';
import { DerReader, oidOf, type Der } from './der/read.js';
import { contextTag, tags } from './der/tags.js';
import { isWeakKey } from './key-strength.js';

/** What was signed, how, and with what result: each as it stands in the message. */
export interface Signed {
  /** DER of what the signature is over. */
  readonly bytes: Uint8Array;
  /** AlgorithmIdentifier. */
  readonly algorithm: Der;
  readonly signature: Uint8Array;
}

type SignatureVerdict = 'good' | 'bad' | 'weak' | 'unknown';

interface Algorithm {
  /** Null: the algorithm brings its own. */
  readonly hash: string | null;
  readonly key: string;
}

const algorithms: Readonly<Record<string, Algorithm>> = {
  [oids.rsaSha256]: { hash: 'sha256', key: 'rsa' },
  [oids.rsaSha384]: { hash: 'sha384', key: 'rsa' },
  [oids.rsaSha512]: { hash: 'sha512', key: 'rsa' },
  [oids.ecdsaSha256]: { hash: 'sha256', key: 'ec' },
  [oids.ecdsaSha384]: { hash: 'sha384', key: 'ec' },
  [oids.ecdsaSha512]: { hash: 'sha512', key: 'ec' },
  [oids.ed25519]: { hash: null, key: 'ed25519' },
  [oids.ed448]: { hash: null, key: 'ed448' },
};

const pssHashes: Readonly<Record<string, string>> = {
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
};

/** MD2, MD5 and SHA-1, with RSA, DSA and ECDSA: whoever can make two texts with one hash has a second one signed too. */
const weak: ReadonlySet<string> = new Set([
  ...[oids.rsaMd2, oids.rsaMd5, oids.rsaSha1, oids.rsaSha1Oiw],
  ...[oids.dsaSha1, oids.ecdsaSha1],
]);

export const isWeakSignature = (oid: string): boolean => weak.has(oid);

export function checkSignature({ bytes, algorithm, signature }: Signed, key: KeyObject): SignatureVerdict {
  try {
    const identifier = algorithm.elements();
    const oid = oidOf(identifier.next(tags.oid));
    if (isWeakSignature(oid) || isWeakKey(key)) return 'weak';
    if (oid === oids.rsaPss) return checkPss({ bytes, algorithm, signature }, identifier, key);
    const known = algorithms[oid];
    if (!known) return 'unknown';
    if (key.asymmetricKeyType !== known.key) return 'bad';
    return verify(known.hash, bytes, key, signature) ? 'good' : 'bad';
  } catch {
    return 'bad';
  }
}

/** RFC 4055: the hash is among the parameters, and SHA-1 where it is not. */
function checkPss({ bytes, signature }: Signed, identifier: DerReader, key: KeyObject): SignatureVerdict {
  const named = identifier.sequence().optional(contextTag(0));
  if (!named) return 'weak';
  const hash = pssHashes[oidOf(DerReader.inside(named.content, tags.sequence).next(tags.oid))];
  if (hash === undefined) return 'unknown';
  if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'rsa-pss') return 'bad';
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return verify(hash, bytes, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature)
    ? 'good'
    : 'bad';
}
