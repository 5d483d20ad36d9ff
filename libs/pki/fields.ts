// What a certificate says, as far as Node does not tell: extensions with their critical flag, names and keys as bytes. Only
// read here; chains and signatures are judged by OpenSSL.
import type { X509Certificate } from 'node:crypto';
import {
  BadDer,
  booleanOf,
  bytesOfBits,
  contextTag,
  DerReader,
  oidOf,
  serialOf,
  tags,
  type Der,
} from './der.js';

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
  /** The public key's bits, without its algorithm: what OCSP hashes. */
  readonly keyBits: Uint8Array;
  readonly extensions: readonly Extension[];
}

export const oids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  deltaIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  inhibitAnyPolicy: '2.5.29.54',
  ocspNonce: '1.3.6.1.5.5.7.48.1.2',
} as const;

/** Throws BadDer. */
export function fieldsOf({ raw }: X509Certificate): CertificateFields {
  const tbs = DerReader.inside(raw, tags.sequence).sequence();
  const version = tbs.optional(contextTag(0));
  const serial = serialOf(tbs.next(tags.integer));
  const signatureOid = oidOf(tbs.sequence().next(tags.oid));
  const issuer = tbs.next(tags.sequence).whole;
  tbs.next(tags.sequence);
  const subject = tbs.next(tags.sequence).whole;
  const key = tbs.sequence();
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

function readExtension({ content }: Der): Extension {
  const reader = new DerReader(content);
  const oid = oidOf(reader.next(tags.oid));
  const critical = reader.optional(tags.boolean);
  const value = reader.next(tags.octetString).content;
  reader.end();
  return { oid, critical: critical !== null && booleanOf(critical), value };
}

export const extensionIn = (extensions: readonly Extension[], oid: string): Extension | undefined =>
  extensions.find((extension) => extension.oid === oid);
