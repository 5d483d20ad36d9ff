// `muster ca` as a person types it; what it makes is judged by OpenSSL.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OpenSsl } from '../../../test/support/openssl.js';
import { typed } from '../../../test/support/typed.js';
import { runCommand } from './command-line.js';

const openssl = new OpenSsl();
afterAll(() => openssl.remove());

const passphrase = openssl.file('passphrase', 'correct horse battery staple\n');
const password = openssl.file('password', 'a pass of files\n');

/** In the folder `trust`, unless the words say otherwise; files are in the folder of openssl. */
const type = (...words: readonly string[]) =>
  typed(
    runCommand,
    words.map((word) => (/^[\w-]+\.(?:pem|p12|crl)$/.test(word) ? openssl.path(word) : word)),
    { MUSTER_TRUST_DIR: openssl.path('trust'), MUSTER_TRUST_PASSPHRASE_FILE: passphrase },
  );

async function done(...words: readonly string[]): Promise<string> {
  const { status, out, text } = await type(...words);
  expect(text.slice(0, status === 0 ? 0 : undefined)).toBe('');
  return out;
}

const verify = (file: string, ...words: readonly string[]): string =>
  openssl.try('verify', '-x509_strict', ...words, '-CAfile', 'roots.pem', '-untrusted', 'roots.pem', file)
    .text;

beforeAll(async () => {
  await done('init', '--subject', 'CN=Trial, O=Example, C=DE', '--url', 'http://trust.example:3333/');
  await done('export', '--authority', '--out', 'roots.pem');
});

it('init leaves keys that only the passphrase opens, for their owner only, and is not done twice', async () => {
  const folder = openssl.path('trust/authority');
  expect(readdirSync(folder).toSorted()).toEqual([
    'issuing.key.pem',
    'issuing.pem',
    'root.key.pem',
    'root.pem',
  ]);
  const files = [
    ...readdirSync(folder).map((name) => join(folder, name)),
    openssl.path('trust/books.sqlite'),
  ];
  for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, 'root.key.pem'), 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY');
  openssl.run('pkey', '-in', 'trust/authority/root.key.pem', '-passin', 'file:passphrase', '-noout');
  const root = openssl.run('x509', '-in', 'trust/authority/root.pem', '-noout', '-subject');
  expect(root.trim()).toBe('subject=C = DE, O = Example, CN = Trial root');
  expect(await type('init')).toMatchObject({
    status: 1,
    text: expect.stringContaining('holds an authority already'),
  });
});

it('issue keeps an identity by its name, export writes it, import brings it back', async () => {
  await done(
    'issue',
    '--name',
    'gateway',
    '--profile',
    'mutual',
    '--subject',
    'CN=muster.example',
    '--names',
    'DNS:m.example, IP:10.0.0.1',
  );
  expect(await type('issue', '--name', 'gateway', '--profile', 'client', '--subject', 'CN=x')).toMatchObject({
    status: 1,
  });
  await done('export', 'gateway', '--out', 'gateway.p12', '--password-file', password);
  openssl.run('pkcs12', '-in', 'gateway.p12', '-passin', 'file:password', '-nodes', '-out', 'gateway.pem');
  expect(verify('gateway.pem', '-purpose', 'sslserver', '-verify_hostname', 'm.example')).toBe(
    'gateway.pem: OK\n',
  );
  await done('import', 'gateway.p12', '--password-file', password, '--name', 'again');
  await done('export', 'again', '--out', 'again.pem');
  expect(statSync(openssl.path('again.pem')).mode & 0o777).toBe(0o600);
  expect(openssl.run('x509', '-in', 'again.pem')).toBe(openssl.run('x509', '-in', 'gateway.pem'));
  await done('import', 'again.pem', '--name', 'third');
  expect(await done('list', '--identities')).toMatch(
    /^again {2}CN=muster.example, until .* GMT\ngateway .*\nthird .*\n$/,
  );
});

