// The trust process, and programs that nobody here wrote: openssl, curl, and strongSwan's EST client.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { OpenSsl, type Said } from '../../test/support/openssl.js';
import { Process } from '../../test/support/process.js';
import { typed } from '../../test/support/typed.js';
import { until } from '../../test/support/until.js';
import { runCommand } from './command/command-line.js';

const curl = existsSync('/usr/bin/curl');
/** It needs OpenSSL's curves, which are in a package of their own. */
const strongSwan =
  existsSync('/usr/bin/pki') && existsSync('/usr/lib/ipsec/plugins/libstrongswan-openssl.so');

const openssl = new OpenSsl();
const ports = { lists: await freePort(), est: await freePort(), health: await freePort() };
const place = {
  MUSTER_TRUST_DIR: openssl.path('trust'),
  MUSTER_TRUST_PASSPHRASE_FILE: openssl.file('passphrase', 'correct horse battery staple\n'),
};
const environment = {
  ...place,
  MUSTER_TRUST_HOST: '127.0.0.1',
  MUSTER_HTTP_HOST: '127.0.0.1',
  MUSTER_TRUST_PORT: String(ports.lists),
  MUSTER_TRUST_EST_PORT: String(ports.est),
  MUSTER_HTTP_PORT: String(ports.health),
  MUSTER_TRUST_EST_IDENTITY: 'est',
};
let trust: Process;

/** In this process: the books are shared with the other one. */
async function ca(...words: readonly string[]): Promise<string> {
  const { status, out, text } = await typed(runCommand, words, place);
  if (status !== 0) throw new Error(text);
  return out.trim();
}

const start = (more: Readonly<Record<string, string>> = {}): Process =>
  new Process({ name: 'trust', entry: 'apps/trust/main.js', environment: { ...environment, ...more } });

const ready = (process: Process) =>
  until('it is ready', async () => {
    if (process.exitCode !== null) throw new Error(process.output);
    return (await fetch(`http://127.0.0.1:${ports.health}/health/ready`).catch(() => null))?.ok;
  });

beforeAll(async () => {
  await ca('init', '--subject', 'CN=Trial', '--url', `http://127.0.0.1:${ports.lists}`);
  await ca(
    'issue',
    '--name',
    'est',
    '--profile',
    'server',
    '--subject',
    'CN=est.example',
    '--names',
    'DNS:localhost, IP:127.0.0.1',
  );
  openssl.file('roots.pem', await ca('export', '--authority'));
  const [issuing = '', root = ''] =
    openssl.read('roots.pem').match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? [];
  openssl.file('issuing.pem', issuing);
  openssl.file('root.pem', root);
  trust = start();
  await ready(trust);
});
afterAll(async () => {
  const code = await trust.signal('SIGTERM');
  openssl.remove();
  expect(code).toBe(0);
});

/** A program in the folder; this process goes on meanwhile. */
function run(program: string, ...words: readonly string[]): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...words], { cwd: openssl.dir });
    let text = '';
    child.stdin.end();
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part) => (text += String(part)));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, text }));
  });
}

