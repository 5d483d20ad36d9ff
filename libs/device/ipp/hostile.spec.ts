// Printers that mean harm, or are badly made: each call ends within its limit, and says what was wrong (threat 28).
import { createServer as createTcpServer, type Server } from 'node:net';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerOf,
  listening,
  openIppPeer,
  saying,
  text,
  type Answering,
} from '../../../test/support/ipp-peer.js';
import type { Credentials } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';
import type { Outcome, Target } from '../device.js';
import { limits } from '../exchange.js';
import { openIpp } from './ipp.js';

const { signal } = new AbortController();
const says = (part: string): unknown => expect.stringContaining(part);
let credentials: Credentials;
const open: { close(): unknown }[] = [];
beforeAll(async () => {
  credentials = await selfSigned({ commonName: 'printer' });
});
afterAll(() => {
  for (const one of open.splice(0)) one.close();
});

async function serialFrom(answer: Answering): Promise<Outcome<string>> {
  const peer = await openIppPeer(credentials, answer);
  open.push(peer);
  return serialAt(peer.target);
}

function serialAt(target: Target): Promise<Outcome<string>> {
  const ipp = openIpp(target);
  open.push(ipp);
  return ipp.serialOf(signal);
}

const honest = { 'printer-serial-number': [text('VNB3K12345')] };
const ipp = (response: ServerResponse): ServerResponse =>
  response.setHeader('content-type', 'application/ipp');
