// What is said to an OCSP responder and what it answers (RFC 6960): written and read here, its signature checked by OpenSSL
// inside Node. An answer counts when it is about the certificate asked for, in force, and of the issuer's own making.
import { hash, type X509Certificate } from 'node:crypto';
import { oids } from '../der/oids.js';
import { BadDer, bytesOfBits, DerReader, numberOf, oidOf, sameBytes, timeOf, type Der } from '../der/read.js';
import { contextTag, tags } from '../der/tags.js';
import { explicit, extension, nothing, octets, oid, sequence } from '../der/write.js';
import { extensionIn, fieldsOf, readExtensions } from '../fields.js';
import { checkSignature } from '../signature.js';
import { responderOf } from './ocsp-responder.js';

export const ocspFaults = {
  unreadable: 'its answer cannot be read',
  notSuccessful: 'it refuses to answer',
  wrongCertificate: 'its answer is about another certificate',
  wrongNonce: 'its answer is to another question',
  badSignature: 'its answer is not signed by the issuer, or by whom the issuer has named',
  tooOld: 'its answer is not in force any more, or does not say how long it holds',
  notYetValid: 'its answer is of the future',
  unknownCritical: 'its answer has a critical extension that is not understood',
} as const;
type OcspFault = keyof typeof ocspFaults;

/** Thrown when an answer must not be believed. */
export class RefusedOcsp extends Error {
  override readonly name = 'RefusedOcsp';
  constructor(readonly code: OcspFault) {
    super(ocspFaults[code]);
  }
}

export interface OcspAnswer {
  readonly standing: 'good' | 'revoked' | 'absent';
  /** The answer holds no longer than this; null: for this once. */
  readonly nextUpdate: Date | null;
}

/** A question, with what its answer must repeat. */
export interface OcspQuestion {
  readonly issuer: X509Certificate;
  /** Null: another asked, as when a server staples an answer to its certificate; then whatever nonce is none of ours. */
  readonly nonce: Uint8Array | null;
  /** DER of the CertID. */
  readonly about: Uint8Array;
  readonly request: Uint8Array;
}

/** Clocks differ. */
const skewMs = 300_000;
/** Of an answer that does not say how long it holds. */
const onceMs = 300_000;

/** Only a name for the issuer here, not a proof: the hash that every responder knows (RFC 5019 2.1.1). */
const sha1 = sequence(oid(oids.sha1), nothing);
const hashed = (bytes: Uint8Array): Buffer => octets(hash('sha1', bytes, 'buffer'));

export function askAbout(
  certificate: X509Certificate,
  issuer: X509Certificate,
  nonce: Uint8Array | null,
): OcspQuestion {
  const { subject, keyBits } = fieldsOf(issuer);
  const about = sequence(sha1, hashed(subject), hashed(keyBits), serialDer(certificate));
  const extensions = nonce ? [explicit(2, sequence(extension(oids.ocspNonce, octets(nonce))))] : [];
  const request = sequence(sequence(sequence(sequence(about)), ...extensions));
  return { issuer, nonce, about, request };
}

function serialDer({ raw }: X509Certificate): Uint8Array {
  const tbs = DerReader.inside(raw, tags.sequence).sequence();
  tbs.optional(contextTag(0));
  return tbs.next(tags.integer).whole;
}

/** Throws RefusedOcsp. */
export function readAnswer(bytes: Uint8Array, question: OcspQuestion, now: Date): OcspAnswer {
  try {
    return readBasic(basicIn(bytes), question, now);
  } catch (error) {
    if (error instanceof BadDer) throw new RefusedOcsp('unreadable');
    throw error;
  }
}

/** BasicOCSPResponse, out of a response that says it went well. */
function basicIn(bytes: Uint8Array): Uint8Array {
  const response = DerReader.inside(bytes, tags.sequence);
  if (numberOf(response.next(tags.enumerated)) !== 0n) throw new RefusedOcsp('notSuccessful');
  const typed = DerReader.inside(response.next(contextTag(0)).content, tags.sequence);
  if (oidOf(typed.next(tags.oid)) !== oids.ocspBasic) throw new BadDer('another kind of answer');
  return typed.next(tags.octetString).content;
}

