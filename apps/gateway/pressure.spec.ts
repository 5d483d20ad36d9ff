// The gateway's limits on who knocks, each at a gateway where it is small enough to be met.
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientHello } from '../../test/support/client-hello.js';
import { dial, gatewayBench, heard, line, say, type GatewayBench } from '../../test/support/gateway.js';
import { until } from '../../test/support/until.js';

const seconds = {
  MUSTER_GATEWAY_HANDSHAKE_SECONDS: '3',
  MUSTER_GATEWAY_FIRST_BYTE_SECONDS: '3',
  MUSTER_GATEWAY_FRAME_SECONDS: '4',
};

let bench: GatewayBench;
beforeAll(async () => {
  bench = await gatewayBench({
    ...seconds,
    MUSTER_GATEWAY_HANDSHAKES_BURST: '30',
    MUSTER_GATEWAY_HANDSHAKES_PER_SECOND: '1',
    MUSTER_GATEWAY_FRAME_BYTES_MAX: '1024',
    MUSTER_GATEWAY_DEPTH_MAX: '2',
    MUSTER_GATEWAY_CONNECTIONS_PER_SOURCE_MAX: '1000',
  });
  await bench.configure({});
});
afterAll(() => bench.stop());

async function plain(localAddress: string): Promise<Socket> {
  const socket = connectTcp({ host: '127.0.0.1', port: bench.port, localAddress });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Resolves when the other end has closed. */
const closed = async (socket: Socket): Promise<void> => void (await once(socket.resume(), 'close'));

const reasons = (peer: string) =>
  bench.lines.flatMap(({ fields }) =>
    'peer' in fields && fields.peer === peer && 'reason' in fields ? [fields.reason] : [],
  );

describe('a source that connects too often', () => {
  it('is closed before the handshake; others are served meanwhile, and it is once it was quiet', async () => {
    const flooder = '127.0.6.1';
    const sockets = await Promise.all(Array.from({ length: 120 }, () => plain(flooder).catch(() => null)));
    await until(
      'most of them are gone',
      () => sockets.filter((socket) => socket?.closed ?? true).length >= 80,
    );
    const [answer] = await say(bench.port, line({ ip: '127.0.6.2' }), { localAddress: '127.0.6.2' });
    expect(answer).toMatchObject({ result: 'accepted' });
    expect(reasons(flooder)).toEqual(['tooOftenFromSource']);
    for (const socket of sockets) socket?.destroy();
    await until('it may come again', () =>
      say(bench.port, line({ ip: flooder }), { localAddress: flooder }).then(
        ([again]) => again?.['result'] === 'accepted',
        () => false,
      ),
    );
  });
});

describe.concurrent('whoever takes too long is closed, and an honest device is served beside', () => {
  const held: Socket[] = [];
  const all = (count: number, localAddress: string) =>
    Promise.all(Array.from({ length: count }, () => plain(localAddress)));
  afterAll(() => held.forEach((socket) => socket.destroy()));

  it.each<[string, (hello: Buffer) => Promise<readonly Socket[]>]>([
    ['silent', () => all(10, '127.0.6.10')],
    [
      'in the middle of a handshake',
      async (hello) => {
        const sockets = await all(10, '127.0.6.11');
        for (const socket of sockets) socket.write(hello.subarray(0, hello.length / 2));
        return sockets;
      },
    ],
    [
      'after a whole ClientHello',
      async (hello) => {
        const sockets = await all(10, '127.0.6.12');
        for (const socket of sockets) socket.write(hello);
        return sockets;
      },
    ],
    [
      'dripping a handshake',
      async (hello) => {
        const sockets = await all(10, '127.0.6.13');
        for (const socket of sockets) {
          let sent = 0;
          const drip = setInterval(() => socket.write(hello.subarray(sent, (sent += 1))), 50);
          socket.once('close', () => clearInterval(drip));
        }
        return sockets;
      },
    ],
  ])('%s', async (_, begin) => {
    const sockets = await begin(await clientHello());
    held.push(...sockets);
    const gone = Promise.all(sockets.map(closed));
    const ip = '127.0.6.20';
    expect(await say(bench.port, line({ ip }), { localAddress: ip })).toMatchObject([{ result: 'accepted' }]);
    await gone;
  });

  it('dripping a line', async () => {
    const socket = await dial(bench.port, { localAddress: '127.0.6.14' });
    const drip = setInterval(() => socket.write('{'), 100);
    const answers = await heard(socket);
    clearInterval(drip);
    expect(answers).toMatchObject([{ reason: 'tooSlow', message: 'no whole line within 4000 ms' }]);
  });
});

describe('limits that an operator has set', () => {
  it.each([
    ['a line of 1,025 bytes', `${'x'.repeat(1025)}\n`, 'tooLong'],
    ['three levels', '{"a":{"a":{"a":1}}}\n', 'tooDeep'],
  ])('%s', async (_, text, reason) => {
    const answers = await say(bench.port, text, { localAddress: '127.0.6.30' });
    expect(answers).toMatchObject([{ result: 'refused', reason }]);
  });
});
