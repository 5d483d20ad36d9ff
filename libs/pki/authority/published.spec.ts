// Requests, lists, OCSP and PKCS#12: made here and read by OpenSSL, and the other way round.
import { createPublicKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OpenSsl } from '../../../test/support/openssl.js';
import { validFor } from '../certificate.js';
import { readCrl } from '../revocation/crl.js';
import { askAbout, readAnswer } from '../revocation/ocsp.js';
import { parseAlternativeNames, textOfNames } from './alternative-names.js';
import { certificatesOnly } from './certificates-only.js';
import { issue, type Issuer, makeRoot } from './issue.js';
import { generateKey, type KeyKind } from './key.js';
import { answerOcsp, type CertificateStatus } from './ocsp-answer.js';
import { toPkcs12 } from './pkcs12-export.js';
import { fromPkcs12 } from './pkcs12-import.js';
import { derOfRequestPem, makeRequest, readRequest } from './request.js';
import { makeList } from './revocation-list.js';
import { parseSubject } from './subject.js';

const openssl = new OpenSsl();
afterAll(() => openssl.remove());

async function rootOf(kind: KeyKind): Promise<Issuer> {
  const key = (await generateKey(kind)).privateKey;
  return { key, certificate: makeRoot({ subject: { CN: 'Trial' }, key, validity: validFor(30) }) };
}

async function clientOf(by: Issuer, kind: KeyKind) {
  const { publicKey, privateKey } = await generateKey(kind);
  const leaf = { profile: 'client', subject: { CN: 'Somebody' }, names: [], validity: validFor(3) } as const;
  return { key: privateKey, certificate: issue(by, { ...leaf, publicKey, addresses: null }) };
}

describe('a request', () => {
  it.each(['p256', 'rsa2048'] as const)(
    'with a key %s is what OpenSSL reads, and read here again',
    async (kind) => {
      const pair = await generateKey(kind);
      const names = parseAlternativeNames('DNS:a.example, IP:fc00::1');
      const pem = makeRequest(pair, parseSubject('CN=a.example, O=Example'), names);
      openssl.file('request.pem', pem);
      const text = openssl.run('req', '-in', 'request.pem', '-verify', '-noout', '-text');
      expect(text).toContain('Certificate request self-signature verify OK');
      expect(text).toContain('DNS:a.example, IP Address:FC00:0:0:0:0:0:0:1');
      const read = readRequest(derOfRequestPem(pem, 'request.pem'));
      expect(read.subject).toEqual({ CN: 'a.example', O: 'Example' });
      expect(read.names()).toEqual(names);
      expect(read.publicKey.equals(pair.publicKey)).toBe(true);
    },
  );

  it.each([
    ['ECDSA P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384']],
    ['RSA', ['-newkey', 'rsa:2048']],
  ])('of openssl with %s is taken', (_, words) => {
    openssl.run(
      'req',
      '-new',
      '-nodes',
      '-keyout',
      'k.pem',
      '-out',
      'r.pem',
      ...words,
      '-subj',
      '/CN=P/serialNumber=AB-12/L=Hall',
      '-addext',
      'subjectAltName=DNS:p.example,IP:10.0.0.9',
    );
    const asked = readRequest(derOfRequestPem(openssl.read('r.pem'), 'r.pem'));
    expect(asked.subject).toEqual({ CN: 'P', serialNumber: 'AB-12', L: 'Hall' });
    expect(textOfNames(asked.names())).toBe('DNS:p.example, IP:10.0.0.9');
  });

  it('for a key that is not the asker’s is refused', () => {
    openssl.run(
      'req',
      '-new',
      '-nodes',
      '-newkey',
      'rsa:2048',
      '-keyout',
      'k.pem',
      '-out',
      'r.der',
      '-outform',
      'DER',
      '-subj',
      '/CN=P',
    );
    const der = openssl.bytes('r.der');
    const at = der.indexOf('P', 20, 'latin1');
    der.write('Q', at, 'latin1');
    expect(() => readRequest(der)).toThrow('the signature of the request is not by the key that is in it');
  });

  it.each([
    ['a weak key', ['-newkey', 'rsa:1024'], '1024 bits is too short'],
    ['SHA-1', ['-newkey', 'rsa:2048', '-sha1'], 'signed by an algorithm that is not taken'],
    [
      'a name of another kind',
      ['-newkey', 'rsa:2048', '-addext', 'subjectAltName=email:a@b.example'],
      'neither a DNS name nor an IP address',
    ],
  ])('with %s is refused', (_, words, why) => {
    openssl.run('req', '-new', '-nodes', '-keyout', 'k.pem', '-out', 'r.pem', ...words, '-subj', '/CN=P');
    const read = () => readRequest(derOfRequestPem(openssl.read('r.pem'), 'r.pem')).names();
    expect(read).toThrow(why);
  });

  it('that is none is refused in words', () => {
    expect(() => derOfRequestPem('hello', 'r.pem')).toThrow('r.pem holds no certificate request in PEM form');
    expect(() => readRequest(Buffer.from('3003020100', 'hex'))).toThrow(
      'the certificate request cannot be read',
    );
    expect(() => readRequest(Buffer.alloc(20_000))).toThrow('16384 bytes at most');
  });
});

