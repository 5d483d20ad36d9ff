import { expect, test } from 'vitest';
import { listenerBody } from '../events/listener.js';
import { checkListener } from './listener.js';

const listener = (part: object) =>
  listenerBody.parse({ name: 'Second site', host: 'muster.example', ...part });

test.each(['muster.example', 'muster', '10.0.0.1', 'fd00::1', 'a-b.example.'])('%s is a host', (host) => {
  expect(checkListener(listener({ host }))).toEqual([]);
});

test.each(['10.0.0.256', '1.2.3', '-a.example', 'a..b', '127.1', 'fd00::g', ':'])('%s is no host', (host) => {
  expect(checkListener(listener({ host }))).toMatchObject([{ field: 'host' }]);
});

test('authorities must be readable certificates', () => {
  expect(checkListener(listener({ trustedAuthorities: 'hello' }))).toMatchObject([
    { message: 'has no certificate in PEM format' },
  ]);
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  expect(checkListener(listener({ trustedAuthorities: broken }))).toMatchObject([
    { message: 'certificate 1 cannot be read' },
  ]);
});
