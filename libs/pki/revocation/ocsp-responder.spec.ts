// Who answers in an authority's place shows a certificate of it: among the first that came along, of which none is free.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OpenSsl } from '../../../test/support/openssl.js';
import { DerReader } from '../der/read.js';
import { explicit, sequence } from '../der/write.js';
import { fieldsOf } from '../fields.js';
import { responderOf } from './ocsp-responder.js';

const openssl = new OpenSsl();
let issuer: X509Certificate;
let delegate: X509Certificate;
beforeAll(() => {
  openssl.authority('root');
  openssl.request('delegate', '/CN=Answers');
  openssl.file('purpose', 'extendedKeyUsage=OCSPSigning\nkeyUsage=digitalSignature\n');
  const signing = ['-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-extfile', 'purpose'];
  const request = ['-req', '-inform', 'DER', '-in', 'delegate.der', '-days', '2'];
  openssl.run('x509', ...request, ...signing, '-out', 'delegate.pem');
  issuer = new X509Certificate(openssl.read('root.pem'));
  delegate = new X509Certificate(openssl.read('delegate.pem'));
});
afterAll(() => openssl.remove());

/** An answer by the delegate that brings along so much that is no certificate, then the delegate's. */
function signerAfter(rubbish: number): X509Certificate | null {
  const along = [...Array.from({ length: rubbish }, () => sequence()), delegate.raw];
  const [name, certificates] = [explicit(1, fieldsOf(delegate).subject), explicit(0, sequence(...along))].map(
    (der) => new DerReader(der).next(),
  );
  if (!name) throw new Error('no name');
  return responderOf(name, certificates ?? null, issuer, new Date());
}

it('four certificates are passed over, five are not: nobody has signed for them as yet', () => {
  expect(signerAfter(0)?.raw).toEqual(delegate.raw);
  expect(signerAfter(4)?.raw).toEqual(delegate.raw);
  expect(signerAfter(5)).toBeNull();
});
