// Certificate signing requests (RFC 2986): made for an authority elsewhere, and read from whoever asks ours.
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { messageOf } from '../../events/message-of.js';
import { type AlternativeName, namesOfDer } from './alternative-names.js';
import {
  bytesOfBits,
  type Element,
  element,
  expectTag,
  integer,
  MalformedDer,
  membersOf,
  oid,
  readAll,
  readOne,
  sequence,
  set,
  tags,
} from './der.js';
import { alternativeNames } from './extensions.js';
import { AuthorityFault } from './fault.js';
import { spkiOf, weaknessOf } from './key.js';
import { pemOf, signed } from './signed.js';
import { checkSubject, derOfSubject, subjectOfDer, type Subject } from './subject.js';

/** What somebody asks to have certified. Nothing of it is true but that the key is theirs. */
export interface CertificateRequest {
  readonly subject: Subject;
  /** Throws AuthorityFault when there is one that is neither a DNS name nor an IP address. */
  names(): readonly AlternativeName[];
  readonly publicKey: KeyObject;
}

/** Of a request as it comes in: an RSA key of 8192 bits and a hundred names fit. */
export const requestBytesMax = 16_384;

const extensionRequest = oid('1.2.840.113549.1.9.14');
const subjectAltName = oid('2.5.29.17');
const hashes: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['1.2.840.10045.4.3.2', 'sha256'],
    ['1.2.840.10045.4.3.3', 'sha384'],
    ['1.2.840.10045.4.3.4', 'sha512'],
    ['1.2.840.113549.1.1.11', 'sha256'],
    ['1.2.840.113549.1.1.12', 'sha384'],
    ['1.2.840.113549.1.1.13', 'sha512'],
  ].map(([id = '', name = '']) => [oid(id).toString('hex'), name]),
);

/** PEM, signed with the key itself. Throws AuthorityFault. */
export function makeRequest(
  pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  subject: Subject,
  names: readonly AlternativeName[],
): string {
  const asked = sequence(extensionRequest, set(sequence(alternativeNames(names))));
  const said = sequence(
    integer(0),
    derOfSubject(checkSubject(subject)),
    spkiOf(pair.publicKey),
    element(0xa0, ...(names.length === 0 ? [] : [asked])),
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
  try {
    return read(readOne(der));
  } catch (cause) {
    if (cause instanceof AuthorityFault) throw cause;
    const why = cause instanceof MalformedDer ? `: ${messageOf(cause)}` : '';
    throw new AuthorityFault('badRequest', `the certificate request cannot be read${why}`, { cause });
  }
}

function read(request: Element): CertificateRequest {
  const [said, algorithm, signature] = membersOf(request);
  const [, subject, key, attributes] = membersOf(said);
  const publicKey = createPublicKey({
    key: expectTag(key, tags.sequence).whole,
    format: 'der',
    type: 'spki',
  });
  const weakness = weaknessOf(publicKey);
  if (weakness !== null) throw new AuthorityFault('weakKey', weakness);
  const [id] = membersOf(algorithm);
  const name = hashes[id?.whole.toString('hex') ?? ''];
  if (name === undefined)
    throw new AuthorityFault(
      'badRequest',
      'the request is signed by an algorithm that is not taken; SHA-256 with ECDSA or RSA is',
    );
  const { whole } = expectTag(said, tags.sequence);
  if (!verify(name, whole, publicKey, bytesOfBits(signature)))
    throw new AuthorityFault(
      'noProofOfPossession',
      'the signature of the request is not by the key that is in it',
    );
  return {
    subject: subjectOfDer(expectTag(subject, tags.sequence)),
    names: () => namesIn(attributes),
    publicKey,
  };
}

function namesIn(attributes: Element | undefined): readonly AlternativeName[] {
  if (!attributes) return [];
  for (const attribute of readAll(expectTag(attributes, 0xa0).body)) {
    const [type, values] = membersOf(attribute);
    if (!type?.whole.equals(extensionRequest)) continue;
    for (const each of membersOf(membersOf(values, tags.set)[0])) {
      const members = membersOf(each);
      if (members[0]?.whole.equals(subjectAltName))
        return namesOfDer(readOne(expectTag(members.at(-1), tags.octets).body, tags.sequence));
    }
  }
  return [];
}