it('sign certifies a request of openssl; revoke puts it on the list, which OpenSSL obeys', async () => {
  openssl.run(
    'req',
    '-new',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'k.pem',
    '-out',
    'r.pem',
    '-subj',
    '/CN=Printer 7/serialNumber=VNB3K12345',
  );
  const serial = /^(\w+): device for CN=Printer 7, serialNumber=VNB3K12345/m.exec(
    (await type('sign', 'r.pem', '--profile', 'device', '--out', 'device.pem')).text,
  )?.[1];
  const checked = async (): Promise<string> => {
    await done('crl', '--out', 'lists.pem');
    openssl.file('lists.pem', openssl.read('lists.pem') + (await done('crl', '--root')));
    return verify('device.pem', '-purpose', 'sslclient', '-crl_check_all', '-CRLfile', 'lists.pem');
  };
  expect(await checked()).toBe('device.pem: OK\n');
  expect(await done('revoke', '--device', 'VNB3K12345', '--reason', 'keyCompromise')).toContain(
    `${serial ?? ''} is revoked`,
  );
  expect(await checked()).toContain('certificate revoked');
  expect(openssl.run('crl', '-in', 'lists.pem', '-noout', '-crlnumber').trim()).toBe('crlNumber=0x02');
  expect(await type('revoke', serial ?? '')).toMatchObject({
    status: 1,
    text: expect.stringContaining('was revoked already, on'),
  });
  expect(await done('list', '--revoked')).toMatch(/^\w+ {2}device .*revoked .* GMT \(keyCompromise\)\n$/);
  await done('crl', '--renew', '--out', 'list.crl');
  expect(openssl.run('crl', '-inform', 'DER', '-in', 'list.crl', '-noout', '-crlnumber').trim()).toBe(
    'crlNumber=0x03',
  );
});

it('request asks another authority, whose answer import takes, and no other’s', async () => {
  openssl.file(
    'asked.pem',
    await done('request', '--name', 'outside', '--profile', 'server', '--subject', 'CN=out.example'),
  );
  const [first, second] = ['first', 'second'].map((name) => {
    openssl.run(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-subj',
      `/CN=${name}`,
    );
    return name;
  });
  openssl.run(
    'x509',
    '-req',
    '-in',
    'asked.pem',
    '-CA',
    `${first ?? ''}.pem`,
    '-CAkey',
    `${first ?? ''}.key`,
    '-CAcreateserial',
    '-copy_extensions',
    'copyall',
    '-out',
    'answer.pem',
  );
  expect((await type('export', 'outside', '--out', 'x.pem')).text).toContain('waits for its certificate');
  expect((await type('import', `${second ?? ''}.pem`, '--name', 'outside')).text).toContain(
    'belongs to the private key',
  );
  await done('import', 'answer.pem', '--name', 'outside');
  await done('export', 'outside', '--out', 'outside.pem');
  expect(openssl.run('verify', '-CAfile', 'first.pem', 'outside.pem')).toBe('outside.pem: OK\n');
});

it('init --request: an authority elsewhere certifies ours', async () => {
  const elsewhere = ['--dir', openssl.path('below')];
  await done('init', '--request', ...elsewhere);
  expect(
    (await type('issue', ...elsewhere, '--name', 'a', '--profile', 'client', '--subject', 'CN=a')).text,
  ).toContain('waits for its certificate');
  openssl.run(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'top.key',
    '-out',
    'top.pem',
    '-subj',
    '/CN=Top',
  );
  const sign = (extensions: string, out: string): void => {
    openssl.file('ext', extensions);
    openssl.run(
      'x509',
      '-req',
      '-in',
      'below/authority/issuing.request.pem',
      '-CA',
      'top.pem',
      '-CAkey',
      'top.key',
      '-CAcreateserial',
      '-extfile',
      'ext',
      '-out',
      'signed.pem',
    );
    openssl.file(out, openssl.read('signed.pem') + openssl.read('top.pem'));
  };
  sign('basicConstraints=CA:false', 'leaf.pem');
  expect((await type('import', 'leaf.pem', '--issuing', ...elsewhere)).text).toContain(
    'leaf.pem is not one of an authority',
  );
  sign(
    'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash',
    'chain.pem',
  );
  expect((await type('import', 'signed.pem', '--issuing', ...elsewhere)).text).toContain(
    'the file has to go on up to the root',
  );
  await done('import', 'chain.pem', '--issuing', ...elsewhere);
  await done('issue', ...elsewhere, '--out', 'c.pem', '--profile', 'client', '--subject', 'CN=c');
  openssl.file('c.crl', await done('crl', ...elsewhere));
  const chain = ['-CAfile', 'top.pem', '-untrusted', 'chain.pem', '-CRLfile', 'c.crl', '-crl_check'];
  expect(openssl.run('verify', ...chain, 'c.pem')).toBe('c.pem: OK\n');
});

