// OCSP as the authority itself answers it (RFC 6960): read from strangers, signed by the key that issued.
import { hash } from 'node:crypto';
import {
  bytesOfBits,
  element,
  type Element,
  explicit,
  expectTag,
  generalizedTime,
  hexOfInteger,
  membersOf,
  octets,
  oid,
  readOne,
  sequence,
  tags,
} from './der.js';
import { partsOf } from './certificate-parts.js';
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
  readonly id: Buffer;
  readonly algorithm: Buffer;
  readonly nameHash: Buffer;
  readonly keyHash: Buffer;
  readonly serial: string;
}

export interface OcspAnswer {
  readonly der: Buffer;
  readonly status: keyof typeof failures | 'successful';
  /** With a nonce it is for one client, and nobody else may be given it. */
  readonly nonce: boolean;
}

const failures = { malformedRequest: 1, internalError: 2, unauthorized: 6 } as const;
const basic = oid('1.3.6.1.5.5.7.48.1.1');
const nonceId = oid('1.3.6.1.5.5.7.48.1.2');
const hashes = new Map([
  [oid('1.3.14.3.2.26').toString('hex'), 'sha1'],
  [oid('2.16.840.1.101.3.4.2.1').toString('hex'), 'sha256'],
]);

export const failed = (status: keyof typeof failures): OcspAnswer => ({
  der: sequence(element(0x0a, Buffer.from([failures[status]]))),
  status,
  nonce: false,
});

/** Never throws because of what the request is. */
export function answerOcsp(request: Uint8Array, by: Answering): OcspAnswer {
  const asked = read(request);
  if (!asked) return failed('malformedRequest');
  const { questions, nonce } = asked;
  const parts = partsOf(by.issuer.certificate);
  const key = bytesOfBits(membersOf(readOne(parts.spki))[1]);
  const ours = questions.every(({ algorithm, nameHash, keyHash }) => {
    const name = hashes.get(algorithm.toString('hex'));
    return (
      name !== undefined &&
      hash(name, parts.subject.whole, 'buffer').equals(nameHash) &&
      hash(name, key, 'buffer').equals(keyHash)
    );
  });
  if (!ours) return failed('unauthorized');
  const until = new Date(by.now.getTime() + by.freshSeconds * 1000);
  const said = sequence(
    explicit(2, octets(hash('sha1', key, 'buffer'))),
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
  const response = sequence(basic, octets(signed(said, by.issuer.key)));
  const der = sequence(element(0x0a, Buffer.from([0])), explicit(0, response));
  return { der, status: 'successful', nonce: nonce !== null };
}

function statusDer(status: CertificateStatus): Buffer {
  if (status === 'good') return element(0x80);
  if (status === 'unknown') return element(0x82);
  const code = revocationReasons[status.reason];
  const said = code === 0 ? [] : [explicit(0, element(0x0a, Buffer.from([code])))];
  return element(0xa1, generalizedTime(status.at), ...said);
}

interface Asked {
  readonly questions: readonly Question[];
  /** The whole extension, to be given back as it came. */
  readonly nonce: Buffer | null;
}

function read(request: Uint8Array): Asked | null {
  if (request.length > ocspBytesMax) return null;
  try {
    const [said] = membersOf(readOne(request));
    const members = membersOf(said);
    const questions = membersOf(members.find(({ tag }) => tag === tags.sequence)).map(question);
    if (questions.length === 0 || questions.length > certificatesMax) return null;
    const extensions = members.find(({ tag }) => tag === 0xa2);
    return { questions, nonce: extensions ? nonceIn(membersOf(readOne(extensions.body))) : null };
  } catch {
    return null;
  }
}

function question(asked: Element): Question {
  const [id] = membersOf(asked);
  const [algorithm, nameHash, keyHash, serial] = membersOf(id);
  const [type] = membersOf(algorithm);
  return {
    id: expectTag(id, tags.sequence).whole,
    algorithm: expectTag(type, tags.oid).whole,
    nameHash: expectTag(nameHash, tags.octets).body,
    keyHash: expectTag(keyHash, tags.octets).body,
    serial: hexOfInteger(serial),
  };
}

function nonceIn(extensions: readonly Element[]): Buffer | null {
  const found = extensions.find((each) => membersOf(each)[0]?.whole.equals(nonceId));
  return found && found.body.length <= nonceBytesMax ? found.whole : null;
}
