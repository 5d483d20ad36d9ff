// One certificate revocation list (RFC 5280 5): held against the certificate of who should have signed it, then read. Full lists
// of one issuer are taken. What holds only a part of the truth, or says something that is not understood, is refused with
// its reason: a list taken wrongly lets the revoked in. Whoever answers at a list's address may say what he likes, so that
// nothing that grows with the list is looked at before its signature.
import type { X509Certificate } from 'node:crypto';
import { oids } from '../der/oids.js';
import {
  BadDer,
  bytesOfBits,
  DerReader,
  numberOf,
  sameBytes,
  serialOf,
  timeOf,
  type Der,
} from '../der/read.js';
import { contextTag, tags } from '../der/tags.js';
import { extensionIn, fieldsOf, keyMay, readExtensions, type Extension } from '../fields.js';
import { canonicalName, canonicalSubjectOf } from '../names.js';
import { checkSignature, type Signed } from '../signature.js';

export const crlFaults = {
  unreadable: 'it cannot be read as a certificate revocation list',
  noNextUpdate: 'it does not say when the next one is due, so that nobody could tell when it is out of date',
  noNumber: 'it has no CRL number, so that an older one could take its place',
  delta: 'it holds changes only (a delta CRL); full ones are taken',
  indirect: 'it speaks for several issuers (an indirect CRL); one for each issuer is taken',
  partial: 'it speaks for a part of its issuer’s certificates only; full ones are taken',
  unknownCritical: 'it has a critical extension that is not understood',
  notYetValid: 'it is of the future',
  unknownIssuer: 'none of the trusted authorities has the name of its issuer',
  badSignature: 'its signature is not that of its issuer',
  weakSignature: 'it is signed with MD5, SHA-1 or a weak key',
  unknownAlgorithm: 'it is signed with an algorithm that is not known here',
  notAllowed: 'its issuer’s certificate does not allow it to sign CRLs (cRLSign)',
  older: 'one with a higher CRL number is held already',
} as const;
export type CrlFault = keyof typeof crlFaults;

/** Thrown when a list must not be used. */
export class RefusedCrl extends Error {
  override readonly name = 'RefusedCrl';
  constructor(readonly code: CrlFault) {
    super(crlFaults[code]);
  }
}

export interface Crl {
  /** Canonical name of the issuer. */
  readonly issuer: string;
  readonly number: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Serial numbers of revoked certificates. */
  readonly revoked: ReadonlySet<string>;
  readonly signer: X509Certificate;
}

/**
 * From PEM or DER, signed by one of the authorities: the first that did, and may. Throws RefusedCrl with the best reason there
 * is.
 */
export function readCrl(bytes: Uint8Array, authorities: readonly X509Certificate[]): Crl {
  try {
    const sealed = openList(derOf(bytes));
    const signer = signerOf(sealed, authorities);
    return { ...contentOf(sealed.content), issuer: sealed.issuer, signer };
  } catch (error) {
    if (error instanceof BadDer) throw new RefusedCrl('unreadable');
    throw error;
  }
}

const pem = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/;

function derOf(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === tags.sequence) return bytes;
  const [, base64] = pem.exec(Buffer.from(bytes).toString('latin1')) ?? [];
  if (base64 === undefined) throw new RefusedCrl('unreadable');
  return Buffer.from(base64, 'base64');
}

/** Names are short; a long one would have to be read to be compared. */
const nameBytesMax = 4_096;

interface SealedList {
  readonly issuer: string;
  readonly signed: Signed;
  /** What follows the issuer's name: nobody's word as yet. */
  readonly content: DerReader;
}

