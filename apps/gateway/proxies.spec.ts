// Load balancers in front: who is believed, whose address counts, and what a wrong header leads to.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import {
  dial,
  gatewayBench,
  heard,
  line,
  say,
  sayPlain,
  type GatewayBench,
} from '../../test/support/gateway.js';
import { Process } from '../../test/support/process.js';
import { ownFolder } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';
import { addressIn, BadProxyHeader, bodyBytesOf } from './proxy-header.js';

const haproxy = '/usr/sbin/haproxy';

let bench: GatewayBench;
beforeAll(async () => {
  bench = await gatewayBench({
    MUSTER_GATEWAY_PROXIES: '127.0.4.0/24, ::1',
    MUSTER_GATEWAY_CONNECTIONS_PER_SOURCE_MAX: '2',
  });
  await bench.configure({});
});
afterAll(() => bench.stop());

interface Header {
  readonly command?: number;
  readonly family?: number;
  readonly body?: Buffer;
  readonly length?: number;
}

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

function header({ command = 0x21, family = 0x11, body = body4('127.0.5.1'), length }: Header = {}): Buffer {
  const rest = Buffer.from([command, family, 0, 0]);
  rest.writeUInt16BE(length ?? body.length, 2);
  return Buffer.concat([signature, rest, body]);
}

/** Source, destination, and both ports. */
function body4(source: string): Buffer {
  const bytes = (address: string): readonly number[] => address.split('.').map(Number);
  return Buffer.from([...bytes(source), ...bytes('127.0.0.1'), 0x30, 0x39, 0x0d, 0x01]);
}

/** A type-length-value, as proxies add them. */
const tlv = (bytes: number): Buffer => {
  const whole = Buffer.alloc(3 + bytes, 0x20);
  whole.writeUInt8(0xea, 0);
  whole.writeUInt16BE(bytes, 1);
  return whole;
};

const fd00 = (last: number): Buffer =>
  Buffer.from(['fd00', ...Array.from({ length: 6 }, () => '0000'), `000${last}`].join(''), 'hex');
const body6 = Buffer.concat([fd00(7), fd00(1), Buffer.from([0x30, 0x39, 0x0d, 0x01])]);

let hosts = 0;
/** A proxy at an address of its own, as each is told of once a minute. */
function proxy(): Socket {
  hosts += 1;
  return connectTcp({ host: '127.0.0.1', port: bench.port, localAddress: `127.0.4.${hosts}` });
}

async function secured(socket: Socket): Promise<TLSSocket> {
  const tls = connect({ socket, rejectUnauthorized: false });
  tls.on('error', () => undefined);
  await once(tls, 'secureConnect');
  return tls;
}

async function through(bytes: Buffer, text: string) {
  const socket = proxy();
  socket.write(bytes);
  const tls = await secured(socket);
  tls.end(text);
  return heard(tls);
}

const toldOf = (peer: string) => bench.lines.filter(({ fields }) => 'peer' in fields && fields.peer === peer);

describe('a named proxy', () => {
  it.each<[string, Buffer, string]>([
    ['for a device', header({ body: body4('127.0.5.1') }), '127.0.5.1'],
    ['for a device of IPv6', header({ family: 0x21, body: body6 }), 'fd00::7'],
    [
      'with more than addresses',
      header({ body: Buffer.concat([body4('127.0.5.2'), tlv(3000)]) }),
      '127.0.5.2',
    ],
  ])('speaks %s: the address is the one that it says', async (_, bytes, ip) => {
    const [answer] = await through(bytes, line({ ip }));
    expect(answer).toMatchObject({ result: 'accepted' });
    const event = await until('it is stored', () =>
      bench.stored().find(({ id }) => id === answer?.['event']),
    );
    expect(event.data.transport.peerAddress).toBe(ip);
  });

  it('speaks for a device that announces another address: refused', async () => {
    const answers = await through(header(), line({ ip: '127.0.5.9' }));
    expect(answers).toMatchObject([{ result: 'refused', reason: 'addressMismatch' }]);
  });

  it('speaks for itself, as its health checks do', async () => {
    const local = header({ command: 0x20, family: 0, body: Buffer.alloc(0) });
    const ip = `127.0.4.${hosts + 1}`;
    expect(await through(local, line({ ip }))).toMatchObject([{ result: 'accepted' }]);
  });

  it('may send its header byte by byte, and all that follows with its last', async () => {
    const socket = proxy();
    socket.setNoDelay(true);
    const bytes = header();
    for (const byte of bytes.subarray(0, -1)) {
      socket.write(Buffer.from([byte]));
      await delay(1);
    }
    socket.cork();
    socket.write(bytes.subarray(-1));
    const securing = secured(socket);
    socket.uncork();
    const tls = await securing;
    tls.end(line({ ip: '127.0.5.1' }));
    expect(await heard(tls)).toMatchObject([{ result: 'accepted' }]);
  });

  it('brings devices that are limited each for itself', async () => {
    const from = (ip: string) => {
      const socket = proxy();
      socket.on('error', () => undefined).write(header({ body: body4(ip) }));
      return secured(socket);
    };
    const open = [await from('127.0.5.20'), await from('127.0.5.20')];
    await expect(from('127.0.5.20')).rejects.toThrow();
    open.push(await from('127.0.5.21'));
    for (const socket of open) socket.destroy();
    expect(toldOf('127.0.5.20')).toMatchObject([{ fields: { reason: 'tooManyFromSource' } }]);
  });

  it.each<[string, Buffer | string, RegExp]>([
    ['TLS at once', Buffer.from('16030100c8010000c40303aabbccdd', 'hex'), /there is none/],
    ['version 1', 'PROXY TCP4 127.0.5.1 127.0.0.1 12345 3329\r\n', /version 1; version 2 is wanted/],
    ['version 3', header({ command: 0x31 }), /version or command/],
    ['an unknown command', header({ command: 0x22 }), /version or command/],
    ['no address', header({ family: 0, body: Buffer.alloc(0) }), /names no address/],
    ['UDP', header({ family: 0x12 }), /names no address/],
    ['a socket of UNIX', header({ family: 0x31, body: Buffer.alloc(216) }), /names no address/],
    ['half an address', header({ body: Buffer.alloc(6) }), /too short/],
    ['IPv4 where IPv6 is said', header({ family: 0x21 }), /too short/],
    ['a header without end', header({ length: 60_000 }), /longer than 4096 bytes/],
  ])('that says %s is closed, with one line in the log', async (_, bytes, why) => {
    const socket = proxy();
    const peer = `127.0.4.${hosts}`;
    socket.on('error', () => undefined).write(bytes);
    // Enough for a whole prefix, whatever it was.
    socket.write(Buffer.alloc(16, 0x20));
    await once(socket.resume(), 'close');
    const [told, ...more] = await until('it is told', () => {
      const lines = toldOf(peer);
      return lines.length > 0 && lines;
    });
    expect(told?.fields).toEqual({ peer, reason: 'badProxyHeader' });
    expect(told?.message).toMatch(why);
    expect(more).toEqual([]);
  });

  it('that says nothing, or half of it, is closed after 5 s', { timeout: 60_000 }, async () => {
    const peers = await Promise.all(
      ['', '\r\n\r\n\0\r\nQ'].map(async (text) => {
        const socket = proxy();
        const peer = `127.0.4.${hosts}`;
        if (text !== '') socket.write(text);
        await once(socket.on('error', () => undefined).resume(), 'close');
        return peer;
      }),
    );
    for (const peer of peers) expect(toldOf(peer)[0]?.message).toContain('did not come within 5000 ms');
  });

  it('that connects and goes, as a plain check does, is nothing to tell', async () => {
    const socket = proxy();
    const peer = `127.0.4.${hosts}`;
    await once(socket, 'connect');
    socket.end();
    await once(socket.resume(), 'close');
    expect(toldOf(peer)).toEqual([]);
  });
});

