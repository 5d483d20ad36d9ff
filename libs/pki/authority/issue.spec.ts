// What is issued, as OpenSSL reads and verifies it.
import type { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OpenSsl } from '../../../test/support/openssl.js';
import { validFor } from '../certificate.js';
import { faultOfAuthority, faultOfLeaf } from '../rfc5280.js';
import { parseAlternativeNames } from './alternative-names.js';
import { issue, type Issuer, makeIssuing, makeRoot } from './issue.js';
import {
  encryptedPem,
  generateKey,
  keyIdOf,
  type KeyKind,
  readPrivateKey,
  sameKey,
  spkiOf,
  weaknessOf,
} from './key.js';
import type { Profile } from './profile.js';
import { parseSubject } from './subject.js';

const openssl = new OpenSsl();
afterAll(() => openssl.remove());

const addresses = {
  list: 'http://t.example/issuing.crl',
  ocsp: 'http://t.example/ocsp',
  issuer: 'http://t.example/issuing.cer',
};

async function authority(kind: KeyKind): Promise<{ readonly root: Issuer; readonly issuing: Issuer }> {
  const key = (await generateKey(kind)).privateKey;
  const pair = await generateKey(kind);
  const subject = parseSubject('CN=Trial root, O=Example\\, Inc., C=DE');
  const root = { key, certificate: makeRoot({ subject, key, validity: validFor(7300) }) };
  const below = {
    subject: parseSubject('CN=Trial issuing'),
    publicKey: pair.publicKey,
    validity: validFor(3650),
  };
  return {
    root,
    issuing: { key: pair.privateKey, certificate: makeIssuing(root, below, 'http://t.example/root.crl') },
  };
}

describe.each(['p256', 'rsa2048'] as const)('an authority with keys %s', (kind) => {
  let root: Issuer;
  let issuing: Issuer;
  beforeAll(async () => {
    ({ root, issuing } = await authority(kind));
    openssl.file('root.pem', root.certificate.toString());
    openssl.file('issuing.pem', issuing.certificate.toString());
  });

  const leafOf = async (profile: Profile, subject: string, names = ''): Promise<X509Certificate> => {
    const { publicKey } = await generateKey(kind);
    const leaf = { profile, subject: parseSubject(subject), names: parseAlternativeNames(names), publicKey };
    const made = issue(issuing, { ...leaf, validity: validFor(365), addresses });
    openssl.file('leaf.pem', made.toString());
    return made;
  };
  const verified = (purpose: string): string =>
    openssl.try(
      'verify',
      '-x509_strict',
      '-purpose',
      purpose,
      '-CAfile',
      'root.pem',
      '-untrusted',
      'issuing.pem',
      'leaf.pem',
    ).text;

  it('has what R80 wants: CA:true, key identifiers, SHA-256, the chosen fields', () => {
    const text = openssl.run('x509', '-in', 'root.pem', '-noout', '-text');
    expect(text).toContain('Subject: C = DE, O = "Example, Inc.", CN = Trial root');
    expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:1/);
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    const [, id = 'none'] = /Subject Key Identifier: \s*([0-9A-F:]+)/.exec(text) ?? [];
    expect(text).toMatch(new RegExp(`Authority Key Identifier: \\s*${id}`));
    expect(text).toMatch(/Signature Algorithm: (ecdsa-with-SHA256|sha256WithRSAEncryption)/);
    expect(openssl.run('x509', '-in', 'issuing.pem', '-noout', '-text')).toContain('CA:TRUE, pathlen:0');
  });

  it.each([
    ['server', 'CN=muster.example', 'sslserver', 'sslclient', 'TLS Web Server Authentication\n'],
    ['client', 'CN=Somebody', 'sslclient', 'sslserver', 'TLS Web Client Authentication\n'],
    [
      'mutual',
      'CN=*.example.com',
      'sslserver',
      'crlsign',
      'TLS Web Server Authentication, TLS Web Client Authentication\n',
    ],
    [
      'device',
      'CN=Device, serialNumber=VNB3K12345',
      'sslclient',
      'crlsign',
      'TLS Web Server Authentication, TLS Web Client Authentication\n',
    ],
  ] as const)(
    'issues the profile %s, which OpenSSL takes for its purpose alone',
    async (profile, subject, right, wrong, usage) => {
      const made = await leafOf(profile, subject, 'DNS:b.example, IP:10.0.0.1, IP:fc00::1');
      expect(faultOfLeaf(made)).toBeNull();
      expect(verified(right)).toBe('leaf.pem: OK\n');
      expect(verified(wrong)).toMatch(/uns\w+ certificate purpose/);
      const text = openssl.run('x509', '-in', 'leaf.pem', '-noout', '-text');
      expect(text).toContain(usage);
      const deciphers = kind === 'rsa2048' && profile !== 'client';
      expect(text).toContain(`Digital Signature${deciphers ? ', Key Encipherment' : ''}\n`);
      expect(text).toContain('IP Address:10.0.0.1, IP Address:FC00:0:0:0:0:0:0:1');
      expect(text).toMatch(/URI:http:\/\/t\.example\/issuing\.crl[^]*OCSP - URI:http:\/\/t\.example\/ocsp/);
    },
  );

  it('keeps to what is asked here of the authorities of others', () => {
    expect([root, issuing].map(({ certificate }) => faultOfAuthority(certificate))).toEqual([null, null]);
  });

  it('puts the own name of a server first, where clients look', async () => {
    const made = await leafOf('server', 'CN=Muster.Example', 'DNS:b.example');
    expect(made.subjectAltName).toBe('DNS:muster.example, DNS:b.example');
    expect(made.checkHost('muster.example')).toBe('muster.example');
  });
});