function openList(der: Uint8Array): SealedList {
  const outer = DerReader.inside(der, tags.sequence);
  const tbs = outer.next(tags.sequence);
  const algorithm = outer.next(tags.sequence);
  const signature = bytesOfBits(outer.next(tags.bitString));
  outer.end();

  const content = tbs.elements();
  const version = content.optional(tags.integer);
  if (version && numberOf(version) !== 1n) throw new BadDer('a version of the future');
  if (!sameBytes(content.next(tags.sequence).whole, algorithm.whole)) throw new BadDer('two algorithms');
  const { whole: name } = content.next(tags.sequence);
  if (name.length > nameBytesMax) throw new BadDer('a name beyond all use');
  return { issuer: canonicalName(name), signed: { bytes: tbs.whole, algorithm, signature }, content };
}

function contentOf(list: DerReader): Omit<Crl, 'issuer' | 'signer'> {
  const thisUpdate = readTime(list);
  if (!isTime(list.tag)) throw new RefusedCrl('noNextUpdate');
  const nextUpdate = readTime(list);
  const entries = list.optional(tags.sequence);
  const extensions = list.optional(contextTag(0));
  list.end();
  const number = judgeExtensions(extensions ? readExtensions(extensions.content) : []);
  const revoked = entries ? readEntries(entries) : new Set<string>();
  return { number, thisUpdate, nextUpdate, revoked };
}

const isTime = (tag: number | null): boolean => tag === tags.utcTime || tag === tags.generalizedTime;
const readTime = (from: DerReader): Date => timeOf(from.next());

/** Its number, when it is a list that can be used. */
function judgeExtensions(extensions: readonly Extension[]): bigint {
  if (extensionIn(extensions, oids.deltaIndicator)) throw new RefusedCrl('delta');
  const scope = extensionIn(extensions, oids.issuingDistributionPoint);
  if (scope) throw new RefusedCrl(isIndirect(scope) ? 'indirect' : 'partial');
  if (extensions.some(({ critical }) => critical)) throw new RefusedCrl('unknownCritical');
  const number = extensionIn(extensions, oids.crlNumber);
  if (!number) throw new RefusedCrl('noNumber');
  const value = new DerReader(number.value);
  const read = numberOf(value.next(tags.integer));
  value.end();
  return read;
}

function isIndirect({ value }: Extension): boolean {
  const point = DerReader.inside(value, tags.sequence);
  const indirect = contextTag(4, false);
  while (!point.done) {
    const { tag, content } = point.next();
    if (tag === indirect) return content[0] !== 0;
  }
  return false;
}

function readEntries(entries: Der): ReadonlySet<string> {
  const list = entries.elements();
  const revoked = new Set<string>();
  while (!list.done) {
    const entry = list.sequence();
    revoked.add(serialOf(entry.next(tags.integer)));
    readTime(entry);
    const extensions = entry.optional(tags.sequence);
    entry.end();
    if (extensions) judgeEntry(readExtensions(extensions.whole));
  }
  return revoked;
}

function judgeEntry(extensions: readonly Extension[]): void {
  if (extensionIn(extensions, oids.certificateIssuer)) throw new RefusedCrl('indirect');
  const unknown = extensions.some(({ oid, critical }) => critical && oid !== oids.reasonCode);
  if (unknown) throw new RefusedCrl('unknownCritical');
}

function signerOf({ issuer, signed }: SealedList, authorities: readonly X509Certificate[]): X509Certificate {
  const named = authorities.filter((authority) => canonicalSubjectOf(authority) === issuer);
  let fault: CrlFault = 'unknownIssuer';
  for (const authority of named) {
    const verdict = checkSignature(signed, authority.publicKey);
    if (verdict === 'good' && maySignCrls(authority)) return authority;
    fault = verdict === 'good' ? 'notAllowed' : signatureFaults[verdict];
  }
  throw new RefusedCrl(fault);
}

const signatureFaults = {
  bad: 'badSignature',
  weak: 'weakSignature',
  unknown: 'unknownAlgorithm',
} as const satisfies Record<string, CrlFault>;

/** RFC 5280 6.3.3 (f): where its key usage is stated, cRLSign must be among it. */
const maySignCrls = (authority: X509Certificate): boolean => keyMay(fieldsOf(authority), 'cRLSign') ?? true;
