// Authorities and identities that `muster ca` makes; OpenSSL judges them.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TypedCa } from '../../../test/support/typed-ca.js';

const ca = new TypedCa();
const { openssl } = ca;
afterAll(() => ca.remove());

beforeAll(async () => {
  await ca.done('init', '--subject', 'CN=Trial, O=Example, C=DE', '--url', 'http://trust.example:3333/');
  await ca.done('export', '--authority', '--out', 'roots.pem');
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
  expect(await ca.type('init')).toMatchObject({
    status: 1,
    text: expect.stringContaining('holds an authority already'),
  });
});

it('what others are to have may be read by others: certificates and lists', async () => {
  const mask = process.umask(0o022);
  try {
    await ca.done('export', '--authority', '--out', 'public.pem');
    await ca.done('crl', '--out', 'public.crl');
    openssl.run(
      ...[
        'req',
        '-new',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        'k.pem',
        '-subj',
        '/CN=x',
        '-out',
        'r.pem',
      ],
    );
    await ca.done('sign', 'r.pem', '--profile', 'client', '--out', 'public-x.pem');
  } finally {
    process.umask(mask);
  }
  for (const file of ['public.pem', 'public.crl', 'public-x.pem'])
    expect(statSync(openssl.path(file)).mode & 0o777, file).toBe(0o644);
});

it('issue keeps an identity by its name, export writes it, import brings it back', async () => {
  const names = ['--names', 'DNS:m.example, IP:10.0.0.1'];
  await ca.done(
    'issue',
    '--name',
    'gateway',
    '--profile',
    'mutual',
    '--subject',
    'CN=muster.example',
    ...names,
  );
  expect(
    await ca.type('issue', '--name', 'gateway', '--profile', 'client', '--subject', 'CN=x'),
  ).toMatchObject({
    status: 1,
  });
  await ca.done('export', 'gateway', '--out', 'gateway.p12', '--password-file', ca.password);
  openssl.run('pkcs12', '-in', 'gateway.p12', '-passin', 'file:password', '-nodes', '-out', 'gateway.pem');
  expect(ca.verify('gateway.pem', '-purpose', 'sslserver', '-verify_hostname', 'm.example')).toBe(
    'gateway.pem: OK\n',
  );
  await ca.done('import', 'gateway.p12', '--password-file', ca.password, '--name', 'again');
  await ca.done('export', 'again', '--out', 'again.pem');
  expect(statSync(openssl.path('again.pem')).mode & 0o777).toBe(0o600);
  expect(openssl.run('x509', '-in', 'again.pem')).toBe(openssl.run('x509', '-in', 'gateway.pem'));
  await ca.done('import', 'again.pem', '--name', 'third');
  expect(await ca.done('list', '--identities')).toMatch(
    /^again {2}CN=muster.example, until .* GMT\ngateway .*\nthird .*\n$/,
  );
});

it('renew makes both certificates anew for the same keys: old and new vouch for what was issued before', async () => {
  const ending = (name: string) =>
    openssl.run('x509', '-in', `trust/authority/${name}.pem`, '-noout', '-enddate');
  const before = [ending('root'), ending('issuing')];
  await ca.done('renew', '--days', '400');
  expect([ending('root') === before[0], ending('issuing') === before[1]]).toEqual([true, false]);
  await ca.done('renew', '--root', '--root-days', '8000', '--days', '4000');
  expect(ending('root')).not.toBe(before[0]);
  const issued = 'gateway.pem: OK\n';
  expect(ca.verify('gateway.pem', '-purpose', 'sslserver')).toBe(issued);
  await ca.done('export', '--authority', '--out', 'roots.pem');
  expect(ca.verify('gateway.pem', '-purpose', 'sslserver')).toBe(issued);
  await ca.done('issue', '--out', 'young.pem', '--profile', 'server', '--subject', 'CN=young.example');
  expect(ca.verify('young.pem', '-purpose', 'sslserver')).toBe('young.pem: OK\n');
  expect((await ca.done('list')).match(/ authority /g)).toHaveLength(3);
});

it('a key that was taken away is asked for', async () => {
  rmSync(openssl.path('trust/authority/root.key.pem'));
  expect((await ca.type('crl', '--root', '--renew')).text).toContain(
    'the key of the root authority is not in',
  );
  expect((await ca.type('renew')).text).toContain("the root's key is not in");
});