it('enrol prints a secret once, and keeps what it means', async () => {
  expect(await done('enrol', '--device', 'VNB3K777')).toMatch(/^VNB3K777 [\w-]{27}\n$/);
  expect(await done('list', '--secrets')).toMatch(/^VNB3K777 {2}VNB3K777, once, until .* GMT\n$/);
  await done('enrol', '--remove', 'VNB3K777');
  expect(await done('list', '--secrets')).toBe('none\n');
});

describe('typed wrongly', () => {
  it.each([
    { words: ['frob'], status: 2, says: 'There is no command frob' },
    { words: ['issue', '--speed', '9'], status: 2, says: "Unknown option '--speed'" },
    {
      words: ['issue', '--name', 'a', '--subject', 'CN=a'],
      status: 2,
      says: '--profile is one of server, client',
    },
    {
      words: ['issue', '--name', 'a', '--profile', 'server', '--subject', 'CN=a'],
      status: 1,
      says: 'CN of a server is its full DNS name',
    },
    {
      words: ['issue', '--name', 'a', '--profile', 'client', '--subject', 'CN=a', '--names', 'IP:1'],
      status: 1,
      says: '"1" is no IP address',
    },
    {
      words: ['issue', '--name', 'a', '--profile', 'client', '--subject', 'CN=a', '--days', '0'],
      status: 2,
      says: '--days is a whole number',
    },
    {
      words: ['issue', '--name', '../a', '--profile', 'client', '--subject', 'CN=a'],
      status: 2,
      says: 'is no name for an identity',
    },
    { words: ['sign', 'nowhere.pem', '--profile', 'client'], status: 1, says: 'nowhere.pem cannot be read' },
    {
      words: ['sign', passphrase, '--profile', 'client'],
      status: 1,
      says: 'passphrase holds no certificate request',
    },
    {
      words: ['revoke', 'ffff'],
      status: 1,
      says: 'no certificate with the serial number ffff was issued here',
    },
    {
      words: ['revoke', 'ffff', '--reason', 'bored'],
      status: 2,
      says: '--reason is one of unspecified, keyCompromise',
    },
    { words: ['export', 'nobody', '--out', 'x'], status: 1, says: 'there is no identity "nobody"' },
    {
      words: ['list', '--dir', '/nonexistent'],
      status: 1,
      says: '/nonexistent holds no authority: make one with muster ca init',
    },
    {
      words: ['crl', '--renew', '--passphrase-file', password],
      status: 1,
      says: 'has fewer than 20 characters',
    },
    {
      words: ['init', '--dir', 'x', '--url', 'https://a'],
      status: 2,
      says: '--url is an address such as http://trust.example:3333',
    },
    {
      words: ['enrol', '--any', '--names', 'DNS:a'],
      status: 2,
      says: '--names and --reusable are for one device',
    },
    { words: ['--help'], status: 0, says: 'muster ca sign REQUEST.pem' },
    { words: ['crl', '--help'], status: 0, says: 'prints the newest list' },
  ])('$words ends with $status', async ({ words, status, says }) => {
    const answer = await type(...words);
    expect(answer.text).toContain(says);
    expect(answer.status).toBe(status);
  });

  it('the wrong passphrase opens nothing', async () => {
    const wrong = openssl.file('wrong', 'some other words of some length\n');
    expect((await type('crl', '--renew', '--passphrase-file', wrong)).text).toContain(
      'the passphrase does not open the key in',
    );
  });
});

it('a key that was taken away is asked for', async () => {
  rmSync(openssl.path('trust/authority/root.key.pem'));
  expect((await type('crl', '--root', '--renew')).text).toContain('the key of the root authority is not in');
});
