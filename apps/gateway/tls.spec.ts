// The ciphers that the gateway leaves open serve either kind of key, in either version of TLS.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect, createServer, type SecureVersion } from 'node:tls';
import { expect, it } from 'vitest';
import type { Credentials } from '#pki/certificate';
import { ownFolder } from '../../test/support/servers.js';
import { readGatewayConfig } from './config.js';
import { contextOptions, serverOptions } from './tls.js';

const kinds = {
  RSA: ['-newkey', 'rsa:2048'],
  ECDSA: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
} as const;

async function identityOf(kind: keyof typeof kinds): Promise<Credentials> {
  const dir = await ownFolder('tls');
  const [key, certificate] = [join(dir, 'key.pem'), join(dir, 'certificate.pem')];
  const words = ['-x509', '-nodes', '-days', '2', '-subj', '/CN=muster', '-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', ...kinds[kind], ...words], { stdio: 'ignore' });
  return { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
}

/** The cipher that a client of one version gets, with whatever it offers of itself. */
async function cipherOf(identity: Credentials, version: SecureVersion): Promise<string> {
  const config = readGatewayConfig({ MUSTER_GATEWAY_IDENTITY_DIR: '/nowhere' });
  const server = createServer(
    { ...serverOptions(config), ...contextOptions(config, identity, []) },
    (socket) => socket.end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const client = connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    minVersion: version,
    maxVersion: version,
  });
  try {
    await once(client, 'secureConnect');
    return client.getCipher().name;
  } finally {
    client.destroy();
    server.close();
  }
}

it.each(['RSA', 'ECDSA'] as const)('a key of %s', async (kind) => {
  const identity = await identityOf(kind);
  expect(await cipherOf(identity, 'TLSv1.2')).toMatch(new RegExp(`^ECDHE-${kind}-.*GCM`));
  expect(await cipherOf(identity, 'TLSv1.3')).toMatch(/^TLS_AES_/);
});
