// Who was revoked is refused within a minute, by word of authorities that openssl runs, at addresses on loopback.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { gatewayBench, line, say, type Answer, type GatewayBench } from '../../test/support/gateway.js';
import { OpensslAuthority } from '../../test/support/openssl-authority.js';
import { ownFolder } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';
import type { Credentials } from '#pki/certificate';
import type { Revocation } from '#events/trust-set';

const serial = 'VNB3K12345';
const withinMs = 60_000;
const past = ['20240101000000Z', '20240102000000Z'] as const;

let authority: OpensslAuthority;
let bench: GatewayBench;
let site: Server;
/** What is published; null: there is nothing. */
let list: Buffer | null = null;
const asked: string[] = [];

beforeAll(async () => {
  authority = new OpensslAuthority(await ownFolder('lists'));
  bench = await gatewayBench();
  site = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/moved') response.writeHead(302, { location: '/list' }).end();
    else response.writeHead(list ? 200 : 404).end(list);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await bench.stop();
  site.closeAllConnections();
  site.close();
});

const at = (path: string): string => `http://127.0.0.1:${(site.address() as AddressInfo).port}${path}`;

/** Each time another address, so that nothing is left of the test before. */
async function judgeBy(revocation: Partial<Revocation>): Promise<void> {
  await bench.configure({
    authentication: 'mutual',
    trustedAuthorities: authority.certificate,
    revocation: { policy: 'hard', crlUrls: [], ocspUrl: null, ...revocation },
  });
}

async function told({ key, certificate: cert }: Credentials): Promise<Answer | undefined> {
  const [answer] = await say(bench.port, line({ serial }), { key, cert });
  return answer;
}

async function outcome(device: Credentials): Promise<unknown> {
  const answer = await told(device);
  return answer?.['reason'] ?? answer?.['result'];
}

describe('by a list', () => {
  it('a device is refused within a minute of its revocation, and no other one', async () => {
    const [revoked, other] = [authority.issue('one', serial), authority.issue('two', serial)];
    list = authority.crl();
    await judgeBy({ crlUrls: [at('/list')] });
    expect([await outcome(revoked), await outcome(other)]).toEqual(['accepted', 'accepted']);
    authority.revoke('one');
    list = authority.crl();
    await until('it is refused', async () => (await outcome(revoked)) === 'revoked', withinMs);
    expect(await outcome(other)).toBe('accepted');
  });

  it.each([
    ['none', () => null, 'revocationUnknown'],
    ['one that is out of date', () => authority.crl(past), 'revocationUnknown'],
    ['what is no list', () => Buffer.from('<html>'), 'revocationUnknown'],
    [
      'one of another authority',
      async () => new OpensslAuthority(await ownFolder('others')).crl(),
      'revocationUnknown',
    ],
    ['one that is too large', () => Buffer.alloc(11_000_000), 'revocationUnknown'],
  ])('with %s, hard refuses and soft does not', async (what, published, reason) => {
    const device = authority.issue('three', serial);
    list = await published();
    const address = at(`/${encodeURIComponent(what)}`);
    await judgeBy({ crlUrls: [address] });
    expect(await told(device)).toMatchObject({ result: 'refused', reason });
    expect(bench.gateway.problems?.()).toHaveLength(1);
    await judgeBy({ policy: 'soft', crlUrls: [address] });
    expect(await outcome(device)).toBe('accepted');
    expect(bench.gateway.problems?.()).toEqual([]);
    await judgeBy({ policy: 'off', crlUrls: [address] });
    expect(await outcome(device)).toBe('accepted');
  });

  it('an old one tells of those who were revoked all the same, soft or hard', async () => {
    const device = authority.issue('four', serial);
    authority.revoke('four');
    list = authority.crl(past);
    for (const policy of ['hard', 'soft'] as const) {
      await judgeBy({ policy, crlUrls: [at(`/old-${policy}`)] });
      expect(await outcome(device)).toBe('revoked');
    }
  });

  it('a redirect is not followed', async () => {
    list = authority.crl();
    asked.length = 0;
    await judgeBy({ crlUrls: [at('/moved')] });
    expect(await outcome(authority.issue('five', serial))).toBe('revocationUnknown');
    expect(bench.gateway.problems?.()[0]).toContain('status 302');
    expect(new Set(asked)).toEqual(new Set(['/moved']));
  });
});

describe('by a responder', () => {
  it('a device is refused within a minute of its revocation', async () => {
    const device = authority.issue('six', serial);
    const port = await freePort();
    const responder = await authority.respond(port);
    try {
      await judgeBy({ ocspUrl: `http://127.0.0.1:${port}/` });
      expect(await outcome(device)).toBe('accepted');
      authority.revoke('six');
      await until('it is refused', async () => (await outcome(device)) === 'revoked', withinMs);
    } finally {
      responder.kill();
      await once(responder, 'exit');
    }
  });

  it('that does not answer, hard sends away to come again and soft does not', async () => {
    const device = authority.issue('seven', serial);
    const ocspUrl = `http://127.0.0.1:${await freePort()}/`;
    await judgeBy({ ocspUrl });
    expect(await told(device)).toMatchObject({
      result: 'retry',
      reason: 'revocationUnknown',
      authentication: 'failed',
      retryAfterMs: expect.any(Number) as number,
      event: null,
    });
    await judgeBy({ policy: 'soft', ocspUrl });
    expect(await outcome(device)).toBe('accepted');
  });
});
