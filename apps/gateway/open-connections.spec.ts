// What a change of trust means for devices that are connected already: whatever they are at, their connection ends within
// seconds, and nothing is decided by a rule that is gone. A revocation needs no end: each announcement is judged anew.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answersIn,
  dial,
  gatewayBench,
  line,
  say,
  type Answer,
  type Client,
  type GatewayBench,
} from '../../test/support/gateway.js';
import { OpensslAuthority } from '../../test/support/openssl-authority.js';
import { ownFolder } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';
import type { EdgeConfiguration } from '#events/settings';

const serial = 'VNB3K12345';
const withinMs = 5_000;

let authority: OpensslAuthority;
let other: OpensslAuthority;
let lists: string;
let bench: GatewayBench;
let device: Client;

beforeAll(async () => {
  lists = await ownFolder('lists');
  authority = new OpensslAuthority(await ownFolder('authority'));
  other = new OpensslAuthority(await ownFolder('other'), { commonName: 'Other' });
  const { key, certificate: cert } = authority.issue('device', serial);
  device = { key, cert };
  // Nothing but the change can end a connection here.
  bench = await gatewayBench({
    MUSTER_GATEWAY_CRL_DIR: lists,
    MUSTER_GATEWAY_FIRST_BYTE_SECONDS: '120',
    MUSTER_GATEWAY_FRAME_SECONDS: '120',
  });
});
afterAll(() => bench.stop());

const trusting = (change: Partial<EdgeConfiguration> = {}): Partial<EdgeConfiguration> => ({
  authentication: 'mutual',
  trustedAuthorities: authority.certificate,
  ...change,
});

interface Open {
  readonly socket: TLSSocket;
  answers(): readonly Answer[];
}

async function connect(): Promise<Open> {
  const socket = await dial(bench.port, device);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return { socket, answers: () => answersIn(text) };
}

const reasons = (answers: readonly Answer[]): readonly unknown[] =>
  answers.map(({ result, reason }) => reason ?? result);

/** What a device is at, and what it hears until its connection has ended. */
const states: readonly [string, () => Promise<Open>, readonly string[]][] = [
  ['connected, and said nothing yet', connect, ['changed']],
  [
    'half a line said',
    async () => {
      const open = await connect();
      open.socket.write(line({ serial }).slice(0, 40));
      return open;
    },
    ['changed'],
  ],
  [
    'answered, and silent since',
    async () => {
      const open = await connect();
      open.socket.write(line({ serial }));
      await until('it is answered', () => open.answers().length === 1);
      return open;
    },
    ['accepted'],
  ],
  [
    'answered, and half the next line said',
    async () => {
      const open = await connect();
      open.socket.write(line({ serial }) + line({ serial }).slice(0, 40));
      await until('it is answered', () => open.answers().length === 1);
      return open;
    },
    ['accepted'],
  ],
];

const changes: readonly [string, () => Partial<EdgeConfiguration>][] = [
  ['another authority', () => trusting({ trustedAuthorities: other.certificate })],
  ['one authority more', () => trusting({ trustedAuthorities: authority.certificate + other.certificate })],
  ['no authority', () => trusting({ trustedAuthorities: '' })],
  [
    'revocation to be known',
    () => trusting({ revocation: { policy: 'hard', crlUrls: ['file:none.crl'], ocspUrl: null } }),
  ],
  ['mode none', () => ({ authentication: 'none' })],
];

describe.each(changes)('%s', (_, change) => {
  it.each(states)('for a device that is %s', async (_state, begin, heard) => {
    await bench.configure(trusting());
    const open = await begin();
    const since = performance.now();
    await bench.tell(change());
    await until('its connection has ended', () => open.socket.closed, withinMs * 12);
    expect(performance.now() - since).toBeLessThan(withinMs);
    expect(reasons(open.answers())).toEqual(heard);
  });
});

describe('an announcement that waits for word of a revocation', () => {
  it.each(['hard', 'soft'] as const)('is to come again, %s', async (policy) => {
    const asked: Socket[] = [];
    const silent = createServer((socket) => void asked.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const ocspUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    await bench.configure(trusting({ revocation: { policy, crlUrls: [], ocspUrl } }));
    const open = await connect();
    open.socket.write(line({ serial }));
    await until('the responder was asked', () => asked.length > 0);
    await bench.tell(trusting({ trustedAuthorities: other.certificate }));
    await until('its connection has ended', () => open.socket.closed);
    expect(reasons(open.answers())).toEqual(['changed']);
    for (const socket of asked) socket.destroy();
    silent.close();
  });
});

describe('a revocation', () => {
  it('holds for the next announcement on a connection that was open before', async () => {
    const publish = (): void => writeFileSync(join(lists, 'site.crl'), authority.crl());
    publish();
    const revocation = { policy: 'hard' as const, crlUrls: ['file:site.crl'], ocspUrl: null };
    await bench.configure(trusting({ revocation }));
    const open = await connect();
    open.socket.write(line({ serial }));
    await until('it is accepted', () => open.answers().length === 1);
    authority.revoke('device');
    publish();
    const anew = async () => reasons(await say(bench.port, line({ serial }), device));
    await until('the list is in force', async () => (await anew())[0] === 'revoked');
    open.socket.end(line({ serial }));
    await until('its connection has ended', () => open.socket.closed);
    expect(reasons(open.answers())).toEqual(['accepted', 'revoked']);
  });
});
