// Answers that are signed as they should be, and say something else than was asked, or not for how long.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OpenSsl } from '../../../test/support/openssl.js';
import { signed } from '../authority/signed.js';
import { oids } from '../der/oids.js';
import { contextTag } from '../der/tags.js';
import {
  element,
  enumerated,
  explicit,
  extension,
  generalizedTime,
  octets,
  oid,
  sequence,
} from '../der/write.js';
import { fieldsOf } from '../fields.js';
import { askAbout, readAnswer, RefusedOcsp, type OcspQuestion } from './ocsp.js';

const now = new Date('2026-05-04T12:00:00Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
const tomorrow = ago(-86_400);
const nonce = Buffer.alloc(32, 7);

const openssl = new OpenSsl();
const read = (name: string): X509Certificate => new X509Certificate(openssl.read(`${name}.pem`));
let key: KeyObject;
let question: OcspQuestion;
beforeAll(() => {
  openssl.authority('root');
  openssl.authority('device');
  openssl.authority('same-name', '/CN=root');
  openssl.run('req', '-x509', '-key', 'root.key', '-subj', '/CN=other', '-out', 'same-key.pem');
  key = createPrivateKey(openssl.read('root.key'));
  question = askAbout(read('device'), read('root'), nonce);
});
afterAll(() => openssl.remove());

interface Told {
  readonly about?: Uint8Array;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date | null;
  readonly nonce?: Uint8Array | null;
}

/** "Good", by the authority itself. */
function answer(told: Told): Buffer {
  const { about = question.about, thisUpdate = now, nextUpdate = tomorrow, nonce: repeated = nonce } = told;
  const until = nextUpdate ? [explicit(0, generalizedTime(nextUpdate))] : [];
  const said = sequence(
    explicit(1, fieldsOf(read('root')).subject),
    generalizedTime(thisUpdate),
    sequence(sequence(about, element(contextTag(0, false)), generalizedTime(thisUpdate), ...until)),
    ...(repeated ? [explicit(1, sequence(extension(oids.ocspNonce, octets(repeated))))] : []),
  );
  const response = sequence(oid(oids.ocspBasic), octets(signed(said, key)));
  return sequence(enumerated(0), explicit(0, response));
}

function outcome(told: Told): string {
  try {
    return readAnswer(answer(told), question, now).standing;
  } catch (error) {
    if (error instanceof RefusedOcsp) return error.code;
    throw error;
  }
}

describe('an answer about the same serial number', () => {
  const about = (issuer: string): Told => ({ about: askAbout(read('device'), read(issuer), null).about });

  it.each([
    ['of the same issuer', 'root', 'good'],
    ['of another issuer, of the same name', 'same-name', 'wrongCertificate'],
    ['of another issuer, with the same key', 'same-key', 'wrongCertificate'],
  ])('%s', (_, issuer, expected) => {
    expect(outcome(about(issuer))).toBe(expected);
  });
});

describe('an answer that does not say how long it holds', () => {
  it.each<[string, Told, string]>([
    ['holds once, for who asked', {}, 'good'],
    ['holds for five minutes', { thisUpdate: ago(299) }, 'good'],
    ['and no longer', { thisUpdate: ago(301) }, 'tooOld'],
    ['is nothing without the nonce: whoever kept it could show it for ever', { nonce: null }, 'tooOld'],
  ])('%s', (_, told, expected) => {
    expect(outcome({ ...told, nextUpdate: null })).toBe(expected);
  });

  it('and nobody else than who says so needs a nonce', () => {
    expect(outcome({ nonce: null, thisUpdate: ago(301) })).toBe('good');
  });
});
