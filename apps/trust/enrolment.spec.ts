// Devices that enrol and renew by EST, as any client of HTTPS speaks it; and those that are refused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EstAnswer, TrustProcess } from '../../test/support/trust-process.js';
import { until } from '../../test/support/until.js';

let trust: TrustProcess;
beforeAll(async () => {
  trust = await TrustProcess.start();
});
afterAll(async () => {
  expect(await trust.stop()).toBe(0);
});

const enrol = (auth: string | undefined, name: string): Promise<EstAnswer> =>
  trust.est('simpleenroll', {
    method: 'POST',
    ...(auth === undefined ? {} : { auth }),
    body: trust.openssl.bytes(`${name}.der`).toString('base64'),
  });

describe('enrolment', () => {
  it('gives a device its names, not those that it asks for; its secret is good once', async () => {
    const secret = await trust.secretFor('VNB3K100', '--names', 'DNS:printer.example');
    trust.openssl.request(
      'one',
      '/CN=muster.example/O=Evil',
      '-newkey',
      'rsa:2048',
      '-addext',
      'subjectAltName=DNS:muster.example',
    );
    const answer = await enrol(secret, 'one');
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/pkcs7-mime; smime-type=certs-only' },
    });
    expect(answer.body).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
    const text = trust.certificateIn(answer.body, 'one');
    expect(text).toContain('Subject: CN = Device VNB3K100, serialNumber = VNB3K100');
    expect(text).toMatch(/Subject Alternative Name: \n\s+DNS:printer\.example\n/);
    expect(text).not.toContain('muster.example');
    expect(
      trust.openssl.run('verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', 'roots.pem', 'one.pem'),
    ).toBe('one.pem: OK\n');
    trust.openssl.request('another', '/CN=x');
    expect(await enrol(secret, 'another')).toMatchObject({
      status: 401,
      body: expect.stringContaining('used already'),
    });
    // Whose answer was lost asks again, for the same key.
    expect(trust.certificateIn((await enrol(secret, 'one')).body, 'again')).toBe(text);
  });

  it('refuses without a secret, with a wrong one, for another device, and what is no request', async () => {
    const secret = await trust.secretFor('VNB3K101', '--reusable');
    trust.openssl.request('other', '/CN=x/serialNumber=VNB3K999');
    trust.openssl.request('right', '/CN=x/serialNumber=vnb3k101');
    const nobody = await enrol(undefined, 'right');
    expect(nobody).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringContaining('Basic realm=') },
    });
    expect((await enrol('VNB3K101:wrong', 'right')).status).toBe(401);
    expect(await enrol(secret, 'other')).toMatchObject({
      status: 403,
      body: expect.stringContaining('another serial number'),
    });
    const posted = (body: string) => trust.est('simpleenroll', { method: 'POST', auth: secret, body });
    expect(await posted('hello, world')).toMatchObject({
      status: 400,
      body: expect.stringContaining('base64'),
    });
    expect(await posted('aGVsbG8=')).toMatchObject({
      status: 400,
      body: expect.stringContaining('cannot be read'),
    });
    expect((await posted('A'.repeat(40_000))).status).toBe(400);
    // None of it used the secret up; a reusable one is good again and again.
    expect((await enrol(secret, 'right')).status).toBe(200);
    expect((await enrol(secret, 'right')).status).toBe(200);
    await trust.ca('enrol', '--remove', 'VNB3K101');
    expect((await enrol(secret, 'right')).status).toBe(401);
  });

  it('with a secret for any device takes none that has a certificate already', async () => {
    const any = async (): Promise<string> => (await trust.ca('enrol', '--any')).replace(' ', ':');
    const secret = await any();
    trust.openssl.request('nameless', '/CN=x');
    trust.openssl.request('fresh', '/CN=x/serialNumber=VNB3K102');
    expect(await enrol(secret, 'nameless')).toMatchObject({
      status: 400,
      body: expect.stringContaining('serial number'),
    });
    expect((await enrol(secret, 'fresh')).status).toBe(200);
    expect(await enrol(await any(), 'fresh')).toMatchObject({
      status: 403,
      body: expect.stringContaining('has a certificate already'),
    });
  });

  it('renews for who shows its certificate, until that is revoked; OCSP and list say so at once', async () => {
    const secret = await trust.secretFor('VNB3K103');
    trust.openssl.request('old', '/CN=x');
    trust.certificateIn((await enrol(secret, 'old')).body, 'old');
    trust.openssl.request('new', '/CN=ignored');
    const renew = (key: string, cert: string) =>
      trust.est('simplereenroll', {
        method: 'POST',
        body: trust.openssl.bytes('new.der').toString('base64'),
        key: trust.openssl.read(key),
        cert: trust.openssl.read(cert),
      });
    expect(trust.certificateIn((await renew('old.key', 'old.pem')).body, 'new')).toContain(
      'Subject: CN = Device VNB3K103',
    );
    expect((await trust.ocsp('old.pem')).text).toContain('old.pem: good');
    const serial =
      trust.openssl.run('x509', '-in', 'old.pem', '-noout', '-serial').trim().split('=')[1] ?? '';
    await trust.ca('revoke', serial, '--reason', 'superseded');
    expect((await trust.ocsp('old.pem')).text).toMatch(
      /Response verify OK[^]*old\.pem: revoked[^]*superseded|old\.pem: revoked/,
    );
    expect(await renew('old.key', 'old.pem')).toMatchObject({
      status: 403,
      body: 'the certificate was revoked\n',
    });
    expect((await renew('new.key', 'new.pem')).status).toBe(200);
    const list = await fetch(`${trust.lists}/issuing.crl`);
    trust.openssl.file('now.crl', Buffer.from(await list.arrayBuffer()));
    expect(trust.openssl.run('crl', '-inform', 'DER', '-in', 'now.crl', '-noout', '-text')).toContain(
      serial.toUpperCase(),
    );
    trust.openssl.run(
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      'rsa:2048',
      '-keyout',
      'self.key',
      '-out',
      'self.pem',
      '-subj',
      '/CN=Device/serialNumber=VNB3K103',
    );
    expect(await renew('self.key', 'self.pem')).toMatchObject({
      status: 403,
      body: expect.stringContaining('not one of this authority'),
    });
    expect(await trust.est('simplereenroll', { method: 'POST', body: 'AAAA' })).toMatchObject({
      status: 401,
    });
  });

  it('holds a device to ten certificates in force', async () => {
    const secret = await trust.secretFor('VNB3K104', '--reusable');
    const keys = Array.from({ length: 11 }, (_, index) => `greedy-${index}`);
    for (const key of keys)
      trust.openssl.request(
        key,
        '/CN=x',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-addext',
        'subjectAltName=email:a@b.example',
      );
    for (const key of keys.slice(0, 10)) expect((await enrol(secret, key)).status).toBe(200);
    expect(await enrol(secret, 'greedy-10')).toMatchObject({
      status: 403,
      body: expect.stringContaining('10 certificates in force'),
    });
    await trust.ca('revoke', '--device', 'VNB3K104');
    // That would undo itself, if the secret were good again and again after it, too.
    for (const key of ['greedy-0', 'greedy-10']) expect((await enrol(secret, key)).status).toBe(401);
    const anew = await trust.secretFor('VNB3K104');
    expect((await enrol(anew, 'greedy-10')).status).toBe(200);
  });

  it('is counted', async () => {
    const text = await (await fetch(`http://127.0.0.1:${trust.ports.health}/metrics`)).text();
    expect(text).toMatch(/muster_trust_enrolments_total\{outcome="enrolled"[^}]*\} [1-9]/);
  });

  it('says what a request should look like, and what it does not know', async () => {
    const { status, body } = await trust.est('csrattrs');
    trust.openssl.file('attributes', Buffer.from(body, 'base64'));
    expect(status).toBe(200);
    expect(trust.openssl.run('asn1parse', '-inform', 'DER', '-in', 'attributes')).toMatch(
      /id-ecPublicKey[^]*prime256v1[^]*ecdsa-with-SHA256/,
    );
    expect((await trust.est('serverkeygen', { method: 'POST' })).status).toBe(404);
    expect((await trust.est('simpleenroll')).status).toBe(405);
  });

  it('shows another identity without a restart', async () => {
    const shown = async (): Promise<string> =>
      (await trust.run('openssl', 's_client', '-connect', `127.0.0.1:${trust.ports.est}`)).text;
    expect(await shown()).toContain('CN = est.example');
    await trust.ca(
      'issue',
      '--replace',
      '--name',
      'est',
      '--profile',
      'server',
      '--subject',
      'CN=est2.example',
      '--names',
      'IP:127.0.0.1',
    );
    await until('the new one is shown', async () => (await shown()).includes('CN = est2.example'));
  });
});

it('too many refusals from one address are put off', async () => {
  trust.openssl.request('guess', '/CN=x');
  await until('it is told to wait', async () => {
    const { status, headers } = await enrol('VNB3K100:guess', 'guess');
    expect([401, 429]).toContain(status);
    return status === 429 && Number(headers['retry-after']) > 0;
  });
});