const bytes =
  (hex: string): Answering =>
  (_, response) =>
    void ipp(response).end(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
/** An answer to its first request. */
const head = '0101 0000 00000001';

/** Writes the same for as long as somebody reads. */
const endless =
  (first: string, again: string): Answering =>
  (_, response) => {
    const part = Buffer.from(again.replaceAll(' ', '').repeat(1_000), 'hex');
    ipp(response).write(Buffer.from(first.replaceAll(' ', ''), 'hex'));
    const more = (): void => {
      while (!response.destroyed && response.write(part));
    };
    response.on('drain', more);
    more();
  };

describe('an answer', () => {
  it.each<[string, Answering, object]>([
    [
      'that is a compressed bomb',
      (_, response) =>
        void ipp(response)
          .setHeader('content-encoding', 'gzip')
          .end(gzipSync(Buffer.alloc(50_000_000))),
      { kind: 'failed', reason: says('compressed') },
    ],
    [
      'of another type',
      (_, response) => void response.setHeader('content-type', 'text/html').end('<html>'),
      { kind: 'failed', reason: says('content type') },
    ],
    [
      'of no type',
      (asked, response) => void response.end(answerOf(asked, new Map())),
      { kind: 'failed', reason: says('content type') },
    ],
    [
      'without end',
      endless(head, '04'),
      { kind: 'failed', reason: says(`longer than ${limits.bytesMax} bytes`) },
    ],
    [
      'with a collection without end',
      endless(`${head} 04 34 0001 61 0000`, '4a 0000 0001 61 10 0000 0000'),
      { kind: 'failed', reason: says(`longer than ${limits.bytesMax} bytes`) },
    ],
    [
      'with many collections in each other',
      bytes(`${head} 04 34 0001 61 0000 ${'4a 0000 0001 61 34 0000 0000'.repeat(5_000)}`),
      { kind: 'failed', reason: says('collections in each other') },
    ],
    [
      'of 16 bytes, one length of which is negative',
      bytes(`${head} 04 21 0001 61 fffa 00`),
      { kind: 'failed', reason: says('byte 13: ') },
    ],
    [
      'that breaks off',
      bytes(`${head} 04 41 0001 61 0010 61`),
      { kind: 'failed', reason: says('byte 15: ') },
    ],
    [
      'to another request',
      bytes('0101 0000 00000007 03'),
      { kind: 'failed', reason: says('another request') },
    ],
    [
      'client-error-bad-request',
      saying({}, 0x0400),
      { kind: 'failed', mayPass: false, reason: says('client-error-bad-request (0x0400)') },
    ],
    ['client-error-not-authenticated', saying({}, 0x0402), { kind: 'denied', reason: says('0x0402') }],
    ['client-error-not-found', saying({}, 0x0406), { kind: 'unsupported', reason: says('0x0406') }],
    [
      'server-error-operation-not-supported',
      saying({}, 0x0501),
      { kind: 'unsupported', reason: says('0x0501') },
    ],
    ['server-error-busy', saying({}, 0x0507), { kind: 'failed', mayPass: true, reason: says('busy') }],
    ['of a status that no RFC has', saying({}, 0x0fff), { kind: 'failed', reason: says('0x0fff') }],
    [
      'of HTTP that wants a password',
      (_, response) => void response.writeHead(401, { 'www-authenticate': 'Basic' }).end(),
      { kind: 'denied' },
    ],
    ['that there is nothing', (_, response) => void response.writeHead(404).end(), { kind: 'unsupported' }],
    ['without a serial number', saying({}), { kind: 'unsupported', reason: says('no serial number') }],
    [
      'with control characters for a serial number',
      saying({ 'printer-serial-number': [text('A\u0000B\u0007C1')] }),
      { kind: 'failed' },
    ],
    [
      'cut off',
      (_, response) => void ipp(response).write('x', () => response.destroy()),
      { kind: 'unreachable', host: 'alive' },
    ],
    [
      'in parts, after a word that it will come',
      (asked, response) => {
        response.writeContinue();
        response.writeProcessing();
        ipp(response);
        for (const byte of answerOf(asked, new Map(Object.entries(honest)))) response.write(Buffer.of(byte));
        response.end();
      },
      { kind: 'answered', value: 'VNB3K12345' },
    ],
  ])('%s', async (_, answer, expected) => {
    expect(await serialFrom(answer)).toMatchObject(expected);
  });

  it('that leads elsewhere is not followed', async () => {
    const other = await openIppPeer(credentials, saying(honest));
    open.push(other);
    const { address, port } = other.target;
    const location = `https://${address}:${port}/ipp/print`;
    for (const status of [301, 302, 307, 308]) {
      const outcome = await serialFrom((_, response) => void response.writeHead(status, { location }).end());
      expect(outcome).toMatchObject({ kind: 'failed', reason: says('not followed') });
    }
    expect(other.asked).toEqual([]);
  });
});

describe('a printer that is slow without end', () => {
  const tcp = async (server: Server): Promise<Target> => {
    open.push(server);
    const address = '127.8.250.4';
    const port = await listening(server, address);
    return { address, port, fingerprint: null, networks: ['127.8.0.0/16'], mutual: null };
  };

  it('says a byte each second, or nothing, or what is neither TLS nor HTTP', async () => {
    const trickle: Answering = (asked, response) => {
      const whole = answerOf(asked, new Map(Object.entries(honest)));
      let sent = 0;
      ipp(response);
      const timer = setInterval(() => response.write(whole.subarray(sent, (sent += 1))), 1_000);
      response.on('close', () => clearInterval(timer));
    };
    const outcomes = await Promise.all([
      serialFrom(trickle),
      tcp(createTcpServer(() => undefined)).then(serialAt),
      tcp(createTcpServer((socket) => void socket.on('error', () => undefined).end('SSH-2.0-x\r\n'))).then(
        serialAt,
      ),
    ]);
    const slow = { kind: 'failed', mayPass: 'once', reason: says('answers too slowly') };
    const late = { kind: 'unreachable', host: 'alive', reason: says('no answer within') };
    expect(outcomes).toMatchObject([slow, late, { kind: 'failed', reason: says('HTTP') }]);
  });

  it('is left at once when the call is aborted', async () => {
    const aborter = new AbortController();
    const peer = await openIppPeer(credentials, () => aborter.abort(new Error('lease lost')));
    open.push(peer);
    const driver = openIpp(peer.target);
    open.push(driver);
    await expect(driver.read(new Set(), aborter.signal)).rejects.toThrow('lease lost');
  });
});
