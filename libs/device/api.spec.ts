import { createServer, type Server } from 'node:https';
import net from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Authority } from '../../test/support/authority.js';
import { openDeviceApi } from '#device/api';
import { settingsCatalogue } from '#device/catalogue';
import type { Driver, Target } from '#device/device';
import { hostOf } from '#device/exchange';
import { exampleIdentity } from '#events/identity';
import { fingerprintOf, type Credentials } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';

const saying = (part: string): unknown => expect.stringContaining(part);
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const host = '127.8.250.1';
const networks = ['127.8.0.0/16'];
const signal = new AbortController().signal;
const dayMs = 86_400_000;
let credentials: Credentials;
let authority: Authority;
let opened: (Driver | net.Server)[] = [];

beforeAll(async () => {
  credentials = await selfSigned({ commonName: 'printer', serialNumber: exampleIdentity.serial });
  authority = await Authority.create('Trusted');
});
afterEach(() => {
  for (const one of opened) one.close();
  opened = [];
});

async function listening(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  opened.push(server);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function device(
  answer: Answer,
  { key, certificate: cert } = credentials,
): Promise<{ port: number; server: Server }> {
  const server = createServer({ key, cert }, answer);
  server.on('tlsClientError', () => undefined);
  return { port: await listening(server), server };
}

function open(port: number, of: Partial<Target> = {}): Driver {
  const driver = openDeviceApi({ address: host, port, fingerprint: null, networks, mutual: null, ...of });
  opened.push(driver);
  return driver;
}

const json =
  (value: unknown): Answer =>
  (_, response) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(value));

const all = new Set(settingsCatalogue.keys());