describe('an authority', () => {
  it.each([
    ['server', 'CN=Somebody', 'CN of a server is its full DNS name or a wildcard'],
    ['mutual', 'CN=localhost', 'CN of a mutual is its full DNS name'],
    ['server', 'O=Example', 'needs CN in its subject'],
    ['device', 'CN=Printer', 'a device has its serial number in the subject'],
    ['client', 'CN=A, serialNumber=VNB3K12345', 'serialNumber is for devices'],
  ] as const)('refuses a %s called %s', async (profile, subject, why) => {
    const { issuing } = await authority('p256');
    const { publicKey } = await generateKey('p256');
    const leaf = {
      profile,
      subject: parseSubject(subject),
      names: [],
      publicKey,
      validity: validFor(1),
      addresses: null,
    };
    expect(() => issue(issuing, leaf)).toThrow(why);
  });

  it('issues nothing that outlives it', async () => {
    const { issuing } = await authority('p256');
    const { publicKey } = await generateKey('p256');
    const leaf = {
      profile: 'client',
      subject: { CN: 'a' },
      names: [],
      publicKey,
      validity: validFor(9_999),
      addresses: null,
    } as const;
    expect(issue(issuing, leaf).validToDate).toEqual(issuing.certificate.validToDate);
  });
});

describe('a private key', () => {
  it.each(['p256', 'p384', 'rsa3072'] as const)(
    '%s lies encrypted, and opens with its passphrase alone',
    async (kind) => {
      const { privateKey, publicKey } = await generateKey(kind);
      const pem = encryptedPem(privateKey, 'a passphrase of some length');
      expect(pem).toContain('BEGIN ENCRYPTED PRIVATE KEY');
      expect(readPrivateKey(pem, 'a passphrase of some length', 'it').equals(privateKey)).toBe(true);
      expect(() => readPrivateKey(pem, 'another', 'a.pem')).toThrow(
        'the passphrase does not open the key in a.pem',
      );
      openssl.file('key.pem', pem);
      expect(openssl.run('asn1parse', '-in', 'key.pem')).toMatch(
        /PBES2[^]*PBKDF2[^]*:030D40[^]*hmacWithSHA256[^]*aes-256-cbc/,
      );
      expect(
        openssl
          .run('pkey', '-in', 'key.pem', '-passin', 'pass:a passphrase of some length', '-pubout')
          .trim(),
      ).toBe(publicKey.export({ type: 'spki', format: 'pem' }).toString().trim());
    },
  );

  it('opens after one of another kind was compared with it', async () => {
    const [one, other] = await Promise.all([generateKey('p256'), generateKey('rsa2048')]);
    const pem = encryptedPem(one.privateKey, 'a passphrase of some length');
    expect(sameKey(one.publicKey, other.publicKey)).toBe(false);
    expect(sameKey(one.publicKey, one.publicKey)).toBe(true);
    expect(readPrivateKey(pem, 'a passphrase of some length', 'it').asymmetricKeyType).toBe('ec');
  });

  it('is named as OpenSSL names it', async () => {
    const { root } = await authority('p256');
    openssl.file('root.pem', root.certificate.toString());
    const text = openssl.run('x509', '-in', 'root.pem', '-noout', '-ext', 'subjectKeyIdentifier');
    const id = keyIdOf(spkiOf(root.certificate.publicKey)).toString('hex').toUpperCase();
    expect(text.replaceAll(':', '')).toContain(id);
  });

  it.each([
    ['RSA of 1024 bits', ['genrsa', '-out', 'weak.pem', '1024'], '1024 bits is too short'],
    ['an exponent of 3', ['genrsa', '-3', '-out', 'weak.pem', '2048'], 'is to be 65537'],
    [
      'secp256k1',
      ['ecparam', '-name', 'secp256k1', '-genkey', '-noout', '-out', 'weak.pem'],
      'the curve secp256k1 is not taken',
    ],
    [
      'Ed25519',
      ['genpkey', '-algorithm', 'ed25519', '-out', 'weak.pem'],
      'keys of the kind ed25519 are not taken',
    ],
  ])('%s is not certified', (_, words, why) => {
    openssl.run(...words);
    expect(weaknessOf(readPrivateKey(openssl.read('weak.pem'), null, 'weak.pem'))).toContain(why);
  });
});