describe.each(['p256', 'rsa2048'] as const)('an authority with keys %s', (kind) => {
  let by: Issuer;
  let client: Awaited<ReturnType<typeof clientOf>>;
  let other: Awaited<ReturnType<typeof clientOf>>;
  beforeAll(async () => {
    by = await rootOf(kind);
    client = await clientOf(by, kind);
    other = await clientOf(by, kind);
    openssl.file('ca.pem', by.certificate.toString());
    openssl.file('client.pem', client.certificate.toString());
    openssl.file('other.pem', other.certificate.toString());
  });

  const list = (number: number, revoked: boolean): Buffer =>
    makeList(by, {
      number,
      thisUpdate: new Date(Date.now() - 60_000),
      nextUpdate: new Date(Date.now() + 86_400_000),
      revoked: revoked
        ? [
            {
              serial: client.certificate.serialNumber.toLowerCase(),
              at: new Date(),
              reason: 'keyCompromise',
            },
            { serial: '7f00', at: new Date(), reason: 'unspecified' },
          ]
        : [],
    });

  it('publishes a list that OpenSSL reads and acts on', () => {
    const text = (): string =>
      openssl.run('crl', '-inform', 'DER', '-in', 'list.crl', '-CAfile', 'ca.pem', '-noout', '-text');
    const verify = (leaf: string): string => {
      openssl.run('crl', '-inform', 'DER', '-in', 'list.crl', '-out', 'list.pem');
      return openssl.try(
        'verify',
        '-x509_strict',
        '-crl_check',
        '-CAfile',
        'ca.pem',
        '-CRLfile',
        'list.pem',
        leaf,
      ).text;
    };
    openssl.file('list.crl', list(1, false));
    expect(text()).toMatch(/verify OK[^]*|Version 2/);
    expect(text()).toMatch(/X509v3 Authority Key Identifier[^]*X509v3 CRL Number: \s+1\n/);
    expect(verify('client.pem')).toBe('client.pem: OK\n');
    openssl.file('list.crl', list(300, true));
    expect(text()).toMatch(/X509v3 CRL Number: \s+300\n/);
    expect(text().match(/CRL Reason Code: \s+(.*)/g)).toHaveLength(1);
    expect(text()).toContain('Key Compromise');
    expect(verify('client.pem')).toContain('certificate revoked');
    expect(verify('other.pem')).toBe('other.pem: OK\n');
  });

  it.each([
    ['good', 'good'],
    ['unknown', 'unknown'],
    ['revoked', { at: new Date('2026-01-02T03:04:05Z'), reason: 'keyCompromise' }],
  ] as const)(
    'answers OCSP with %s, and OpenSSL verifies it with its nonce',
    (said, status: CertificateStatus) => {
      for (const digest of ['-sha1', '-sha256']) {
        openssl.run(
          'ocsp',
          digest,
          '-issuer',
          'ca.pem',
          '-cert',
          'client.pem',
          '-cert',
          'other.pem',
          '-reqout',
          'q.der',
        );
        const asked: string[] = [];
        const answer = answerOcsp(openssl.bytes('q.der'), {
          issuer: by,
          statusOf: (serial) => (asked.push(serial), status),
          now: new Date(),
          freshSeconds: 60,
        });
        expect(asked).toEqual(
          [client, other].map(({ certificate }) => certificate.serialNumber.toLowerCase()),
        );
        expect(answer).toMatchObject({ status: 'successful', nonce: true });
        openssl.file('a.der', answer.der);
        openssl.run('ocsp', '-issuer', 'ca.pem', '-cert', 'client.pem', '-reqout', 'elsewhere.der');
        const verify = ['-respin', 'a.der', '-CAfile', 'ca.pem', '-verify_other', 'ca.pem', '-resp_text'];
        const text = openssl.run('ocsp', '-reqin', 'q.der', ...verify);
        expect(text).toContain('Response verify OK');
        expect(text).not.toContain('WARNING');
        expect(text.match(new RegExp(`Cert Status: ${said}`, 'g'))).toHaveLength(2);
        if (typeof status === 'object') expect(text).toContain('Revocation Reason: keyCompromise (0x1)');
        expect(openssl.try('ocsp', '-reqin', 'elsewhere.der', ...verify).text).toContain(
          'Nonce Verify error',
        );
      }
    },
  );

  it('publishes what the layer takes that judges revocation for the gateway', () => {
    const read = readCrl(list(7, true), [by.certificate]);
    expect(read.signer).toBe(by.certificate);
    expect([read.number, read.revoked.size]).toEqual([7n, 2]);
    for (const status of ['good', 'revoked'] as const) {
      const question = askAbout(client.certificate, by.certificate, randomBytes(32));
      const { der } = answerOcsp(question.request, {
        issuer: by,
        statusOf: () => (status === 'good' ? status : { at: new Date(), reason: 'superseded' }),
        now: new Date(),
        freshSeconds: 60,
      });
      expect(readAnswer(der, question, new Date()).standing).toBe(status);
    }
  });

  it('answers what is not its own, or no request at all, with no status', async () => {
    const stranger = await rootOf('p256');
    openssl.run('ocsp', '-issuer', 'ca.pem', '-cert', 'client.pem', '-no_nonce', '-reqout', 'q.der');
    const answering = { statusOf: () => 'good' as const, now: new Date(), freshSeconds: 60 };
    const question = openssl.bytes('q.der');
    expect(answerOcsp(question, { ...answering, issuer: stranger }).status).toBe('unauthorized');
    expect(answerOcsp(question, { ...answering, issuer: by })).toMatchObject({
      status: 'successful',
      nonce: false,
    });
    for (const wrong of [
      Buffer.alloc(0),
      Buffer.from('hello'),
      question.subarray(0, -1),
      Buffer.alloc(5_000, 0x30),
    ])
      expect(answerOcsp(wrong, { ...answering, issuer: by }).status).toBe('malformedRequest');
  });

  it('is handed out in PKCS#7', () => {
    openssl.file('certs.p7', certificatesOnly([client.certificate.raw, by.certificate.raw]));
    const text = openssl.run('pkcs7', '-inform', 'DER', '-in', 'certs.p7', '-print_certs');
    expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(text).toContain(client.certificate.toString().trim());
  });

  it('goes into PKCS#12 that OpenSSL opens, and comes out again', () => {
    const made = toPkcs12(
      { key: client.key, certificates: [client.certificate, by.certificate] },
      'Gerät 1',
      'pass word of some length',
    );
    openssl.file('made.p12', made);
    openssl.file('pass', 'pass word of some length\n');
    const text = openssl.run('pkcs12', '-in', 'made.p12', '-info', '-passin', 'file:pass', '-nodes');
    expect(text).toMatch(/MAC: sha256, Iteration 20000[^]*PBES2, PBKDF2, AES-256-CBC/);
    expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    const read = fromPkcs12(made, 'pass word of some length', 'made.p12');
    expect(read.name).toBe('Gerät 1');
    expect(createPublicKey(read.key).equals(client.certificate.publicKey)).toBe(true);
    expect(read.certificates.map(String)).toEqual([client.certificate, by.certificate].map(String));
    expect(() => fromPkcs12(made, 'wrong', 'made.p12')).toThrow('the password does not open made.p12');
  });

  it.each([
    ['today', []],
    [
      'an old Windows',
      ['-legacy', '-certpbe', 'PBE-SHA1-RC2-40', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
    ],
  ])('comes out of the PKCS#12 of %s', (_, words) => {
    openssl.file('key.pem', client.key.export({ type: 'pkcs8', format: 'pem' }));
    openssl.run(
      'pkcs12',
      '-export',
      '-inkey',
      'key.pem',
      '-in',
      'client.pem',
      '-certfile',
      'ca.pem',
      '-name',
      'one',
      '-passout',
      'pass:secret',
      '-out',
      'x.p12',
      ...words,
    );
    const read = fromPkcs12(openssl.bytes('x.p12'), 'secret', 'x.p12');
    expect(read).toMatchObject({ name: 'one' });
    expect(read.certificates.map(String)).toEqual([client.certificate, by.certificate].map(String));
    expect(read.key.equals(client.key)).toBe(true);
  });
});

it.each(['short', 'Kennwörter überall'])('no PKCS#12 is made with the password %s', async (password) => {
  const by = await rootOf('p256');
  expect(() => toPkcs12({ key: by.key, certificates: [by.certificate] }, 'x', password)).toThrow(
    'characters of ASCII',
  );
});

it('what is no PKCS#12 is refused in words', async () => {
  expect(() => fromPkcs12(Buffer.from('hello'), '', 'x.p12')).toThrow(
    'x.p12 is no PKCS#12 file that can be read',
  );
  const by = await rootOf('p256');
  const made = toPkcs12(
    { key: (await generateKey('p256')).privateKey, certificates: [by.certificate] },
    'x',
    'password of it',
  );
  expect(() => fromPkcs12(made, 'password of it', 'x.p12')).toThrow(
    'no certificate in x.p12 belongs to the private key there',
  );
});
