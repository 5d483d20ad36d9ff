// x509-limbo's cases by real handshakes through the gateway's own TLS settings, trust and rule. A program of its own, as each
// time of the suite is a run under another clock: node dist/test/pki/limbo.js SUITE [TIME], one line of JSON a case.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { exampleIdentity } from '#events/identity';
import { edgeConfigured } from '#events/settings';
import { selfSigned } from '#pki/self-signed';
import { readPeer } from '#pki/peer';
import { readGatewayConfig } from '../../apps/gateway/config.js';
import { judge } from '../../apps/gateway/judge.js';
import { contextOptions, serverOptions } from '../../apps/gateway/tls.js';
import { EdgeTrust } from '../../apps/gateway/trust.js';
import { silentLog } from '../support/silent.js';
import { casesAt, type LimboCase, type LimboResult } from './limbo-suite.js';

const config = readGatewayConfig({ MUSTER_GATEWAY_IDENTITY_DIR: '/nowhere' });
const own = await selfSigned({ commonName: 'muster' });
const origin = { server: '0193f2a0-0000-7000-8000-0000000000c2', hops: 1, fingerprint: null };
/** Forwarded: a device's certificate would have to be of its serial number too, which the suite's are not. */
const announcement = {
  identity: exampleIdentity,
  reason: 'boot',
  announcementId: null,
  traceparent: null,
  origin,
} as const;

const [, , suite = '', time = ''] = process.argv;
const folder = await mkdtemp(join(tmpdir(), 'muster-limbo-'));
const cases = casesAt(readFileSync(suite, 'utf8'), time === '' ? null : time);
// What is done for the first time takes longer, whatever the case is.
for (const each of cases.slice(0, 1)) await outcomeOf(each);
for (const each of cases) {
  const since = process.cpuUsage();
  const reason = await outcomeOf(each);
  const { user, system } = process.cpuUsage(since);
  const result: LimboResult = { id: each.id, reason, tookMs: (user + system) / 1000 };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
await rm(folder, { recursive: true });

/** Null: verified. */
async function outcomeOf(each: LimboCase): Promise<string | null> {
  const trust = new EdgeTrust({ log: silentLog, folder, keptIn: null });
  const names = each.crls.map((_, index) => `file:${index}.crl`);
  for (const [index, crl] of each.crls.entries()) await writeFile(join(folder, `${index}.crl`), crl);
  const edge = {
    ...edgeConfigured.example,
    fromPrimaries: 'verified' as const,
    trustedAuthorities: each.trusted_certs.join('\n'),
    revocation: {
      policy: names.length > 0 ? ('hard' as const) : ('off' as const),
      crlUrls: names,
      ocspUrl: null,
    },
  };
  trust.follow(edge);
  try {
    const peer = await handshake(each, trust.current.pem);
    const from = { address: '127.0.0.1', peer };
    const judgement = await judge(announcement, from, { edge, trust: trust.current }, new Date());
    if (judgement.admitted) return null;
    // Of what is asked of a certificate the last, and of a server that forwards alone: a full DNS name.
    return judgement.reason === 'deviceCertificate' ? null : judgement.reason;
  } catch (error) {
    // Refused by TLS itself; whatever else is thrown is no refusal, and ends the run.
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code.startsWith('ERR_SSL_')) return `handshake: ${code}`;
    throw error;
  } finally {
    await trust.stop();
  }
}

async function handshake(
  each: LimboCase,
  authorities: readonly string[],
): Promise<ReturnType<typeof readPeer>> {
  const server = createServer({ ...serverOptions(config), ...contextOptions(config, own, authorities) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const met = new Promise<TLSSocket>((resolve, reject) => {
    server.once('secureConnection', resolve);
    server.once('tlsClientError', reject);
  });
  met.catch(() => undefined);
  const cert = [each.peer_certificate, ...each.untrusted_intermediates].join('\n');
  let client: TLSSocket | undefined;
  try {
    // A device may have any key: what it shows is for the server to judge.
    const ciphers = 'DEFAULT:@SECLEVEL=0';
    client = connect({
      port,
      host: '127.0.0.1',
      cert,
      key: each.peer_certificate_key ?? '',
      ciphers,
      rejectUnauthorized: false,
    });
    client.on('error', () => undefined);
    const socket = await met;
    const peer = readPeer(socket);
    socket.destroy();
    return peer;
  } finally {
    client?.destroy();
    server.close();
  }
}
