// Answers that openssl signs for an authority with a key that is not the authority's: they count when the authority itself has
// given that key a certificate for just this (RFC 6960 4.2.2.2), and while that is in force.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OpenSsl } from '../../../test/support/openssl.js';
import { askAbout, readAnswer, RefusedOcsp, type OcspQuestion } from './ocsp.js';

const openssl = new OpenSsl();
const dayMs = 86_400_000;
let question: OcspQuestion;

beforeAll(() => {
  openssl.authority('root');
  openssl.authority('stranger', '/CN=root');
  certify('device', { says: 'extendedKeyUsage=clientAuth' });
  const [device, root] = ['device.pem', 'root.pem'].map((name) => new X509Certificate(openssl.read(name)));
  if (!device || !root) throw new Error('two were named');
  question = askAbout(device, root, null);
  openssl.file('question.der', question.request);
  openssl.file('index.txt', `V\t400101000000Z\t\t${device.serialNumber}\tunknown\t/CN=device\n`);
});
afterAll(() => openssl.remove());

interface Delegate {
  readonly by?: 'root' | 'stranger';
  readonly says?: string;
  readonly digest?: 'sha256' | 'sha1';
}

/** For a day. Without the identifier of the issuer's key: it must not be what tells two authorities of one name apart. */
function certify(
  name: string,
  { by = 'root', says = 'extendedKeyUsage=OCSPSigning', digest = 'sha256' }: Delegate,
): void {
  openssl.request(name, `/CN=${name}`);
  openssl.file(`${name}.cnf`, `authorityKeyIdentifier=none\n${says}\n`);
  const request = ['-req', '-inform', 'DER', '-in', `${name}.der`, '-days', '1', `-${digest}`];
  const signing = ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial'];
  openssl.run('x509', ...request, ...signing, '-extfile', `${name}.cnf`, '-out', `${name}.pem`);
}

/** What openssl answers in the delegate's name, for five days. */
function answerBy(delegate: Delegate): Buffer {
  certify('delegate', delegate);
  const signer = ['-rsigner', 'delegate.pem', '-rkey', 'delegate.key', '-CA', 'root.pem'];
  const files = ['-index', 'index.txt', '-reqin', 'question.der', '-respout', 'answer.der'];
  openssl.run('ocsp', ...signer, ...files, '-ndays', '5');
  return openssl.bytes('answer.der');
}

function outcome(answer: Buffer, now: Date): string {
  try {
    return readAnswer(answer, question, now).standing;
  } catch (error) {
    if (error instanceof RefusedOcsp) return error.code;
    throw error;
  }
}

describe('an answer by a delegate', () => {
  it.each<[string, Delegate, string]>([
    ['that the authority has named for it', {}, 'good'],
    ['that is a device of the authority', { says: 'extendedKeyUsage=clientAuth' }, 'badSignature'],
    ['that is named for nothing', { says: '' }, 'badSignature'],
    ['that may do whatever it likes', { says: 'extendedKeyUsage=anyExtendedKeyUsage' }, 'badSignature'],
    ['of another authority of the same name', { by: 'stranger' }, 'badSignature'],
    [
      'whose key may not sign',
      { says: 'extendedKeyUsage=OCSPSigning\nkeyUsage=keyAgreement' },
      'badSignature',
    ],
    ['that was named with SHA-1', { digest: 'sha1' }, 'badSignature'],
  ])('%s', (_, delegate, expected) => {
    expect(outcome(answerBy(delegate), new Date())).toBe(expected);
  });

  it('counts no longer than its certificate, and not before it', () => {
    const answer = answerBy({});
    const [yesterday, inTwoDays] = [new Date(Date.now() - dayMs), new Date(Date.now() + 2 * dayMs)];
    expect(outcome(answer, new Date())).toBe('good');
    expect(outcome(answer, inTwoDays)).toBe('badSignature');
    expect(outcome(answer, yesterday)).toBe('badSignature');
  });
});
