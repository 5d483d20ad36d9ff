// What stands in a list, or where a list should be, is reported: it ends neither the looking nor the process, and nobody's word
// is read before the signature.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { OpenSsl } from '../../../test/support/openssl.js';
import { until } from '../../../test/support/until.js';
import { algorithmOf, signed } from '../authority/signed.js';
import { oids } from '../der/oids.js';
import { tags } from '../der/tags.js';
import { bits, element, explicit, extension, integer, oid, sequence, set, time } from '../der/write.js';
import { fieldsOf } from '../fields.js';
import { RefusedCrl } from './crl.js';
import { Crls } from './crls.js';
import { CrlSources } from './sources.js';

const openssl = new OpenSsl();
let authority: X509Certificate;
let key: KeyObject;
beforeAll(() => {
  openssl.authority('root');
  authority = new X509Certificate(openssl.read('root.pem'));
  key = createPrivateKey(openssl.read('root.key'));
});
afterAll(() => openssl.remove());

const dayMs = 86_400_000;

interface Told {
  readonly algorithm?: Buffer;
  readonly issuer?: Buffer;
  readonly entries?: readonly Buffer[];
  readonly extensions?: readonly Buffer[];
}

/** What a list of the authority says. */
function told({ algorithm = algorithmOf(key), issuer, entries = [], extensions = [] }: Told): Buffer {
  const [now, later] = [new Date(Date.now() - dayMs), new Date(Date.now() + dayMs)];
  return sequence(
    ...[integer(1), algorithm, issuer ?? Buffer.from(fieldsOf(authority).subject), time(now), time(later)],
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    explicit(0, sequence(extension(oids.crlNumber, integer(1)), ...extensions)),
  );
}

/** As anybody can make one. */
const unsigned = (of: Told): Buffer =>
  sequence(told(of), of.algorithm ?? algorithmOf(key), bits(Buffer.alloc(64)));

const refusal = (list: Buffer): unknown => {
  try {
    return new Crls([authority]).take(list, new Date());
  } catch (error) {
    return error instanceof RefusedCrl ? error.code : error;
  }
};

it.each<[string, Told, string]>([
  ['entries that are none', { entries: [sequence(), sequence()] }, 'unreadable'],
  [
    'an entry that is not understood',
    { entries: [strangely(oids.issuingDistributionPoint)] },
    'unknownCritical',
  ],
  ['an extension that is none', { extensions: [sequence()] }, 'unreadable'],
  ['an extension twice', { extensions: [extension(oids.crlNumber, integer(2))] }, 'unreadable'],
  ['changes only', { extensions: [extension(oids.deltaIndicator, integer(1), true)] }, 'delta'],
])('of a list with %s that nobody signed only the signature is looked at', (_, of, signedFault) => {
  expect(refusal(unsigned(of))).toBe('badSignature');
  expect(refusal(signed(told(of), key))).toBe(signedFault);
});

function strangely(id: string): Buffer {
  return sequence(integer(7), time(new Date()), sequence(extension(id, integer(1), true)));
}

it('a name of an issuer that would take long to read is not read', () => {
  const part = set(sequence(oid('2.5.4.3'), element(tags.utf8String, Buffer.from('x'))));
  const long = sequence(...Array.from({ length: 500 }, () => part));
  expect(refusal(unsigned({ issuer: long }))).toBe('unreadable');
});

it.each([
  ['names no algorithm', sequence()],
  ['names something else for one', sequence(integer(7))],
])('a list that %s is one with a bad signature', (_, algorithm) => {
  expect(refusal(unsigned({ algorithm }))).toBe('badSignature');
});

it('a source that cannot be read in a way that nobody thought of is reported, and the others are looked at', async () => {
  await mkdir(openssl.path('folder.crl'));
  await writeFile(openssl.path('empty.crl'), sequence());
  const sources = new CrlSources({
    names: ['file:folder.crl', 'file:empty.crl'],
    crls: new Crls([authority]),
    folder: openssl.dir,
    kept: {
      read: () => Promise.resolve(null),
      write: () => Promise.resolve(),
      forgetAllBut: () => Promise.resolve(),
    },
    heard: () => undefined,
  });
  onTestFinished(() => sources.stop());
  await sources.tried;
  await until('both are reported', () => sources.reports().every(({ problem }) => problem !== null));
  expect(sources.reports()[0]?.problem).toMatch(/cannot be read: EISDIR/);
});
