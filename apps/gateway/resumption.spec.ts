// No session is ever resumed: a resumed one would keep the trust of the day it began. And what the gateway offers is exactly
// what it says: groups one by one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SecureVersion } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority } from '../../test/support/authority.js';
import {
  dial,
  gatewayBench,
  heard,
  line,
  type Client,
  type GatewayBench,
} from '../../test/support/gateway.js';
import { ownFolder } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';

const authority = await Authority.create('Trusted root');
const { key, certificate: cert } = await authority.issue({
  commonName: 'printer',
  serialNumber: 'TEST-0001',
});

let bench: GatewayBench;
beforeAll(async () => {
  // A client that goes at once may leave half a handshake, which keeps its place until the limit is over.
  bench = await gatewayBench({ MUSTER_GATEWAY_CONNECTIONS_PER_SOURCE_MAX: '1000' });
});
afterAll(() => bench.stop());

const versions = ['TLSv1.2', 'TLSv1.3'] as const;
const modes = {
  none: () => bench.configure({}),
  mutual: () => bench.configure({ authentication: 'mutual', trustedAuthorities: authority.certificate }),
};

/** All that a client could resume by, of a connection on which it announced itself. */
async function sessionsOf(client: Client): Promise<readonly Buffer[]> {
  const socket = await dial(bench.port, client);
  const sessions: (Buffer | undefined)[] = [];
  const keep = (): number => sessions.push(socket.getSession());
  // Of TLS 1.2 it is there now, of TLS 1.3 it comes later.
  keep();
  socket.on('session', (session: Buffer) => sessions.push(session)).on('data', keep);
  socket.end(line());
  expect(await heard(socket)).toMatchObject([{ result: 'accepted' }]);
  const kept = sessions.filter((session) => session !== undefined);
  expect(kept).not.toEqual([]);
  return kept;
}

describe.each(versions)('a client of %s', (version: SecureVersion) => {
  const only = { minVersion: version, maxVersion: version, key, cert } as const;

  it.each(['none', 'mutual'] as const)('cannot resume, mode %s', async (mode) => {
    await modes[mode]();
    const sessions = await sessionsOf(only);
    // Another rule must not be met by an old session either.
    for (const change of [() => Promise.resolve(0), modes.mutual, modes.none]) {
      await change();
      for (const session of sessions) {
        const again = await dial(bench.port, { ...only, session });
        expect(again.isSessionReused()).toBe(false);
        again.destroy();
      }
    }
  });

  it('cannot resume without the certificate that it had', async () => {
    await modes.mutual();
    for (const session of await sessionsOf(only)) {
      const socket = await dial(bench.port, { ...only, key: undefined, cert: undefined, session });
      socket.end(line());
      expect(await heard(socket)).toMatchObject([{ authentication: 'failed', reason: 'noCertificate' }]);
    }
  });

  it('cannot resume by openssl s_client', async () => {
    await modes.none();
    const file = join(await ownFolder('session'), 'session.pem');
    const flag = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3';
    const first = await sClient([flag, '-sess_out', file]);
    expect(first).toMatch(/New, TLSv1\.[23]/);
    const again = await sClient([flag, ...(existsSync(file) ? ['-sess_in', file] : [])]);
    expect(again).toMatch(/New, TLSv1\.[23]/);
    expect(again).not.toContain('Reused');
    expect(again).toContain('"result":"accepted"');
  });
});

/** What openssl says of a connection on which it announced itself. */
async function sClient(words: readonly string[]): Promise<string> {
  const openssl = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${bench.port}`, ...words]);
  let output = '';
  openssl.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  openssl.stdin.write(line());
  await until('it is answered', () => output.includes('"type":"acknowledge"'));
  openssl.kill();
  await once(openssl, 'close');
  return output;
}

describe('the key exchange', () => {
  it.each([
    ['X25519MLKEM768', true],
    ['X25519', true],
    ['P-256', true],
    ['SecP256r1MLKEM768', false],
    ['SecP384r1MLKEM1024', false],
    ['MLKEM512', false],
    ['MLKEM768', false],
    ['MLKEM1024', false],
    ['P-384', false],
    ['P-521', false],
    ['X448', false],
    ['brainpoolP256r1tls13', false],
    ['ffdhe2048', false],
    ['ffdhe3072', false],
    ['ffdhe4096', false],
    ['ffdhe6144', false],
    ['ffdhe8192', false],
  ])('with %s alone: %s', async (ecdhCurve, offered) => {
    // A client that does not know a group could not tell.
    const knows = () => dial(1, { ecdhCurve }).catch((error: unknown) => String(error));
    expect(await knows()).toContain('ECONNREFUSED');
    const socket = await dial(bench.port, { ecdhCurve, minVersion: 'TLSv1.3' }).catch(() => null);
    socket?.destroy();
    expect(socket !== null).toBe(offered);
  });

  it('is the hybrid one for a Node that is told nothing', async () => {
    const socket = await dial(bench.port);
    expect(socket.getEphemeralKeyInfo()).toMatchObject({ name: 'X25519MLKEM768' });
    socket.destroy();
  });
});

describe('a gateway for TLS 1.3 alone', () => {
  it('takes no TLS 1.2', async () => {
    const strict = await bench.another({ MUSTER_GATEWAY_TLS_MIN: 'TLSv1.3' });
    const two = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
    await expect(dial(strict.port, two)).rejects.toThrow(/protocol version/i);
    (await dial(strict.port)).destroy();
    await strict.stop();
  });
});
