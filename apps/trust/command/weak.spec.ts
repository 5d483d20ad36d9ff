// An identity that no server could present is not taken in, by whatever way it comes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TypedCa } from '../../../test/support/typed-ca.js';
import { weakIdentities } from '../../../test/support/weak-identities.js';

const ca = new TypedCa();
const { openssl } = ca;
afterAll(() => ca.remove());
beforeAll(() => ca.done('init', '--subject', 'CN=Trial'));

describe.each(weakIdentities(openssl))('with $what', ({ key, certificate, above, says }) => {
  const refused = { status: 1, text: expect.stringContaining(says) };

  it('an identity is not imported, from PEM or PKCS#12', async () => {
    openssl.file('weak.pem', key + certificate);
    expect(await ca.type('import', 'weak.pem', '--name', 'weak')).toMatchObject(refused);
    const legacy = ['-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'];
    const words = ['-in', 'weak.pem', '-passout', 'file:password', '-out', 'weak.p12'];
    openssl.run('pkcs12', '-export', ...legacy, ...words);
    const old = ['import', 'weak.p12', '--password-file', ca.password, '--name', 'weak'];
    expect(await ca.type(...old)).toMatchObject(refused);
    expect(await ca.done('list', '--identities')).toBe('none\n');
  });

  it('nor an issuing authority', async () => {
    openssl.file('chain.pem', certificate + above);
    expect(await ca.type('import', 'chain.pem', '--issuing')).toMatchObject(refused);
  });
});

it('what another authority answers by SHA-1 does not take the place of the request', async () => {
  const asked = ['request', '--name', 'asked', '--profile', 'server', '--subject', 'CN=out.example'];
  openssl.file('asked.csr', await ca.done(...asked));
  openssl.authority('elsewhere');
  const by = [
    '-CA',
    'elsewhere.pem',
    '-CAkey',
    'elsewhere.key',
    '-CAcreateserial',
    '-copy_extensions',
    'copyall',
  ];
  openssl.run('x509', '-req', '-sha1', '-in', 'asked.csr', ...by, '-out', 'answer.pem');
  expect((await ca.type('import', 'answer.pem', '--name', 'asked')).text).toContain(
    'is signed with MD5 or SHA-1',
  );
  openssl.run('x509', '-req', '-sha256', '-in', 'asked.csr', ...by, '-out', 'answer.pem');
  await ca.done('import', 'answer.pem', '--name', 'asked');
});