describe('anybody else', () => {
  it('is not asked for a header', async () => {
    expect(await say(bench.port, line())).toMatchObject([{ result: 'accepted' }]);
  });

  it('who sends one does not speak TLS', async () => {
    await sayPlain(bench.port, header().toString('latin1'));
    await until('it is told', () =>
      toldOf('127.0.0.1').some(({ fields }) => 'reason' in fields && fields.reason === 'notTls'),
    );
    expect(bench.stored().every(({ data }) => data.identity.ip !== '127.0.5.99')).toBe(true);
  });
});

describe.skipIf(!existsSync(haproxy))('haproxy (skipped where it is not installed)', () => {
  let balancer: Process;
  let port = 0;
  beforeAll(async () => {
    port = await freePort();
    const file = join(await ownFolder('haproxy'), 'haproxy.cfg');
    const server = `server gateway 127.0.0.1:${bench.port} source 127.0.4.250 send-proxy-v2 check inter 200ms`;
    await writeFile(
      file,
      `defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen announce
  bind 127.0.0.1:${port}
  ${server}
`,
    );
    balancer = new Process({ name: 'haproxy', node: false, entry: haproxy, words: ['-db', '-f', file] });
    await until('haproxy listens', () => {
      if (balancer.exitCode !== null) throw new Error(balancer.output);
      return dial(port, { localAddress: '127.0.5.30' }).then(
        (socket) => !!socket.destroy(),
        () => false,
      );
    });
  });
  afterAll(() => balancer.signal('SIGTERM'));

  it('brings the address of the device, and its checks pass', async () => {
    const [answer] = await say(port, line({ ip: '127.0.5.31' }), { localAddress: '127.0.5.31' });
    expect(answer).toMatchObject({ result: 'accepted' });
    const event = await until('it is stored', () =>
      bench.stored().find(({ id }) => id === answer?.['event']),
    );
    expect(event.data.transport.peerAddress).toBe('127.0.5.31');
    const wrong = await say(port, line({ ip: '127.0.5.33' }), { localAddress: '127.0.5.32' });
    expect(wrong).toMatchObject([{ reason: 'addressMismatch' }]);
    expect(toldOf('127.0.4.250')).toEqual([]);
  });
});

describe('a header', () => {
  it('of any bytes is read or refused, and nothing else happens', () => {
    const prefix = fc
      .tuple(
        fc.constantFrom(0x20, 0x21, 0x11, 0x22),
        fc.constantFrom(0, 0x11, 0x12, 0x21, 0x31),
        fc.nat(70_000),
      )
      .map(([command, family, bytes]) => header({ command, family, length: bytes & 0xffff }).subarray(0, 16));
    const anything = fc.uint8Array({ minLength: 0, maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(prefix, anything), anything, (first, body) => {
        try {
          bodyBytesOf(first);
          const address = addressIn(first, body);
          expect(address === null || /^[0-9a-f.:]+$/.test(address)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(BadProxyHeader);
        }
      }),
    );
  });
});