describe('the client of the device API', () => {
  it('reads who it is, its settings, and writes them, over one connection', async () => {
    const asked: string[] = [];
    let connections = 0;
    const { port, server } = await device((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const answers: Record<string, unknown> = {
        'GET /muster/v1/identity': exampleIdentity,
        'GET /muster/v1/settings': { settings: { 'svc.telnet': true, 'svc.ipp': 'both', nonsense: 1 } },
        'PATCH /muster/v1/settings': { applied: { 'svc.telnet': false }, refused: { 'svc.ipp': 'no\u0000' } },
      };
      json(answers[`${request.method} ${request.url?.split('?')[0]}`])(request, response);
    });
    server.on('secureConnection', () => (connections += 1));
    const fingerprint = new X509Certificate(credentials.certificate).fingerprint256
      .replaceAll(':', '')
      .toLowerCase();
    const driver = open(port, { fingerprint });
    expect(await driver.identify(signal)).toEqual({
      kind: 'answered',
      value: { identity: exampleIdentity, fingerprint },
    });
    expect(await driver.read(all, signal)).toEqual({
      kind: 'answered',
      value: {
        values: new Map<string, unknown>([
          ['svc.telnet', true],
          ['svc.ipp', 'both'],
        ]),
        failed: new Map(),
      },
    });
    expect(await driver.write(new Map([['svc.telnet', false]]), signal)).toEqual({
      kind: 'answered',
      value: { applied: new Set(['svc.telnet']), refused: new Map([['svc.ipp', 'no ']]) },
    });
    await driver.read(new Set(['svc.telnet', 'svc.ipp']), signal);
    expect(asked).toHaveLength(4);
    expect(asked[3]).toBe('GET /muster/v1/settings?keys=svc.telnet,svc.ipp');
    expect(connections).toBe(1);
  });

  it('writes rules of IPsec over one connection, and reads them over the next; a refusal is its own words', async () => {
    const rules = [{ name: 'a', local: 'all', remote: '10.0.0.1' }];
    const puts: string[] = [];
    let connections = 0;
    const { port, server } = await device((request, response) => {
      if (request.method === 'GET') return json({ rules })(request, response);
      request.on('data', (bytes: Buffer) => void puts.push(bytes.toString()));
      request.on('end', () => {
        if (puts.length === 1) return json({ rules })(request, response);
        response.statusCode = 400;
        json({ title: 'Bad Request', status: 400, detail: 'rules.0.dh:\u0000 no' })(request, response);
      });
    });
    server.on('secureConnection', () => (connections += 1));
    const driver = open(port);
    expect(await driver.setIpsec?.(rules, signal)).toEqual({ kind: 'answered', value: null });
    expect(puts).toEqual([JSON.stringify({ rules })]);
    expect(connections).toBe(1);
    expect(await driver.ipsec?.(signal)).toMatchObject({ kind: 'answered', value: [{ name: 'a' }] });
    expect(connections).toBe(2);
    expect(await driver.setIpsec?.(rules, signal)).toEqual({ kind: 'answered', value: 'rules.0.dh:  no' });
    expect(await driver.read(all, signal)).toMatchObject({ kind: 'failed' });
  });

  it('goes on when the device closed the connection between two requests', async () => {
    const { port, server } = await device(json({ settings: {} }));
    const driver = open(port);
    expect(await driver.read(all, signal)).toMatchObject({ kind: 'answered' });
    server.closeAllConnections();
    expect(await driver.read(all, signal)).toMatchObject({ kind: 'answered' });
  });

  it('sends nothing to a device with another certificate than the pinned one', async () => {
    let bytes = 0;
    const { port, server } = await device(json({ settings: {} }));
    server.on('secureConnection', (socket) => socket.on('data', (chunk: Buffer) => (bytes += chunk.length)));
    const answer = await open(port, { fingerprint: 'a'.repeat(64) }).read(all, signal);
    expect(answer).toMatchObject({
      kind: 'failed',
      mayPass: false,
      reason: saying('another certificate'),
    });
    expect(bytes).toBe(0);
  });

  describe('under mutual authentication', () => {
    const { serial } = exampleIdentity;
    const own = { commonName: 'printer', serialNumber: serial };
    const past = { notBefore: new Date(Date.now() - 2 * dayMs), notAfter: new Date(Date.now() - dayMs) };
    const called = async (shown: Credentials, authorities: readonly string[]) => {
      let bytes = 0;
      const { port, server } = await device(json({ settings: {} }), shown);
      server.on('secureConnection', (socket) => socket.on('data', (said: Buffer) => (bytes += said.length)));
      const fingerprint = fingerprintOf(new X509Certificate(shown.certificate).raw);
      const outcome = await open(port, { fingerprint, mutual: { serial, authorities } }).read(all, signal);
      if (outcome.kind !== 'answered') expect(bytes).toBe(0);
      return outcome;
    };

    it.each<[string, () => Promise<Credentials>]>([
      ['its own certificate', () => authority.issue(own)],
      ['one for servers alone', () => authority.issue(own, { purposes: ['serverAuth'] })],
      ['its serial number as a DNS name', () => authority.issue({ commonName: 'x', dnsNames: [serial] })],
    ])('speaks with a device that shows %s', async (_, shown) => {
      expect(await called(await shown(), [authority.certificate])).toMatchObject({ kind: 'answered' });
    });

    it.each<[string, () => Promise<Credentials>, string]>([
      ['of its own making', () => Promise.resolve(credentials), 'untrusted'],
      ['of another authority', async () => (await Authority.create('Trusted')).issue(own), 'untrusted'],
      ['that has expired', () => authority.issue(own, { validity: past }), 'expired'],
      ['for clients alone', () => authority.issue(own, { purposes: ['clientAuth'] }), 'wrongPurpose'],
      ['of another device', () => authority.issue({ ...own, serialNumber: 'OTHER-1' }), 'serialMismatch'],
      ['of nobody', () => authority.issue({ commonName: serial }), 'serialMissing'],
    ])('sends nothing to one that shows the pinned certificate, %s', async (_, shown, reason) => {
      expect(await called(await shown(), [authority.certificate])).toMatchObject({
        kind: 'failed',
        mayPass: false,
        reason: saying(`(${reason})`),
      });
    });

    it('believes nobody while it knows of no authority', async () => {
      expect(await called(await authority.issue(own), [])).toMatchObject({ kind: 'failed' });
    });
  });

  it('connects nowhere outside the device networks', async () => {
    let connections = 0;
    const port = await listening(net.createServer(() => (connections += 1)));
    for (const outside of [['10.0.0.0/8'], ['0.0.0.0/0', '::/0'], []]) {
      expect(await open(port, { networks: outside }).read(all, signal)).toMatchObject({
        kind: 'failed',
        mayPass: false,
      });
    }
    expect(connections).toBe(0);
  });

  it.each<[string, Answer, object]>([
    ['password demanded', (_, response) => void response.writeHead(401).end(), { kind: 'denied' }],
    ['locked', (_, response) => void response.writeHead(429).end(), { kind: 'denied' }],
    ['no such interface', (_, response) => void response.writeHead(404).end(), { kind: 'unsupported' }],
    ['busy', (_, response) => void response.writeHead(503).end(), { kind: 'failed', mayPass: true }],
    [
      'a redirect',
      (_, response) => void response.writeHead(302, { location: `https://${host}:1/` }).end(),
      { kind: 'failed', reason: saying('not followed') },
    ],
    ['not JSON', (_, response) => void response.end('<html>'), { kind: 'failed' }],
    ['not UTF-8', (_, response) => void response.end(Buffer.from([0x22, 0xff, 0x22])), { kind: 'failed' }],
    ['another shape', json({ settings: [] }), { kind: 'failed' }],
    ['deep nesting', (_, response) => void response.end('['.repeat(100_000)), { kind: 'failed' }],
    ['control characters in a value', json({ settings: { 'svc.ipp': 'a\u0000' } }), { kind: 'failed' }],
    [
      'too many settings',
      json({
        settings: Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`svc.x${index}`, true])),
      }),
      { kind: 'failed' },
    ],
    [
      'a compressed bomb',
      (_, response) =>
        void response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(50_000_000))),
      { kind: 'failed', reason: saying('compressed') },
    ],
    [
      'an answer of 1 MB',
      (_, response) => void response.end(Buffer.alloc(1_000_000, ' ')),
      { kind: 'failed' },
    ],
    [
      'headers of 100 KB',
      (_, response) => void response.setHeader('x', 'x'.repeat(100_000)).end(),
      { kind: 'failed' },
    ],
    [
      'another protocol',
      ({ socket }) =>
        void socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nhello',
        ),
      { kind: 'failed', mayPass: false, reason: saying('changed the protocol') },
    ],
    ['a connection cut', (_, response) => void response.destroy(), { kind: 'unreachable', host: 'alive' }],
  ])('%s is told apart', async (_, answer, expected) => {
    const { port } = await device(answer);
    expect(await open(port).read(all, signal)).toMatchObject(expected);
  });

  it('its rules of IPsec are what it says, and no answer when they are none', async () => {
    const strange = { name: 'a', dh: 'dh2', vendorSays: true };
    const { port } = await device(json({ rules: [strange] }));
    expect(await open(port).ipsec?.(signal)).toEqual({
      kind: 'answered',
      value: [
        {
          name: 'a',
          fields: new Map<string, unknown>([
            ['dh', 'dh2'],
            ['vendorSays', true],
          ]),
        },
      ],
    });
    const { port: other } = await device(json({ rules: [{ dh: 'dh2' }] }));
    expect(await open(other).ipsec?.(signal)).toMatchObject({ kind: 'failed', reason: saying('no name') });
    const { port: before } = await device((_, response) => void response.writeHead(404).end());
    expect(await open(before).ipsec?.(signal)).toMatchObject({ kind: 'unsupported' });
  });

  it('a setting named __proto__ changes nothing', async () => {
    const { port } = await device(
      (_, response) => void response.end('{"settings":{"__proto__":{"x":1},"svc.ftp":true}}'),
    );
    const answer = await open(port).read(all, signal);
    if (answer.kind === 'answered') expect([...answer.value.values.keys()]).toEqual(['svc.ftp']);
    expect(Reflect.has({}, 'x')).toBe(false);
  });

  it('waits no longer than 5 s, for a byte each second or for none', async () => {
    const trickles = await device((_, response) => {
      const timer = setInterval(() => response.write(' '), 500);
      response.on('close', () => clearInterval(timer));
    });
    const mute = await listening(net.createServer(() => undefined));
    const shaken = await device(() => undefined);
    const shakes = await listening(
      net.createServer((socket) => {
        // As much of a ServerHello as it says in that time, a byte at a time.
        const left = [22, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3, 0, 1, 2, 3, 4];
        const timer = setInterval(() => socket.write(Buffer.from(left.splice(0, 1))), 500);
        socket.on('close', () => clearInterval(timer)).on('error', () => undefined);
      }),
    );
    const began = performance.now();
    const ports = [trickles.port, shakes, shaken.port, mute];
    const answers = await Promise.all(ports.map((port) => open(port).read(all, signal)));
    const slow = { kind: 'failed', mayPass: 'once', reason: saying('answers too slowly') };
    const silent = { kind: 'unreachable', host: 'alive' };
    expect(answers).toMatchObject([slow, slow, silent, silent]);
    expect(performance.now() - began).toBeLessThan(7_000);
  });

  it('an endless row of interim answers buys no time, and an abort ends it sooner', async () => {
    const { port } = await device(({ socket }) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 100);
      socket.on('close', () => clearInterval(timer));
    });
    const aborter = new AbortController();
    const aborted = open(port).read(all, aborter.signal);
    const began = performance.now();
    const waited = open(port).read(all, signal);
    setTimeout(() => aborter.abort(new Error('lease lost')), 300);
    await expect(aborted).rejects.toThrow('lease lost');
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await waited).toMatchObject({ kind: 'failed', mayPass: 'once' });
    expect(performance.now() - began).toBeLessThan(7_000);
  });

  it('nobody there, no TLS there: not the same', async () => {
    const plain = await listening(net.createServer((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\n')));
    expect(await open(plain).read(all, signal)).toMatchObject({ kind: 'failed' });
    expect(await open(1).read(all, signal)).toMatchObject({ kind: 'unreachable', host: 'alive' });
    const resets = await listening(net.createServer((socket) => void socket.resetAndDestroy()));
    expect(await open(resets).read(all, signal)).toMatchObject({ kind: 'unreachable', host: 'alive' });
  });

  it.each([
    ['EHOSTUNREACH', 'silent'],
    ['ETIMEDOUT', 'silent'],
    ['ECONNREFUSED', 'alive'],
    ['ECONNRESET', 'alive'],
    ['ENETUNREACH', 'unknown'],
    ['EADDRNOTAVAIL', 'unknown'],
    ['EMFILE', 'unknown'],
    ['', 'unknown'],
  ])('%s: the host there is %s', (code, host) => {
    expect(hostOf(code)).toBe(host);
  });

  it('an aborted call rejects with the reason', async () => {
    const mute = await listening(net.createServer(() => undefined));
    const aborter = new AbortController();
    const read = open(mute).read(all, aborter.signal);
    aborter.abort(new Error('lease lost'));
    await expect(read).rejects.toThrow('lease lost');
  });
});
