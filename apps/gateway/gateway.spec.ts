import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answersIn,
  credentials,
  dial,
  gatewayBench,
  heard,
  line,
  say,
  server,
  type Answer,
  type GatewayBench,
} from '../../test/support/gateway.js';
import { until } from '../../test/support/until.js';
import { announce, Line } from '#announce/announce';
import { clientContext } from '#announce/reach';
import { exampleIdentity } from '#events/identity';
import { fingerprintOf } from '#pki/certificate';
import { X509Certificate } from 'node:crypto';

let bench: GatewayBench;
beforeAll(async () => {
  bench = await gatewayBench();
  await bench.configure({});
});
afterAll(() => bench.stop());

const fingerprint = fingerprintOf(new X509Certificate(credentials.certificate).raw);
const storedWith = (answer: Answer | undefined) =>
  until('it is stored', () => bench.stored().find(({ id }) => id === answer?.['event']));

describe('an announcement', () => {
  it('is stored with all that the gateway saw, then accepted', async () => {
    const announcementId = 'trigger-1';
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const [answer] = await say(
      bench.port,
      line({ announcementId, traceparent, reason: 'coldReset', hostname: 'p1' }),
    );
    expect(answer).toMatchObject({ result: 'accepted', authentication: 'anonymous', reason: null });
    const event = await storedWith(answer);
    expect(event.traceparent).toContain('0af7651916cd43dd8448eb211c80319c');
    expect(event.publisher).toBe('gateway');
    expect(event.data).toEqual({
      identity: {
        serial: 'TEST-0001',
        model: 'Test printer',
        mac: '02:00:00:00:00:01',
        ip: '127.0.0.1',
        hostname: 'p1',
        firmware: null,
      },
      reason: 'coldReset',
      announcementId,
      acceptedAt: expect.stringMatching(/Z$/) as string,
      transport: {
        peerAddress: '127.0.0.1',
        tlsVersion: 'TLSv1.3',
        cipher: 'TLS_AES_256_GCM_SHA384',
        group: 'X25519MLKEM768',
        fingerprint,
      },
      authentication: { mode: 'none', outcome: 'anonymous' },
      origin: null,
      configVersion: 1,
    });
  });

  it.each([
    ['TLS 1.2', { maxVersion: 'TLSv1.2' } as const, 'TLSv1.2'],
    ['no certificate', { key: undefined, cert: undefined }, 'TLSv1.3'],
    ['IPv6', { host: '::1' }, 'TLSv1.3'],
  ])('comes in by %s', async (_, client, tlsVersion) => {
    const ip = 'host' in client ? '::1' : '127.0.0.1';
    const [answer] = await say(bench.port, line({ ip }), client);
    const { data } = await storedWith(answer);
    expect(data.transport).toMatchObject({ tlsVersion, peerAddress: ip });
    expect(data.transport.fingerprint).toBe('cert' in client ? null : fingerprint);
  });

  it('repeated with its id is the same event; without one it is a new one', async () => {
    const same = line({ announcementId: 'again' });
    const repeats = [...(await say(bench.port, same)), ...(await say(bench.port, same + same))];
    expect(new Set(repeats.map(({ event }) => event)).size).toBe(1);
    const other = await say(bench.port, line({ announcementId: 'again', serial: 'TEST-0002' }));
    expect(other[0]?.['event']).not.toBe(repeats[0]?.['event']);
    const unnamed = line({ announcementId: undefined });
    const answers = await say(bench.port, unnamed + unnamed);
    expect(new Set(answers.map(({ event }) => event)).size).toBe(2);
  });

  it('from another address than its own is refused', async () => {
    const answers = await say(bench.port, line({ ip: '127.0.0.2' }) + line());
    expect(answers.map(({ reason, result }) => reason ?? result)).toEqual(['addressMismatch', 'accepted']);
  });

  it('may be one of hundreds over one connection, answered in order', async () => {
    const serials = Array.from({ length: 300 }, (_, n) => `MANY-${String(n).padStart(4, '0')}`);
    const answers = await say(bench.port, serials.map((serial) => line({ serial })).join(''));
    expect(answers).toHaveLength(300);
    await until('all are stored', () => {
      const bySerial = new Map(bench.stored().map(({ id, data }) => [data.identity.serial, id]));
      return serials.every((serial, n) => bySerial.get(serial) === answers[n]?.['event']);
    });
  });

  it('cannot write to the log', async () => {
    await say(bench.port, line({ ip: '10.0.0.1', model: 'x", "forged": "line' }));
    const told = bench.lines.filter(
      ({ fields }) => 'reason' in fields && fields.reason === 'addressMismatch',
    );
    expect(told).toHaveLength(1);
    expect(told[0]?.fields).toEqual({ peer: '127.0.0.1', reason: 'addressMismatch', serial: 'TEST-0001' });
  });
});

