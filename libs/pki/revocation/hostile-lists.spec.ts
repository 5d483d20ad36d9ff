// What stands in a list, or where a list should be, is reported: it ends neither the looking nor the process.
import { X509Certificate } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { OpenSsl } from '../../../test/support/openssl.js';
import { until } from '../../../test/support/until.js';
import { bits, extension, explicit, integer, sequence, time } from '../der/write.js';
import { oids } from '../der/oids.js';
import { fieldsOf } from '../fields.js';
import { Crls } from './crls.js';
import { CrlSources } from './sources.js';

const openssl = new OpenSsl();
let authority: X509Certificate;
beforeAll(() => {
  openssl.authority('root');
  authority = new X509Certificate(openssl.read('root.pem'));
});
afterAll(() => openssl.remove());

const dayMs = 86_400_000;

/** A list of the authority, as it stands but for its signature, which names this algorithm. */
function listWith(algorithm: Buffer): Buffer {
  const [now, later] = [new Date(Date.now() - dayMs), new Date(Date.now() + dayMs)];
  const number = explicit(0, sequence(extension(oids.crlNumber, integer(1))));
  const issuer = fieldsOf(authority).subject;
  const told = sequence(integer(1), algorithm, issuer, time(now), time(later), number);
  return sequence(told, algorithm, bits(Buffer.alloc(64)));
}

it.each([
  ['names no algorithm', sequence()],
  ['names something else for one', sequence(integer(7))],
])('a list that %s is one with a bad signature', (_, algorithm) => {
  expect(() => new Crls([authority]).take(listWith(algorithm), new Date())).toThrow(
    expect.objectContaining({ code: 'badSignature' }),
  );
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
