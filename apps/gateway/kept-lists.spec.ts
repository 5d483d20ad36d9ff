// A gateway that starts while the address of a list is away: it goes by what it fetched before, if that is still what its
// authority signed.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayBench, line, say, type GatewayBench } from '../../test/support/gateway.js';
import { OpensslAuthority } from '../../test/support/openssl-authority.js';
import { ownFolder } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';
import type { Credentials } from '#pki/certificate';
import type { Gateway } from './gateway.js';

const serial = 'VNB3K12345';
const limits = { MUSTER_GATEWAY_CONNECTIONS_PER_SOURCE_MAX: '1000' };

let authority: OpensslAuthority;
let good: Credentials;
let revoked: Credentials;
let bench: GatewayBench;
let site: Server;
let kept: string;
/** Null: the address is away. */
let list: Buffer | null = null;

beforeAll(async () => {
  authority = new OpensslAuthority(await ownFolder('kept'));
  good = authority.issue('good', serial);
  revoked = authority.issue('revoked', serial);
  authority.revoke('revoked');
  list = authority.crl();
  site = createServer((request, response) => {
    if (list) response.end(list);
    else request.socket.destroy();
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  kept = await ownFolder('kept-lists');
  bench = await gatewayBench({ ...limits, MUSTER_GATEWAY_CRL_CACHE_DIR: kept });
  await bench.configure({
    authentication: 'mutual',
    trustedAuthorities: authority.certificate,
    revocation: { policy: 'hard', crlUrls: [at('/list')], ocspUrl: null },
  });
  await until('it is kept', () => readdirSync(kept).some((name) => name.endsWith('.crl')));
});
afterAll(async () => {
  await bench.stop();
  site.closeAllConnections();
  site.close();
});

const at = (path: string): string => `http://127.0.0.1:${(site.address() as AddressInfo).port}${path}`;

async function outcome(port: number, { key, certificate: cert }: Credentials): Promise<unknown> {
  const [answer] = await say(port, line({ serial }), { key, cert });
  return answer?.['reason'] ?? answer?.['result'];
}
const outcomes = async (port: number): Promise<readonly unknown[]> => [
  await outcome(port, good),
  await outcome(port, revoked),
];

/** A gateway that starts now; what it makes of both devices, once it has its configuration. */
async function startedNow(folder: string | null): Promise<{ gateway: Gateway; found: readonly unknown[] }> {
  const cache = folder === null ? {} : { MUSTER_GATEWAY_CRL_CACHE_DIR: folder };
  const gateway = await bench.another({ ...limits, ...cache });
  await until('it has its configuration', async () => {
    const answer = await outcome(gateway.port, good);
    return answer !== 'notReady' && answer !== 'changed';
  });
  return { gateway, found: await outcomes(gateway.port) };
}

const onlyFile = (): string => {
  const [name = '', ...more] = readdirSync(kept).filter((each) => each.endsWith('.crl'));
  expect(more).toEqual([]);
  return join(kept, name);
};

/** In PEM, in the last line but one. */
const inSignature = /[^\n](?=[^\n]{9}\n[^\n]*\n-----END)/;
const turned = (letter: string): string => (letter === 'A' ? 'B' : 'A');

describe('a list that was fetched', () => {
  it('is kept, and holds after a restart while its address is away', async () => {
    expect(await outcomes(bench.port)).toEqual(['accepted', 'revoked']);
    expect(readFileSync(onlyFile())).toEqual(list);
    const last = list;
    list = null;
    const { gateway, found } = await startedNow(kept);
    expect(found).toEqual(['accepted', 'revoked']);
    expect(gateway.problems?.()).toEqual([]);
    await gateway.stop();
    list = last;
  });

  it('is not there without the folder: nobody is known to be good', async () => {
    const last = list;
    list = null;
    const { gateway, found } = await startedNow(null);
    expect(found).toEqual(['revocationUnknown', 'revocationUnknown']);
    expect(gateway.problems?.()).toHaveLength(1);
    await gateway.stop();
    list = last;
  });

  it.each<[string, (last: Buffer) => Buffer | Promise<Buffer>]>([
    ['a changed bit', (last) => Buffer.from(last.toString('latin1').replace(inSignature, turned), 'latin1')],
    ['half of it', (last) => last.subarray(0, last.length / 2)],
    [
      'that of another authority of the same name',
      async () => new OpensslAuthority(await ownFolder('x')).crl(),
    ],
  ])('with %s is as good as none', async (_, change) => {
    const file = onlyFile();
    const last = readFileSync(file);
    writeFileSync(file, await change(last));
    expect(readFileSync(file)).not.toEqual(last);
    list = null;
    const { gateway, found } = await startedNow(kept);
    expect(found).toEqual(['revocationUnknown', 'revocationUnknown']);
    list = last;
    await gateway.stop();
    writeFileSync(file, last);
  });

  it('that is of no use is replaced once the address is back', async () => {
    const file = onlyFile();
    const last = readFileSync(file);
    writeFileSync(file, 'nonsense');
    const { gateway, found } = await startedNow(kept);
    expect(found).toEqual(['accepted', 'revoked']);
    await until('it is kept again', () => readFileSync(file).equals(last));
    await gateway.stop();
  });

  it('gives way to a newer one as soon as there is one', async () => {
    authority.revoke('good');
    list = authority.crl();
    const { gateway, found } = await startedNow(kept);
    expect(found).toEqual(['revoked', 'revoked']);
    await until('the newer one is kept', () => readFileSync(onlyFile()).equals(list ?? Buffer.alloc(0)));
    await gateway.stop();
  });
});
