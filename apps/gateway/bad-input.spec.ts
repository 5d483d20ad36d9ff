// Each row of PROTOCOL.md's table of bad input, at a real gateway.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  dial,
  gatewayBench,
  heard,
  line,
  say,
  sayPlain,
  type GatewayBench,
} from '../../test/support/gateway.js';
import { until } from '../../test/support/until.js';

let bench: GatewayBench;
beforeAll(async () => {
  bench = await gatewayBench({ MUSTER_GATEWAY_CONNECTIONS_PER_SOURCE_MAX: '5' });
  await bench.configure({});
});
afterAll(() => bench.stop());

/** Addresses of their own, so that no test's connections count for another's. */
const at = (host: number) => ({ localAddress: `127.0.3.${host}` });
const told = (reason: string) =>
  until(`the log tells of ${reason}`, () =>
    bench.lines.find(({ fields }) => 'reason' in fields && fields.reason === reason),
  );

const megabyte = 'x'.repeat(1_000_000);

describe('a line that is no announcement', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['not JSON', 'hello\n', 'notJson'],
    ['JSON, but no object', '[1,2]\n', 'notJson'],
    ['1 MB without an end', megabyte, 'tooLong'],
    ['1 MB and its end', `{"model":"${megabyte}"}\n`, 'tooLong'],
    ['invalid UTF-8', Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d, 0x0a]), 'notUtf8'],
    ['nested too deep', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}\n`, 'tooDeep'],
    ['a key twice', line().replace('"model"', '"serial":"OTHER-1","model"'), 'badKey'],
    ['__proto__', line().replace('"model"', '"__proto__":{"admin":true},"model"'), 'badKey'],
    ['an unknown version', line({ muster: 2 }), 'unknownVersion'],
    ['no version', line({ muster: undefined }), 'unknownVersion'],
    ['an unknown type', line({ type: 'hello' }), 'unknownType'],
    ['no serial', line({ serial: undefined }), 'badField'],
    ['a bad MAC', line({ mac: '3c:52:82:aa:00' }), 'badField'],
    ['an unknown key', line({ admin: true }), 'badField'],
  ])('%s: is refused and the connection closed', async (_, input, reason) => {
    const socket = await dial(bench.port);
    // What follows is not looked at any more: the sender goes on, the server has closed.
    socket.write(input);
    if (!String(input).endsWith('\n') && reason !== 'tooLong') socket.write('\n');
    socket.write(line());
    const answers = await heard(socket);
    expect(answers).toEqual([
      {
        muster: 1,
        type: 'acknowledge',
        result: 'refused',
        authentication: 'anonymous',
        reason,
        message: expect.any(String) as string,
        retryAfterMs: null,
        event: null,
      },
    ]);
    await told(reason);
  });

  it('is answered after the announcements before it', async () => {
    const answers = await say(bench.port, `${line()}nonsense\n${line()}`);
    expect(answers.map(({ result, reason }) => reason ?? result)).toEqual(['accepted', 'notJson']);
  });
});

describe('a peer without TLS', () => {
  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\nhost: muster\r\n\r\n'],
    ['a line in the clear', line()],
    ['noise', 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'],
  ])('that speaks %s is closed, with one line in the log', async (_, text) => {
    const came = await sayPlain(bench.port, text);
    expect(came.toString('latin1')).not.toContain('muster');
    expect((await told('notTls')).message).toContain('not TLS');
  });

  it('that speaks TLS 1.1 is closed with an alert', async () => {
    const old = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(say(bench.port, line(), old)).rejects.toThrow(/protocol version/i);
    await told('tlsTooOld');
  });

  it.each([
    'ECDHE-ECDSA-AES256-SHA',
    'ECDHE-RSA-AES256-SHA',
    'ECDHE-ECDSA-AES128-SHA256',
    'AES128-GCM-SHA256',
  ])('that speaks TLS 1.2 with %s only is closed with an alert', async (ciphers) => {
    await expect(say(bench.port, line(), { maxVersion: 'TLSv1.2', ciphers })).rejects.toThrow(
      /handshake failure/i,
    );
    await told('nothingInCommon');
  });
});

describe('too many connections from one address', () => {
  it('are closed before the handshake', async () => {
    const open = await Promise.all(Array.from({ length: 5 }, () => dial(bench.port, at(9))));
    await expect(dial(bench.port, at(9))).rejects.toThrow(/disconnected|ECONNRESET|hang up/);
    await told('tooManyFromSource');
    for (const socket of open) socket.destroy();
    await until('there is room again', () =>
      dial(bench.port, at(9)).then(
        (socket) => !socket.destroy().readable,
        () => false,
      ),
    );
  });
});

describe('too many connections in all', () => {
  let small: GatewayBench;
  beforeAll(async () => {
    small = await gatewayBench({ MUSTER_GATEWAY_CONNECTIONS_MAX: '3' });
    await small.configure({});
  });
  afterAll(() => small.stop());

  it('are closed at once, whoever comes; those inside are served', async () => {
    const open = await Promise.all([11, 12, 13].map((host) => dial(small.port, at(host))));
    await expect(dial(small.port, at(14))).rejects.toThrow(/disconnected|ECONNRESET|hang up/);
    const [inside] = open;
    inside?.end(line({ ip: '127.0.3.11' }));
    expect(inside && (await heard(inside))).toMatchObject([{ result: 'accepted' }]);
    await until('there is room again', () =>
      dial(small.port, at(14)).then(
        (socket) => !socket.destroy().readable,
        () => false,
      ),
    );
    for (const socket of open) socket.destroy();
  });
});

describe.concurrent('a peer that takes its time', () => {
  const limit = 20_000;
  const within = async <T>(work: Promise<T>): Promise<readonly [T, number]> => {
    const startedAt = performance.now();
    return [await work, Math.round((performance.now() - startedAt) / 1000)];
  };

  it('silence: refused after 10 s', { timeout: limit }, async () => {
    const socket = await dial(bench.port, at(1));
    const [answers, seconds] = await within(heard(socket));
    expect(answers).toMatchObject([{ result: 'refused', reason: 'silence' }]);
    expect([10, 11, 12]).toContain(seconds);
  });

  it('silence after an answer: closed after 10 s without a word', { timeout: limit }, async () => {
    const socket = await dial(bench.port, at(2));
    socket.write(line({ ip: '127.0.3.2' }));
    const [answers, seconds] = await within(heard(socket));
    expect(answers).toMatchObject([{ result: 'accepted' }]);
    expect([10, 11, 12]).toContain(seconds);
  });

  it('a line that trickles: refused after 15 s, however busy', { timeout: limit }, async () => {
    const socket = await dial(bench.port, at(3));
    const trickle = setInterval(() => socket.write('{'), 500);
    const [answers, seconds] = await within(heard(socket));
    clearInterval(trickle);
    expect(answers).toMatchObject([{ result: 'refused', reason: 'tooSlow' }]);
    expect(seconds).toBeGreaterThanOrEqual(15);
    expect(seconds).toBeLessThanOrEqual(17);
  });

  it('empty lines buy no time', { timeout: limit }, async () => {
    const socket = await dial(bench.port, at(4));
    const trickle = setInterval(() => socket.write('\n'), 500);
    const [answers, seconds] = await within(heard(socket));
    clearInterval(trickle);
    expect(answers).toMatchObject([{ result: 'refused', reason: 'silence' }]);
    expect([10, 11, 12]).toContain(seconds);
  });

  it('no handshake: closed after 10 s', { timeout: limit }, async () => {
    const [came, seconds] = await within(sayPlain(bench.port, ''));
    expect(came).toHaveLength(0);
    expect([10, 11, 12]).toContain(seconds);
    await told('handshakeTimeout');
  });
});

describe('a gateway that takes nothing', () => {
  let young: GatewayBench;
  beforeAll(async () => {
    young = await gatewayBench();
  });
  afterAll(() => young.stop());

  it('asks to come again while it has no configuration, and is not ready', async () => {
    expect(young.gateway.problems?.()).toEqual(['no edge configuration was seen yet']);
    const [answer] = await say(young.port, line());
    expect(answer).toMatchObject({ result: 'retry', reason: 'notReady', event: null });
    expect(answer?.['retryAfterMs']).toBeGreaterThanOrEqual(2_000);
  });

  it('says so when it is switched off, whatever the line says', async () => {
    await young.configure({ acceptAnnouncements: false });
    expect(young.gateway.problems?.()).toEqual([]);
    for (const text of [line(), 'no JSON at all\n']) {
      const answers = await say(young.port, text);
      expect(answers).toMatchObject([{ result: 'refused', reason: 'switchedOff', event: null }]);
    }
    expect(young.stored()).toEqual([]);
  });
});
