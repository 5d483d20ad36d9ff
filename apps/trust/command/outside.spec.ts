// An authority elsewhere certifies what `muster ca` asks for: a server's key, or ours as an authority. It is made of openssl.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TypedCa } from '../../../test/support/typed-ca.js';

const ca = new TypedCa();
const { openssl } = ca;
afterAll(() => ca.remove());

beforeAll(async () => {
  await ca.done('init', '--subject', 'CN=Trial, O=Example, C=DE', '--url', 'http://trust.example:3333/');
});

it('request asks another authority, whose answer import takes, and no other’s', async () => {
  openssl.file(
    'asked.pem',
    await ca.done('request', '--name', 'outside', '--profile', 'server', '--subject', 'CN=out.example'),
  );
  for (const name of ['first', 'second']) openssl.authority(name);
  const by = ['-CA', 'first.pem', '-CAkey', 'first.key', '-CAcreateserial', '-copy_extensions', 'copyall'];
  openssl.run('x509', '-req', '-in', 'asked.pem', ...by, '-out', 'answer.pem');
  expect((await ca.type('export', 'outside', '--out', 'x.pem')).text).toContain('waits for its certificate');
  expect((await ca.type('import', 'second.pem', '--name', 'outside')).text).toContain(
    'belongs to the private key',
  );
  await ca.done('import', 'answer.pem', '--name', 'outside');
  await ca.done('export', 'outside', '--out', 'outside.pem');
  expect(openssl.run('verify', '-CAfile', 'first.pem', 'outside.pem')).toBe('outside.pem: OK\n');
});

it('init --request: an authority elsewhere certifies ours', async () => {
  const elsewhere = ['--dir', openssl.path('below')];
  await ca.done('init', '--request', ...elsewhere);
  expect(
    (await ca.type('issue', ...elsewhere, '--name', 'a', '--profile', 'client', '--subject', 'CN=a')).text,
  ).toContain('waits for its certificate');
  openssl.authority('top');
  const sign = (extensions: string, out: string): void => {
    openssl.file('ext', extensions);
    const by = ['-CA', 'top.pem', '-CAkey', 'top.key', '-CAcreateserial', '-extfile', 'ext'];
    openssl.run('x509', '-req', '-in', 'below/authority/issuing.request.pem', ...by, '-out', 'signed.pem');
    openssl.file(out, openssl.read('signed.pem') + openssl.read('top.pem'));
  };
  sign('basicConstraints=CA:false', 'leaf.pem');
  expect((await ca.type('import', 'leaf.pem', '--issuing', ...elsewhere)).text).toContain(
    'leaf.pem is not one of an authority',
  );
  sign(
    'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash',
    'chain.pem',
  );
  expect((await ca.type('import', 'signed.pem', '--issuing', ...elsewhere)).text).toContain(
    'the file has to go on up to the root',
  );
  await ca.done('import', 'chain.pem', '--issuing', ...elsewhere);
  await ca.done('issue', ...elsewhere, '--out', 'c.pem', '--profile', 'client', '--subject', 'CN=c');
  openssl.file('c.crl', await ca.done('crl', ...elsewhere));
  const chain = ['-CAfile', 'top.pem', '-untrusted', 'chain.pem', '-CRLfile', 'c.crl', '-crl_check'];
  expect(openssl.run('verify', ...chain, 'c.pem')).toBe('c.pem: OK\n');
});