/** A key and a request, key.pem and request.der in the folder. */
function ask(name: string, subject: string, ...words: readonly string[]): void {
  const key = words.length > 0 ? words : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  openssl.run(
    'req',
    '-new',
    '-nodes',
    ...key,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.der`,
    '-outform',
    'DER',
    '-subj',
    subject,
  );
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** EST as any client of HTTPS speaks it. */
function est(
  operation: string,
  options: { method?: string; auth?: string; body?: string; key?: string; cert?: string } = {},
): Promise<Answer> {
  const { method = 'GET', body, ...more } = options;
  return new Promise((resolve, reject) => {
    const url = {
      host: '127.0.0.1',
      port: ports.est,
      path: `/.well-known/est/${operation}`,
      ca: openssl.read('roots.pem'),
    };
    const headers = { 'content-type': 'application/pkcs10' };
    const asked = httpsRequest({ ...url, method, headers, agent: false, ...more }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += String(part)));
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
      );
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

const enrol = (auth: string | undefined, name: string): Promise<Answer> =>
  est('simpleenroll', {
    method: 'POST',
    ...(auth === undefined ? {} : { auth }),
    body: openssl.bytes(`${name}.der`).toString('base64'),
  });

/** The one certificate in an answer, as FILE.pem. */
function certificateIn({ body }: Answer, name: string): string {
  openssl.file('answer.p7', Buffer.from(body, 'base64'));
  const text = openssl.run('pkcs7', '-inform', 'DER', '-in', 'answer.p7', '-print_certs');
  expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
  openssl.file(`${name}.pem`, text.slice(text.indexOf('-----BEGIN')));
  return openssl.run('x509', '-in', `${name}.pem`, '-noout', '-text');
}

const secretFor = async (device: string, ...words: readonly string[]): Promise<string> =>
  (await ca('enrol', '--device', device, ...words)).replace(' ', ':');

const ocsp = (file: string) =>
  run(
    'openssl',
    'ocsp',
    '-issuer',
    'issuing.pem',
    '-cert',
    file,
    '-url',
    `http://127.0.0.1:${ports.lists}/ocsp`,
    '-CAfile',
    'roots.pem',
  );

describe('what is published', () => {
  it('is the list, with how long it may be kept, and the certificates of the authority', async () => {
    const list = await fetch(`http://127.0.0.1:${ports.lists}/issuing.crl`);
    expect(list.headers.get('content-type')).toBe('application/pkix-crl');
    expect(list.headers.get('cache-control')).toBe('public, max-age=20');
    openssl.file('list.crl', Buffer.from(await list.arrayBuffer()));
    const verified = openssl.run(
      'crl',
      '-inform',
      'DER',
      '-in',
      'list.crl',
      '-CAfile',
      'issuing.pem',
      '-noout',
    );
    expect(verified).toContain('verify OK');
    for (const name of ['issuing', 'root']) {
      const answer = await fetch(`http://127.0.0.1:${ports.lists}/${name}.cer`);
      openssl.file('got.cer', Buffer.from(await answer.arrayBuffer()));
      expect(openssl.run('x509', '-inform', 'DER', '-in', 'got.cer')).toBe(
        openssl.run('x509', '-in', `${name}.pem`),
      );
    }
    const root = await fetch(`http://127.0.0.1:${ports.lists}/root.crl`, { method: 'HEAD' });
    expect([root.status, await root.text()]).toEqual([200, '']);
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/issuing.key.pem', 404],
    ['GET', '/issuing.crl/../../authority/root.key.pem', 404],
    ['POST', '/issuing.crl', 405],
    ['DELETE', '/ocsp', 405],
  ])('%s %s is answered %s', async (method, path, status) => {
    expect((await fetch(`http://127.0.0.1:${ports.lists}${path}`, { method })).status).toBe(status);
  });

  it('is OCSP by GET too, which a cache may keep; nonsense is answered as such', async () => {
    await ca('issue', '--out', openssl.path('get.pem'), '--profile', 'client', '--subject', 'CN=x');
    openssl.run('ocsp', '-issuer', 'issuing.pem', '-cert', 'get.pem', '-no_nonce', '-reqout', 'q.der');
    const address = `http://127.0.0.1:${ports.lists}/ocsp/`;
    const answer = await fetch(address + encodeURIComponent(openssl.bytes('q.der').toString('base64')));
    expect(answer.headers.get('cache-control')).toBe('public, max-age=20');
    openssl.file('a.der', Buffer.from(await answer.arrayBuffer()));
    const said = openssl.run(
      'ocsp',
      '-issuer',
      'issuing.pem',
      '-cert',
      'get.pem',
      '-respin',
      'a.der',
      '-CAfile',
      'roots.pem',
    );
    expect(said).toContain('get.pem: good');
    const nonsense = await fetch(`${address}aGVsbG8%3D`);
    expect(Buffer.from(await nonsense.arrayBuffer()).toString('hex')).toBe('30030a0101');
    const long = await fetch(address.slice(0, -1), { method: 'POST', body: Buffer.alloc(10_000) });
    expect(Buffer.from(await long.arrayBuffer()).toString('hex')).toBe('30030a0101');
  });
});

describe('enrolment', () => {
  it('gives a device its names, not those that it asks for; its secret is good once', async () => {
    const secret = await secretFor('VNB3K100', '--names', 'DNS:printer.example');
    ask(
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
    const text = certificateIn(answer, 'one');
    expect(text).toContain('Subject: CN = Device VNB3K100, serialNumber = VNB3K100');
    expect(text).toMatch(/Subject Alternative Name: \n\s+DNS:printer\.example\n/);
    expect(text).not.toContain('muster.example');
    expect(
      openssl.run('verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', 'roots.pem', 'one.pem'),
    ).toBe('one.pem: OK\n');
    ask('another', '/CN=x');
    expect(await enrol(secret, 'another')).toMatchObject({
      status: 401,
      body: expect.stringContaining('used already'),
    });
    // Whose answer was lost asks again, for the same key.
    expect(certificateIn(await enrol(secret, 'one'), 'again')).toBe(text);
  });

  it('refuses without a secret, with a wrong one, for another device, and what is no request', async () => {
    const secret = await secretFor('VNB3K101', '--reusable');
    ask('other', '/CN=x/serialNumber=VNB3K999');
    ask('right', '/CN=x/serialNumber=vnb3k101');
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
    const posted = (body: string) => est('simpleenroll', { method: 'POST', auth: secret, body });
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
    await ca('enrol', '--remove', 'VNB3K101');
    expect((await enrol(secret, 'right')).status).toBe(401);
  });

  it('with a secret for any device takes none that has a certificate already', async () => {
    const any = async (): Promise<string> => (await ca('enrol', '--any')).replace(' ', ':');
    const secret = await any();
    ask('nameless', '/CN=x');
    ask('fresh', '/CN=x/serialNumber=VNB3K102');
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
    const secret = await secretFor('VNB3K103');
    ask('old', '/CN=x');
    certificateIn(await enrol(secret, 'old'), 'old');
    ask('new', '/CN=ignored');
    const renew = (key: string, cert: string) =>
      est('simplereenroll', {
        method: 'POST',
        body: openssl.bytes('new.der').toString('base64'),
        key: openssl.read(key),
        cert: openssl.read(cert),
      });
    expect(certificateIn(await renew('old.key', 'old.pem'), 'new')).toContain(
      'Subject: CN = Device VNB3K103',
    );
    expect((await ocsp('old.pem')).text).toContain('old.pem: good');
    const serial = openssl.run('x509', '-in', 'old.pem', '-noout', '-serial').trim().split('=')[1] ?? '';
    await ca('revoke', serial, '--reason', 'superseded');
    expect((await ocsp('old.pem')).text).toMatch(
      /Response verify OK[^]*old\.pem: revoked[^]*superseded|old\.pem: revoked/,
    );
    expect(await renew('old.key', 'old.pem')).toMatchObject({
      status: 403,
      body: 'the certificate was revoked\n',
    });
    expect((await renew('new.key', 'new.pem')).status).toBe(200);
    const list = await fetch(`http://127.0.0.1:${ports.lists}/issuing.crl`);
    openssl.file('now.crl', Buffer.from(await list.arrayBuffer()));
    expect(openssl.run('crl', '-inform', 'DER', '-in', 'now.crl', '-noout', '-text')).toContain(
      serial.toUpperCase(),
    );
    openssl.run(
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
    expect(await est('simplereenroll', { method: 'POST', body: 'AAAA' })).toMatchObject({ status: 401 });
  });

  it('holds a device to ten certificates in force', async () => {
    const secret = await secretFor('VNB3K104', '--reusable');
    ask(
      'greedy',
      '/CN=x',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-addext',
      'subjectAltName=email:a@b.example',
    );
    for (let held = 0; held < 10; held += 1) expect((await enrol(secret, 'greedy')).status).toBe(200);
    expect(await enrol(secret, 'greedy')).toMatchObject({
      status: 403,
      body: expect.stringContaining('10 certificates in force'),
    });
    await ca('revoke', '--device', 'VNB3K104');
    expect((await enrol(secret, 'greedy')).status).toBe(200);
  });

  it('says what a request should look like, and what it does not know', async () => {
    const { status, body } = await est('csrattrs');
    openssl.file('attributes', Buffer.from(body, 'base64'));
    expect(status).toBe(200);
    expect(openssl.run('asn1parse', '-inform', 'DER', '-in', 'attributes')).toMatch(
      /id-ecPublicKey[^]*prime256v1[^]*ecdsa-with-SHA256/,
    );
    expect((await est('serverkeygen', { method: 'POST' })).status).toBe(404);
    expect((await est('simpleenroll')).status).toBe(405);
  });

  it('shows another identity without a restart', async () => {
    const shown = async (): Promise<string> =>
      (await run('openssl', 's_client', '-connect', `127.0.0.1:${ports.est}`)).text;
    expect(await shown()).toContain('CN = est.example');
    await ca(
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

describe.skipIf(!curl)('curl with openssl', () => {
  const words = ['-s', '-S', '--cacert', 'root.pem', '-H', 'Content-Type: application/pkcs10'];
  const at = (operation: string) => `https://127.0.0.1:${ports.est}/.well-known/est/${operation}`;

  it('gets the authority, enrols and renews', async () => {
    const trusted = await run('curl', ...words, '-o', 'ca.b64', at('cacerts'));
    expect(trusted).toEqual({ status: 0, text: '' });
    openssl.file('ca.p7', Buffer.from(openssl.read('ca.b64'), 'base64'));
    expect(
      openssl.run('pkcs7', '-inform', 'DER', '-in', 'ca.p7', '-print_certs').match(/BEGIN CERT/g),
    ).toHaveLength(2);
    const secret = await secretFor('VNB3K200');
    ask('curl', '/CN=x');
    // As openssl writes it: in lines.
    openssl.run('base64', '-in', 'curl.der', '-out', 'curl.b64');
    expect(
      await run(
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
    certificateIn({ status: 200, headers: {}, body: openssl.read('x.b64') }, 'curl');
    const shown = ['--cert', 'curl.pem', '--key', 'curl.key'];
    expect(
      await run(
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
    expect(certificateIn({ status: 200, headers: {}, body: openssl.read('y.b64') }, 'next')).toContain(
      'Device VNB3K200',
    );
  });

  it('is refused without a secret, with a wrong one, and once the certificate is revoked', async () => {
    const secret = await secretFor('VNB3K201');
    ask('held', '/CN=x');
    openssl.run('base64', '-in', 'held.der', '-out', 'held.b64');
    const posting = ['--data-binary', '@held.b64', '-o', 'held.answer', '-w', '%{http_code}'];
    const status = async (operation: string, ...more: readonly string[]): Promise<string> =>
      (await run('curl', ...words, ...posting, ...more, at(operation))).text;
    expect(await status('simpleenroll')).toBe('401');
    expect(await status('simpleenroll', '-u', 'VNB3K201:guess')).toBe('401');
    expect(await status('simpleenroll', '-u', secret)).toBe('200');
    certificateIn({ status: 200, headers: {}, body: openssl.read('held.answer') }, 'held');
    const shown = ['--cert', 'held.pem', '--key', 'held.key'];
    expect(await status('simplereenroll')).toBe('401');
    expect(await status('simplereenroll', ...shown)).toBe('200');
    expect((await ocsp('held.pem')).text).toContain('held.pem: good');
    await ca('revoke', '--device', 'VNB3K201');
    expect(await status('simplereenroll', ...shown)).toBe('403');
    expect(openssl.read('held.answer')).toBe('the certificate was revoked\n');
    expect((await ocsp('held.pem')).text).toContain('held.pem: revoked');
    const fetched = ['-s', '-S', '-o', 'held.crl', `http://127.0.0.1:${ports.lists}/issuing.crl`];
    expect(await run('curl', ...fetched)).toEqual({ status: 0, text: '' });
    const judged = ['-CAfile', 'roots.pem', '-CRLfile', 'held.crl.pem', '-crl_check', 'held.pem'];
    openssl.run('crl', '-inform', 'DER', '-in', 'held.crl', '-out', 'held.crl.pem');
    expect(openssl.try('verify', ...judged).text).toContain('certificate revoked');
  });
});

describe.skipIf(!strongSwan)("strongSwan's pki --est", () => {
  const pki = (...words: readonly string[]) =>
    run(
      'pki',
      '--est',
      '--url',
      `https://127.0.0.1:${ports.est}`,
      '--cacert',
      'root.pem',
      '--cacert',
      'issuing.pem',
      '--outform',
      'pem',
      ...words,
    );
  const kept = (text: string, name: string): string => {
    openssl.file(name, text.slice(text.indexOf('-----BEGIN CERTIFICATE')));
    return openssl.run('verify', '-CAfile', 'roots.pem', name);
  };

  it('gets the authority, which it checks against what it was told', async () => {
    const words = ['--estca', '--url', `https://127.0.0.1:${ports.est}`, '--cacert', 'root.pem'];
    const got = await run(
      'pki',
      ...words,
      '--cacert',
      'issuing.pem',
      '--caout',
      'swan-ca.pem',
      '--outform',
      'pem',
    );
    expect(got.status, got.text).toBe(0);
    const kept = ['swan-ca.pem', 'swan-ca-1.pem'].map((name) => openssl.run('x509', '-in', name));
    expect(kept.toSorted()).toEqual(
      ['root.pem', 'issuing.pem'].map((name) => openssl.run('x509', '-in', name)).toSorted(),
    );
  });

  it('enrols, renews, and is refused once the certificate is revoked', async () => {
    const secret = await secretFor('VNB3K300');
    ask('swan', '/CN=x/serialNumber=VNB3K300', '-newkey', 'rsa:2048');
    const first = await pki('--in', 'swan.der', '--userpass', secret);
    expect(first).toMatchObject({
      status: 0,
      text: expect.stringContaining('Issued certificate is trusted'),
    });
    expect(kept(first.text, 'swan.pem')).toBe('swan.pem: OK\n');
    ask('swan2', '/CN=Device VNB3K300/serialNumber=VNB3K300', '-newkey', 'rsa:2048');
    const wrong = await pki('--in', 'swan2.der', '--userpass', secret);
    expect(wrong.status).not.toBe(0);
    const renew = () => pki('--in', 'swan2.der', '--cert', 'swan.pem', '--key', 'swan.key');
    const second = await renew();
    expect(second).toMatchObject({
      status: 0,
      text: expect.stringContaining('Issued certificate is trusted'),
    });
    expect(kept(second.text, 'swan2.pem')).toBe('swan2.pem: OK\n');
    await ca('revoke', '--device', 'VNB3K300');
    expect((await renew()).status).not.toBe(0);
  });
});

it.each(['lists', 'est'] as const)(
  'one address has 50 connections to %s at most, and no other waits for it',
  async (name) => {
    const sockets = Array.from({ length: 60 }, () => connect({ host: '127.0.0.1', port: ports[name] }));
    const ended = new Set<unknown>();
    for (const socket of sockets) socket.on('error', () => undefined).once('close', () => ended.add(socket));
    await until('ten are reset', () => ended.size >= 10);
    const other = connect({ host: '127.0.0.1', port: ports[name], localAddress: '127.0.0.9' });
    await until('another address is let in', () => other.readyState === 'open');
    if (name === 'lists') {
      other.end('GET /issuing.crl HTTP/1.1\r\nhost: trust\r\nconnection: close\r\n\r\n');
      expect(String((await once(other, 'data'))[0])).toContain('200 OK');
    }
    for (const socket of [...sockets, other]) socket.destroy();
    await until('it answers again', async () =>
      name === 'est'
        ? (await est('cacerts').catch(() => null))?.status === 200
        : (await fetch(`http://127.0.0.1:${ports.lists}/issuing.crl`).catch(() => null))?.ok,
    );
    expect(trust.output).toContain('tooManyConnections');
  },
);

it('too many refusals from one address are put off', async () => {
  ask('guess', '/CN=x');
  await until('it is told to wait', async () => {
    const { status, headers } = await enrol('VNB3K100:guess', 'guess');
    expect([401, 429]).toContain(status);
    return status === 429 && Number(headers['retry-after']) > 0;
  });
});

describe('the process', () => {
  it('says at its start that TLS is on, and tells /metrics what it does', async () => {
    expect(trust.output).toContain('"code":"tlsOn"');
    const text = await (await fetch(`http://127.0.0.1:${ports.health}/metrics`)).text();
    expect(text).toMatch(/muster_trust_enrolments_total\{outcome="enrolled"[^}]*\} [1-9]/);
    expect(text).toMatch(/muster_trust_list_remaining_?\w*\{issuer="issuing"[^}]*\} [1-9]/);
  });

  it('never says a secret or a key', () => {
    expect(trust.output).not.toMatch(/PRIVATE KEY|correct horse/);
  });

  it.each([
    ['no passphrase', { MUSTER_TRUST_PASSPHRASE_FILE: '' }, 'MUSTER_TRUST_PASSPHRASE_FILE is not set'],
    [
      'no such identity',
      { MUSTER_TRUST_EST_IDENTITY: 'nobody' },
      'there is no identity "nobody"; there are est',
    ],
    ['a port that is taken', { MUSTER_HTTP_PORT: '0' }, 'name another one with MUSTER_TRUST_PORT'],
  ])('does not start with %s, and says why', async (_, more, why) => {
    const other = start(more);
    expect(await other.ended()).toBe(1);
    expect(other.output).toContain(why);
  });

  it('warns of what ends within 31 days, with the date in GMT', async () => {
    await ca('issue', '--name', 'short', '--profile', 'client', '--subject', 'CN=short', '--days', '30');
    const env = { MUSTER_TRUST_PORT: '0', MUSTER_TRUST_EST_PORT: '0', MUSTER_HTTP_PORT: '0' };
    const other = start(env);
    await until('it warns', () =>
      /"code":"certificateExpires","certificate":"the identity \\"short\\"","until":"\w{3}, [^"]* GMT"/.test(
        other.output,
      ),
    );
    await until('it has started', () => other.output.includes('"msg":"Started"'));
    expect(await other.signal('SIGTERM')).toBe(0);
  });

  it('killed, it goes on with what it had', async () => {
    await trust.signal('SIGKILL');
    trust = start();
    await ready(trust);
    expect((await ocsp('new.pem')).text).toContain('new.pem: good');
  });
});