describe('a device made of openssl', () => {
  it('announces itself with one typed line', async () => {
    const args = ['s_client', '-quiet', '-connect', `127.0.0.1:${bench.port}`];
    const openssl = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'ignore'] });
    let output = '';
    openssl.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    openssl.stdin.write(line({ serial: 'TYPED-0001' }));
    await until('it is answered', () => output.includes('\n'));
    openssl.kill();
    await once(openssl, 'close');
    const [answer] = answersIn(output);
    expect(answer).toMatchObject({ result: 'accepted', authentication: 'anonymous' });
    expect((await storedWith(answer)).data.transport.fingerprint).toBeNull();
  });
});

describe("the client's half", () => {
  const context = clientContext(credentials);
  const route = () => ({ host: '127.0.0.1', port: bench.port, context, requireVerified: false });
  const announcement = {
    identity: { ...exampleIdentity, ip: '127.0.0.1' },
    reason: 'boot' as const,
    announcementId: null,
    traceparent: null,
    origin: null,
  };

  it('announces, and says that the server is self-signed', async () => {
    const { acknowledge, server: verdict } = await announce(route(), announcement);
    expect(acknowledge.result).toBe('accepted');
    expect(verdict).toEqual({ verified: false, problem: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  it('sends nothing to a server that it cannot trust, when trust is demanded', async () => {
    const untold = { ...announcement, identity: { ...announcement.identity, serial: 'UNTOLD-0001' } };
    await expect(announce({ ...route(), requireVerified: true }, untold)).rejects.toMatchObject({
      code: 'serverUntrusted',
    });
    // What was said before this one would be stored before it.
    const [later] = await say(bench.port, line());
    await storedWith(later);
    expect(bench.stored().map(({ data }) => data.identity.serial)).not.toContain('UNTOLD-0001');
  });

  it('sends several over one connection', async () => {
    const open = await Line.open(route());
    const answers = await Promise.all([open.announce(announcement), open.announce(announcement)]);
    open.close();
    expect(answers.map(({ result }) => result)).toEqual(['accepted', 'accepted']);
    await expect(open.announce(announcement)).rejects.toMatchObject({ code: 'aborted' });
  });

  it('gives up when told to', async () => {
    const signal = AbortSignal.abort();
    await expect(announce({ ...route(), signal }, announcement)).rejects.toMatchObject({ code: 'aborted' });
    const nobody = announce({ ...route(), port: 1 }, announcement);
    await expect(nobody).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('TLS', () => {
  it('gives out no session to resume', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = await dial(bench.port, { maxVersion });
      let session: Buffer | undefined = first.getSession();
      first.on('session', (ticket: Buffer) => (session = ticket));
      first.end(line());
      await heard(first);
      const again = await dial(bench.port, { maxVersion, ...(session && { session }) });
      expect(again.isSessionReused()).toBe(false);
      again.destroy();
    }
  });

  it.each([
    ['X25519MLKEM768', true],
    ['X25519', true],
    ['P-256', true],
    ['P-384', false],
    ['ffdhe2048', false],
  ])('with group %s: %s', async (ecdhCurve, offered) => {
    const socket = await dial(bench.port, { ecdhCurve }).catch(() => null);
    socket?.destroy();
    expect(socket !== null).toBe(offered);
  });
});

describe('a forwarded announcement', () => {
  const origin = { server: '0193f2a0-0000-7000-8000-0000000000c2', hops: 1, fingerprint: 'b'.repeat(64) };
  const forwarded = (change: object = {}) => line({ ip: '10.20.30.40', origin: { ...origin, ...change } });
  const reasonOf = ([answer]: readonly Answer[]) => answer?.['reason'] ?? answer?.['result'];

  it('is refused while From Primary Listeners is off', async () => {
    expect(reasonOf(await say(bench.port, forwarded()))).toBe('primariesOff');
  });

  it('is taken when it is on, from any certificate; its fingerprint is not believed then', async () => {
    await bench.configure({ fromPrimaries: 'encrypted' });
    const [answer] = await say(bench.port, forwarded());
    const { data } = await storedWith(answer);
    expect(data.origin).toEqual({ server: origin.server, hops: 1, verified: false });
    expect(data.identity.ip).toBe('10.20.30.40');
    expect(data.transport).toMatchObject({ peerAddress: '127.0.0.1', fingerprint: null });
    expect(data.authentication).toEqual({ mode: 'none', outcome: 'anonymous' });
  });

  it('is refused when it began here or has come too far', async () => {
    await bench.configure({ fromPrimaries: 'encrypted' });
    expect(reasonOf(await say(bench.port, forwarded({ server })))).toBe('loop');
    expect(reasonOf(await say(bench.port, forwarded({ hops: 4 })))).toBe('loop');
    expect(reasonOf(await say(bench.port, forwarded({ hops: 3 })))).toBe('accepted');
  });
});

describe('a change of the edge configuration', () => {
  it('ends older connections', async () => {
    const old = await dial(bench.port);
    old.write(line());
    await once(old, 'data');
    const closed = once(old, 'close');
    await bench.configure({ acceptAnnouncements: false });
    await closed;
    expect(await say(bench.port, line())).toMatchObject([{ reason: 'switchedOff' }]);
    await bench.configure({});
    expect(await say(bench.port, line())).toMatchObject([{ result: 'accepted' }]);
  });
});
