// What Debian's scanners find at the gateway, which they try as any stranger would: nothing old, nothing weak. testssl takes minutes,
// so that only npm run scan asks it (SCAN=testssl). Neither knows the hybrid key exchange: resumption.spec.ts proves the
// groups one by one.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { gatewayBench, type GatewayBench } from '../../test/support/gateway.js';
import { TypedCa } from '../../test/support/typed-ca.js';

const run = promisify(execFile);
const sslscan = '/usr/bin/sslscan';

/** Attributes of each element of a name, in order. The report is sslscan's own, and flat. */
function elements(xml: string, name: string): readonly ReadonlyMap<string, string>[] {
  const attributes = (text: string): ReadonlyMap<string, string> =>
    new Map([...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));
  return [...xml.matchAll(new RegExp(`<${name} ([^>]*?)/?>`, 'g'))].map(([, text = '']) => attributes(text));
}

describe.skipIf(!existsSync(sslscan))('sslscan (skipped where it is not installed)', () => {
  let bench: GatewayBench;
  let report = '';
  beforeAll(async () => {
    bench = await gatewayBench();
    const words = ['--no-colour', '--show-times', '--xml=-', `127.0.0.1:${bench.port}`];
    ({ stdout: report } = await run(sslscan, words, { maxBuffer: 10_000_000 }));
  });
  afterAll(() => bench.stop());

  it('gets TLS 1.2 and 1.3, and nothing older', () => {
    const enabled = elements(report, 'protocol').filter((each) => each.get('enabled') === '1');
    expect(enabled.map((each) => `${each.get('type')} ${each.get('version')}`)).toEqual([
      'tls 1.2',
      'tls 1.3',
    ]);
  });

  it('gets ciphers that keep past connections secret and are authenticated, and no other', () => {
    const ciphers = elements(report, 'cipher');
    expect(ciphers.length).toBeGreaterThan(4);
    for (const each of ciphers) {
      expect(each.get('cipher')).toMatch(/^(?:TLS_|ECDHE-).*(?:GCM|CHACHA20)/);
      // Those of TLS 1.3 are acceptable to it, all of them.
      expect(['strong', 'acceptable']).toContain(each.get('strength'));
    }
  });

  it('gets the two groups that it knows of those that are offered', () => {
    expect(new Set(elements(report, 'group').map((each) => each.get('id')))).toEqual(
      new Set(['0x0017', '0x001d']),
    );
  });

  it('can neither renegotiate nor compress, and finds no heart that bleeds', () => {
    const flags = (name: string, key: string) => elements(report, name).map((each) => each.get(key));
    expect(flags('renegotiation', 'supported')).toEqual(['0']);
    expect(flags('heartbleed', 'vulnerable')).toEqual(['0', '0']);
    expect(flags('compression', 'supported')).not.toContain('1');
  });
});

const testssl = '/usr/bin/testssl';
const asked = process.env['SCAN'] === 'testssl' && existsSync(testssl);
/** WARN is what it could not find out; FATAL, that it could not go on. */
const grave = ['MEDIUM', 'HIGH', 'CRITICAL', 'FATAL'];
const findings = z.array(z.object({ id: z.string(), severity: z.string(), finding: z.string() }));

// The gateway shows what `muster ca` makes for it. That authority is private, so testssl is told of it, as devices are.
describe.skipIf(!asked)('testssl (npm run scan)', () => {
  const ca = new TypedCa();
  afterAll(() => ca.remove());

  it('finds nothing of severity MEDIUM or more', { timeout: 900_000 }, async () => {
    await ca.done('init', '--subject', 'CN=Private', '--url', 'http://127.0.0.1:3333');
    await ca.done('export', '--authority', '--out', 'roots.pem');
    const server = ['--profile', 'server', '--subject', 'CN=muster.example', '--names', 'DNS:localhost'];
    await ca.done('issue', ...server, '--out', 'identity.pem');
    const identity = ca.openssl.path('identity.pem');
    const bench = await gatewayBench({
      MUSTER_GATEWAY_KEY_FILE: identity,
      MUSTER_GATEWAY_CERTIFICATE_FILE: identity,
    });
    await bench.configure({});
    const report = ca.openssl.path('report.json');
    const words = ['--quiet', '--warnings', 'off', '--color', '0', '--jsonfile', report];
    const about = ['--add-ca', ca.openssl.path('roots.pem'), `localhost:${bench.port}`];
    // Its exit code counts what it found odd.
    await run(testssl, [...words, ...about], { maxBuffer: 10_000_000 }).catch(() => null);
    await bench.stop();
    const found = findings.parse(JSON.parse(await readFile(report, 'utf8')));
    expect(found.length).toBeGreaterThan(100);
    expect(found.find(({ id }) => id === 'cert_chain_of_trust')).toMatchObject({ severity: 'OK' });
    expect(found.filter(({ severity }) => grave.includes(severity))).toEqual([]);
    console.log(`testssl: ${found.length} findings, none of severity MEDIUM or more`);
  });
});
