import { expect, test } from 'vitest';
import { Authority } from '../../test/support/authority.js';
import { OpenSsl } from '../../test/support/openssl.js';
import { listenerBody } from '../events/listener.js';
import { selfSigned } from '../pki/self-signed.js';
import { checkListener } from './listener.js';

const listener = (part: object) =>
  listenerBody.parse({ name: 'Second site', host: 'muster.example', ...part });

test.each(['muster.example', 'muster', '10.0.0.1', 'fd00::1', 'a-b.example.'])('%s is a host', (host) => {
  expect(checkListener(listener({ host }))).toEqual([]);
});

test.each(['10.0.0.256', '1.2.3', '-a.example', 'a..b', '127.1', 'fd00::g', ':'])('%s is no host', (host) => {
  expect(checkListener(listener({ host }))).toMatchObject([{ field: 'host' }]);
});

test('a listener is trusted by an authority or by its own certificate, made as RFC 5280 says', async () => {
  const own = (await selfSigned({ commonName: 'second.example' })).certificate;
  const { certificate: root } = await Authority.create('Trial root');
  expect(checkListener(listener({ trustedAuthorities: `${root}\n${own}` }))).toEqual([]);
  const weak = new OpenSsl();
  const key = ['-newkey', 'rsa:1024', '-nodes', '-keyout', 'weak.key'];
  weak.run('req', '-x509', ...key, '-subj', '/CN=Weak', '-days', '9', '-out', 'weak.pem');
  expect(checkListener(listener({ trustedAuthorities: weak.read('weak.pem') }))).toMatchObject([
    {
      field: 'trustedAuthorities',
      message: expect.stringContaining('certificate 1 has a weak key') as string,
    },
  ]);
  weak.remove();
});

test('authorities must be readable certificates', () => {
  expect(checkListener(listener({ trustedAuthorities: 'hello' }))).toMatchObject([
    { message: 'there is no certificate in PEM form' },
  ]);
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  expect(checkListener(listener({ trustedAuthorities: broken }))).toMatchObject([
    { message: 'certificate 1 of 1 cannot be read' },
  ]);
});
