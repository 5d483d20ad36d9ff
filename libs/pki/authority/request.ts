// Certificate signing requests (RFC 2986): made for an authority elsewhere, and read from whoever asks ours.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { oids } from '../der/oids.js';
import { BadDer, bytesOfBits, type Der, DerReader, oidOf } from '../der/read.js';
import { contextTag, tags } from '../der/tags.js';
import { explicit, integer, oid, sequence, set } from '../der/write.js';
import { extensionIn, readExtensions } from '../fields.js';
import { checkSignature } from '../signature.js';
import { type AlternativeName, namesOfDer } from './alternative-names.js';
import { alternativeNames } from './extensions.js';
import { AuthorityFault } from './fault.js';
import { spkiOf, weaknessOf } from './key.js';
import { pemOf, signed } from './signed.js';
import { checkSubject, derOfSubject, subjectOfDer, type Subject } from './subject.js';

/** What somebody asks to have certified. Nothing of it is true but that the key is theirs. */
export interface CertificateRequest {
  readonly subject: Subject;
  /** Throws AuthorityFault when there is one that is neither a DNS name nor an IP address, or they cannot be read. */
  names(): readonly AlternativeName[];
  readonly publicKey: KeyObject;
}

/** Of a request as it comes in: an RSA key of 8192 bits and a hundred names fit. */
export const requestBytesMax = 16_384;

/** PEM, signed with the key itself. Throws AuthorityFault. */
export function makeRequest(
  pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  subject: Subject,
  names: readonly AlternativeName[],
): string {
  const asked = sequence(oid(oids.extensionRequest), set(sequence(alternativeNames(names))));
  const said = sequence(
    integer(0),
    derOfSubject(checkSubject(subject)),
    spkiOf(pair.publicKey),
    explicit(0, ...(names.length === 0 ? [] : [asked])),
  );
  return pemOf('request', signed(said, pair.privateKey));
}

/** DER of a request in PEM. Throws AuthorityFault. */
export function derOfRequestPem(pem: string, from: string): Buffer {
  const found = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END/.exec(pem);
  if (found) return Buffer.from(found[1] ?? '', 'base64');
  throw new AuthorityFault('badRequest', `${from} holds no certificate request in PEM form`);
}

/** Reads it, and checks that who asks has the private key. Throws AuthorityFault. */
export function readRequest(der: Uint8Array): CertificateRequest {
  if (der.length > requestBytesMax)
    throw new AuthorityFault('badRequest', `a request has ${requestBytesMax} bytes at most`);
  return orFault(() => read(DerReader.inside(der, tags.sequence)));
}

function orFault<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof AuthorityFault) throw cause;
    const why = cause instanceof BadDer ? `: ${cause.message}` : '';
    throw new AuthorityFault('badRequest', `the certificate request cannot be read${why}`, { cause });
  }
}

function read(request: DerReader): CertificateRequest {
  const said = request.next(tags.sequence);
  const algorithm = request.next(tags.sequence);
  const signature = bytesOfBits(request.next(tags.bitString));
  request.end();
  const { subject, spki, attributes } = partsOf(said);
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const weakness = weaknessOf(publicKey);
  if (weakness !== null) throw new AuthorityFault('weakKey', weakness);
  expectProof(checkSignature({ bytes: said.whole, algorithm, signature }, publicKey));
  return { subject: subjectOfDer(subject), names: () => orFault(() => namesIn(attributes)), publicKey };
}

/** CertificationRequestInfo. */
function partsOf({ content }: Der): Readonly<Record<'subject' | 'spki' | 'attributes', Uint8Array>> {
  const said = new DerReader(content);
  said.next(tags.integer);
  const subject = said.next(tags.sequence).whole;
  const spki = said.next(tags.sequence).whole;
  // Some leave out the attributes altogether when there are none.
  const attributes = said.optional(contextTag(0))?.content ?? new Uint8Array();
  said.end();
  return { subject, spki, attributes };
}

function expectProof(verdict: ReturnType<typeof checkSignature>): void {
  if (verdict === 'good') return;
  if (verdict === 'bad')
    throw new AuthorityFault(
      'noProofOfPossession',
      'the signature of the request is not by the key that is in it',
    );
  throw new AuthorityFault(
    'badRequest',
    'the request is signed by an algorithm that is not taken; SHA-256 with ECDSA or RSA is',
  );
}

function namesIn(attributes: Uint8Array): readonly AlternativeName[] {
  for (const { content } of new DerReader(attributes).rest(tags.sequence)) {
    const attribute = new DerReader(content);
    if (oidOf(attribute.next(tags.oid)) !== oids.extensionRequest) continue;
    const extensions = readExtensions(attribute.next(tags.set).content);
    const names = extensionIn(extensions, oids.subjectAltName);
    if (names) return namesOfDer(names.value);
  }
  return [];
}
