// What a certificate says, as far as Node does not tell: extensions with their critical flag, names and keys as bytes. Only
// read here; chains and signatures are judged by OpenSSL.
import type { X509Certificate } from 'node:crypto';
import { oids } from './der/oids.js';
import { BadDer, booleanOf, bytesOfBits, DerReader, flagOf, oidOf, serialOf, type Der } from './der/read.js';
import { contextTag, tags } from './der/tags.js';

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** DER of what it says. */
  readonly value: Uint8Array;
}

export interface CertificateFields {
  /** 3 is the only one that may have extensions. */
  readonly version: number;
  readonly serial: string;
  readonly signatureOid: string;
  /** DER of the names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** DER of the public key with its algorithm. */
  readonly spki: Uint8Array;
  /** The public key's bits, without its algorithm: what OCSP hashes. */
  readonly keyBits: Uint8Array;
  readonly extensions: readonly Extension[];
}

/** Bits of KeyUsage (RFC 5280 4.2.1.3). */
export const keyUses = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;
export type KeyUse = keyof typeof keyUses;

/** Kept on the certificate: what a WeakMap holds outlives all but the slowest collection of garbage. */
const known = Symbol('fields');

/** Read once for each certificate at hand. Throws BadDer. */
export function fieldsOf(certificate: X509Certificate & { [known]?: CertificateFields }): CertificateFields {
  return (certificate[known] ??= readFields(certificate));
}

function readFields({ raw }: X509Certificate): CertificateFields {
  const tbs = DerReader.inside(raw, tags.sequence).sequence();
  const version = tbs.optional(contextTag(0));
  const serial = serialOf(tbs.next(tags.integer));
  const signatureOid = oidOf(tbs.sequence().next(tags.oid));
  const issuer = tbs.next(tags.sequence).whole;
  tbs.next(tags.sequence);
  const subject = tbs.next(tags.sequence).whole;
  const spki = tbs.next(tags.sequence);
  const key = spki.elements();
  key.next(tags.sequence);
  const keyBits = bytesOfBits(key.next(tags.bitString));
  tbs.optional(contextTag(1, false));
  tbs.optional(contextTag(2, false));
  const extensions = tbs.optional(contextTag(3));
  return {
    version: version ? (version.content[2] ?? 0) + 1 : 1,
    serial,
    signatureOid,
    issuer,
    subject,
    spki: spki.whole,
    keyBits,
    extensions: extensions ? readExtensions(extensions.content) : [],
  };
}

/** `SEQUENCE OF Extension` (RFC 5280 4.1). Throws BadDer, also when one is there twice. */
export function readExtensions(bytes: Uint8Array): readonly Extension[] {
  const list = DerReader.inside(bytes, tags.sequence);
  const found = new Map<string, Extension>();
  while (!list.done) {
    const extension = readExtension(list.next(tags.sequence));
    if (found.has(extension.oid)) throw new BadDer(`the extension ${extension.oid} is there twice`);
    found.set(extension.oid, extension);
  }
  return [...found.values()];
}

function readExtension(extension: Der): Extension {
  const reader = extension.elements();
  const oid = oidOf(reader.next(tags.oid));
  const critical = reader.optional(tags.boolean);
  const value = reader.next(tags.octetString).content;
  reader.end();
  return { oid, critical: critical !== null && booleanOf(critical), value };
}

/** Null: it does not state what its key is for. Bits that are left out are false. Throws BadDer. */
export function keyMay({ extensions }: CertificateFields, use: KeyUse): boolean | null {
  const usage = extensionIn(extensions, oids.keyUsage);
  return usage ? flagOf(new DerReader(usage.value).next(tags.bitString), keyUses[use]) : null;
}

export const extensionIn = (extensions: readonly Extension[], oid: string): Extension | undefined =>
  extensions.find((extension) => extension.oid === oid);