function readBasic(bytes: Uint8Array, question: OcspQuestion, now: Date): OcspAnswer {
  const basic = DerReader.inside(bytes, tags.sequence);
  const data = basic.next(tags.sequence);
  const algorithm = basic.next(tags.sequence);
  const signature = bytesOfBits(basic.next(tags.bitString));
  const certificates = basic.optional(contextTag(0));
  basic.end();

  const reader = data.elements();
  reader.optional(contextTag(0));
  const responder = reader.next();
  timeOf(reader.next(tags.generalizedTime));
  const singles = reader.sequence();
  const extensions = reader.optional(contextTag(1));
  reader.end();

  const signer = responderOf(responder, certificates, question.issuer, now);
  const signed = { bytes: data.whole, algorithm, signature };
  if (!signer || checkSignature(signed, signer.publicKey) !== 'good') throw new RefusedOcsp('badSignature');
  const fresh = repeatsNonce(extensions, question.nonce);
  return judgeSingle(singleAbout(question.about, singles), fresh, now);
}

/** Throws when it is another one. A responder that prepares its answers repeats none. */
function repeatsNonce(extensions: Der | null, nonce: Uint8Array | null): boolean {
  const list = extensions ? readExtensions(extensions.content) : [];
  if (list.some(({ oid, critical }) => critical && oid !== oids.ocspNonce))
    throw new RefusedOcsp('unknownCritical');
  const found = extensionIn(list, oids.ocspNonce);
  if (!found || nonce === null) return false;
  const said = new DerReader(found.value).next(tags.octetString).content;
  if (!sameBytes(said, nonce)) throw new RefusedOcsp('wrongNonce');
  return true;
}

/** What follows the CertID in the one SingleResponse that is about it. */
function singleAbout(about: Uint8Array, singles: DerReader): DerReader {
  const wanted = certIdOf(new DerReader(about).next(tags.sequence));
  while (!singles.done) {
    const single = singles.sequence();
    if (certIdOf(single.next(tags.sequence)) === wanted) return single;
  }
  throw new RefusedOcsp('wrongCertificate');
}

/** The parameters of the hash may be absent or NULL: the same. */
function certIdOf({ content }: Der): string {
  const reader = new DerReader(content);
  const algorithm = oidOf(reader.sequence().next(tags.oid));
  const parts = [reader.next(tags.octetString), reader.next(tags.octetString), reader.next(tags.integer)];
  reader.end();
  return [algorithm, ...parts.map(({ content: part }) => Buffer.from(part).toString('hex'))].join(' ');
}

const statuses: Readonly<Record<number, OcspAnswer['standing']>> = {
  [contextTag(0, false)]: 'good',
  [contextTag(1)]: 'revoked',
  [contextTag(2, false)]: 'absent',
};

/** @param fresh the answer was made for this question */
function judgeSingle(single: DerReader, fresh: boolean, now: Date): OcspAnswer {
  const standing = statuses[single.next().tag];
  if (standing === undefined) throw new BadDer('no status that there is');
  const thisUpdate = timeOf(single.next(tags.generalizedTime));
  const next = single.optional(contextTag(0));
  const nextUpdate = next && timeOf(next.elements().next(tags.generalizedTime));
  const extensions = single.optional(contextTag(1));
  single.end();
  if (extensions && readExtensions(extensions.content).some(({ critical }) => critical)) {
    throw new RefusedOcsp('unknownCritical');
  }
  if (thisUpdate.getTime() > now.getTime() + skewMs) throw new RefusedOcsp('notYetValid');
  const holds = nextUpdate ? nextUpdate > now : fresh && thisUpdate.getTime() > now.getTime() - onceMs;
  // Whoever was revoked stays so.
  if (!holds && standing !== 'revoked') throw new RefusedOcsp('tooOld');
  return { standing, nextUpdate };
}
