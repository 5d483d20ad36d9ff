// OCSP as the authority itself answers it (RFC 6960): read from strangers, signed by the key that issued.
import { hash } from 'node:crypto';
import { oids } from '../der/oids.js';
import { type Der, DerReader, oidOf, sameBytes, serialOf } from '../der/read.js';
import { contextTag, tags } from '../der/tags.js';
import { element, enumerated, explicit, generalizedTime, octets, oid, sequence } from '../der/write.js';
import { fieldsOf } from '../fields.js';
import type { Issuer } from './issue.js';
import { type Revocation, revocationReasons } from './revocation-list.js';
import { signed } from './signed.js';

/** Of a request: one certificate takes some 80 bytes, a nonce up to 128. */
export const ocspBytesMax = 4_096;
const certificatesMax = 20;
const nonceBytesMax = 128;

export type CertificateStatus = 'good' | 'unknown' | Omit<Revocation, 'serial'>;

export interface Answering {
  readonly issuer: Issuer;
  /** Of a serial number, hexadecimal, of this issuer's. */
  statusOf(serial: string): CertificateStatus;
  readonly now: Date;
  /** How long the answer may be kept. */
  readonly freshSeconds: number;
}

interface Question {
  /** CertID, byte for byte. */
  readonly id: Uint8Array;
  /** OID. */
  readonly algorithm: string;
  readonly nameHash: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly serial: string;
}

export interface OcspAnswer {
  readonly der: Buffer;
  readonly status: keyof typeof failures | 'successful';
  /** With a nonce it is for one client, and nobody else may be given it. */
  readonly nonce: boolean;
}

const failures = { malformedRequest: 1, internalError: 2, unauthorized: 6 } as const;
const hashes: Readonly<Record<string, string>> = { [oids.sha1]: 'sha1', [oids.sha256]: 'sha256' };

export const failed = (status: keyof typeof failures): OcspAnswer => ({
  der: sequence(enumerated(failures[status])),
  status,
  nonce: false,
});

/** Never throws because of what the request is. */
export function answerOcsp(request: Uint8Array, by: Answering): OcspAnswer {
  const asked = read(request);
  if (!asked) return failed('malformedRequest');
  const { questions, nonce } = asked;
  const { subject, keyBits } = fieldsOf(by.issuer.certificate);
  const ours = questions.every(({ algorithm, nameHash, keyHash }) => {
    const name = hashes[algorithm];
    return (
      name !== undefined &&
      sameBytes(hash(name, subject, 'buffer'), nameHash) &&
      sameBytes(hash(name, keyBits, 'buffer'), keyHash)
    );
  });
  if (!ours) return failed('unauthorized');
  const until = new Date(by.now.getTime() + by.freshSeconds * 1000);
  const said = sequence(
    explicit(2, octets(hash('sha1', keyBits, 'buffer'))),
    generalizedTime(by.now),
    sequence(
      ...questions.map(({ id, serial }) =>
        sequence(
          id,
          statusDer(by.statusOf(serial)),
          generalizedTime(by.now),
          explicit(0, generalizedTime(until)),
        ),
      ),
    ),
    ...(nonce === null ? [] : [explicit(1, sequence(nonce))]),
  );
  const response = sequence(oid(oids.ocspBasic), octets(signed(said, by.issuer.key)));
  const der = sequence(enumerated(0), explicit(0, response));
  return { der, status: 'successful', nonce: nonce !== null };
}

function statusDer(status: CertificateStatus): Buffer {
  if (status === 'good') return element(contextTag(0, false));
  if (status === 'unknown') return element(contextTag(2, false));
  const code = revocationReasons[status.reason];
  const said = code === 0 ? [] : [explicit(0, enumerated(code))];
  return explicit(1, generalizedTime(status.at), ...said);
}

interface Asked {
  readonly questions: readonly Question[];
  /** The whole extension, to be given back as it came. */
  readonly nonce: Uint8Array | null;
}

function read(request: Uint8Array): Asked | null {
  if (request.length > ocspBytesMax) return null;
  try {
    const said = DerReader.inside(request, tags.sequence).sequence();
    said.optional(contextTag(0));
    said.optional(contextTag(1));
    const questions = said.sequence().rest(tags.sequence).map(question);
    if (questions.length === 0 || questions.length > certificatesMax) return null;
    const extensions = said.optional(contextTag(2));
    said.end();
    return { questions, nonce: extensions ? nonceIn(extensions.content) : null };
  } catch {
    return null;
  }
}

/** CertID of one Request; what may follow it is passed over. */
function question({ content }: Der): Question {
  const id = new DerReader(content).next(tags.sequence);
  const reader = id.elements();
  return {
    id: id.whole,
    algorithm: oidOf(reader.sequence().next(tags.oid)),
    nameHash: reader.next(tags.octetString).content,
    keyHash: reader.next(tags.octetString).content,
    serial: serialOf(reader.next(tags.integer)),
  };
}

function nonceIn(extensions: Uint8Array): Uint8Array | null {
  for (const { content, whole } of DerReader.inside(extensions, tags.sequence).rest(tags.sequence)) {
    if (oidOf(new DerReader(content).next(tags.oid)) !== oids.ocspNonce) continue;
    return content.length <= nonceBytesMax ? whole : null;
  }
  return null;
}
