// Clients of EST that nobody here wrote: curl with openssl, and strongSwan's.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TrustProcess } from '../../test/support/trust-process.js';

const curl = existsSync('/usr/bin/curl');
/** It needs OpenSSL's curves, which are in a package of their own. */
const strongSwan =
  existsSync('/usr/bin/pki') && existsSync('/usr/lib/ipsec/plugins/libstrongswan-openssl.so');

let trust: TrustProcess;
beforeAll(async () => {
  trust = await TrustProcess.start();
});
afterAll(async () => {
  expect(await trust.stop()).toBe(0);
});

describe.skipIf(!curl)('curl with openssl', () => {
  const words = ['-s', '-S', '--cacert', 'root.pem', '-H', 'Content-Type: application/pkcs10'];
  const at = (operation: string) => `https://127.0.0.1:${trust.ports.est}/.well-known/est/${operation}`;

  it('gets the authority, enrols and renews', async () => {
    const trusted = await trust.run('curl', ...words, '-o', 'ca.b64', at('cacerts'));
    expect(trusted).toEqual({ status: 0, text: '' });
    trust.openssl.file('ca.p7', Buffer.from(trust.openssl.read('ca.b64'), 'base64'));
    expect(
      trust.openssl.run('pkcs7', '-inform', 'DER', '-in', 'ca.p7', '-print_certs').match(/BEGIN CERT/g),
    ).toHaveLength(2);
    const secret = await trust.secretFor('VNB3K200');
    trust.openssl.request('curl', '/CN=x');
    // As openssl writes it: in lines.
    trust.openssl.run('base64', '-in', 'curl.der', '-out', 'curl.b64');
    expect(
      await trust.run(
        'curl',
        ...words,
        '-u',
        secret,
        '--data-binary',
        '@curl.b64',
        '-o',
        'x.b64',
        at('simpleenroll'),
      ),
    ).toMatchObject({ status: 0 });
    trust.certificateIn(trust.openssl.read('x.b64'), 'curl');
    const shown = ['--cert', 'curl.pem', '--key', 'curl.key'];
    expect(
      await trust.run(
        'curl',
        ...words,
        ...shown,
        '--data-binary',
        '@curl.b64',
        '-o',
        'y.b64',
        at('simplereenroll'),
      ),
    ).toMatchObject({ status: 0 });
    expect(trust.certificateIn(trust.openssl.read('y.b64'), 'next')).toContain('Device VNB3K200');
  });

  it('is refused without a secret, with a wrong one, and once the certificate is revoked', async () => {
    const secret = await trust.secretFor('VNB3K201');
    trust.openssl.request('held', '/CN=x');
    trust.openssl.run('base64', '-in', 'held.der', '-out', 'held.b64');
    const posting = ['--data-binary', '@held.b64', '-o', 'held.answer', '-w', '%{http_code}'];
    const status = async (operation: string, ...more: readonly string[]): Promise<string> =>
      (await trust.run('curl', ...words, ...posting, ...more, at(operation))).text;
    expect(await status('simpleenroll')).toBe('401');
    expect(await status('simpleenroll', '-u', 'VNB3K201:guess')).toBe('401');
    expect(await status('simpleenroll', '-u', secret)).toBe('200');
    trust.certificateIn(trust.openssl.read('held.answer'), 'held');
    const shown = ['--cert', 'held.pem', '--key', 'held.key'];
    expect(await status('simplereenroll')).toBe('401');
    expect(await status('simplereenroll', ...shown)).toBe('200');
    expect((await trust.ocsp('held.pem')).text).toContain('held.pem: good');
    await trust.ca('revoke', '--device', 'VNB3K201');
    expect(await status('simplereenroll', ...shown)).toBe('403');
    expect(trust.openssl.read('held.answer')).toBe('the certificate was revoked\n');
    expect((await trust.ocsp('held.pem')).text).toContain('held.pem: revoked');
    const fetched = ['-s', '-S', '-o', 'held.crl', `${trust.lists}/issuing.crl`];
    expect(await trust.run('curl', ...fetched)).toEqual({ status: 0, text: '' });
    const judged = ['-CAfile', 'roots.pem', '-CRLfile', 'held.crl.pem', '-crl_check', 'held.pem'];
    trust.openssl.run('crl', '-inform', 'DER', '-in', 'held.crl', '-out', 'held.crl.pem');
    expect(trust.openssl.try('verify', ...judged).text).toContain('certificate revoked');
  });
});

describe.skipIf(!strongSwan)("strongSwan's pki --est", () => {
  const pki = (...words: readonly string[]) =>
    trust.run(
      'pki',
      '--est',
      '--url',
      `https://127.0.0.1:${trust.ports.est}`,
      '--cacert',
      'root.pem',
      '--cacert',
      'issuing.pem',
      '--outform',
      'pem',
      ...words,
    );
  const kept = (text: string, name: string): string => {
    trust.openssl.file(name, text.slice(text.indexOf('-----BEGIN CERTIFICATE')));
    return trust.openssl.run('verify', '-CAfile', 'roots.pem', name);
  };

  it('gets the authority, which it checks against what it was told', async () => {
    const told = [
      '--cacert',
      'root.pem',
      '--cacert',
      'issuing.pem',
      '--caout',
      'swan-ca.pem',
      '--outform',
      'pem',
    ];
    const url = `https://127.0.0.1:${trust.ports.est}`;
    const got = await trust.run('pki', '--estca', '--url', url, ...told);
    expect(got.status, got.text).toBe(0);
    const sorted = (...names: readonly string[]) =>
      names.map((name) => trust.openssl.run('x509', '-in', name)).toSorted();
    expect(sorted('swan-ca.pem', 'swan-ca-1.pem')).toEqual(sorted('root.pem', 'issuing.pem'));
  });

  it('enrols, renews, and is refused once the certificate is revoked', async () => {
    const secret = await trust.secretFor('VNB3K300');
    trust.openssl.request('swan', '/CN=x/serialNumber=VNB3K300', '-newkey', 'rsa:2048');
    const first = await pki('--in', 'swan.der', '--userpass', secret);
    expect(first).toMatchObject({
      status: 0,
      text: expect.stringContaining('Issued certificate is trusted'),
    });
    expect(kept(first.text, 'swan.pem')).toBe('swan.pem: OK\n');
    trust.openssl.request('swan2', '/CN=Device VNB3K300/serialNumber=VNB3K300', '-newkey', 'rsa:2048');
    const wrong = await pki('--in', 'swan2.der', '--userpass', secret);
    expect(wrong.status).not.toBe(0);
    const renew = () => pki('--in', 'swan2.der', '--cert', 'swan.pem', '--key', 'swan.key');
    const second = await renew();
    expect(second).toMatchObject({
      status: 0,
      text: expect.stringContaining('Issued certificate is trusted'),
    });
    expect(kept(second.text, 'swan2.pem')).toBe('swan2.pem: OK\n');
    await trust.ca('revoke', '--device', 'VNB3K300');
    expect((await renew()).status).not.toBe(0);
  });
});
