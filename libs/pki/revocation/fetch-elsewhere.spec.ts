// Where a certificate that came by the bus may lead a gateway to ask about it: never to itself or its wire (threat 26).
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOrdinary } from '../address-range.js';
import { postElsewhere } from './fetch-elsewhere.js';

let site: Server;
let connections = 0;
let answer: RequestListener;
beforeAll(async () => {
  site = createServer((request, response) => answer(request, response));
  site.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => site.listen(0, resolve));
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
});

const body = { bytes: Buffer.from('question'), type: 'application/ocsp-request' };
const post = (host: string, limitMs = 30_000) => {
  const { port } = site.address() as AddressInfo;
  return postElsewhere(`http://${host}:${port}/ocsp`, { limitMs, bytesMax: 1_000, body });
};

it.each([
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f.0.0.1',
  '0177.0.0.1',
  'localhost',
  '0.0.0.0',
  '0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '169.254.169.254',
  '[fe80::1]',
  '224.0.0.1',
  '[ff02::1]',
  '255.255.255.255',
])('%s is not connected to', async (host) => {
  await expect(post(host)).rejects.toThrow('a certificate may not lead there');
  expect(connections).toBe(0);
});

const address = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .map(({ address: text }) => text.split('%')[0] ?? '')
  .find(isOrdinary);

describe.skipIf(address === undefined)('somebody in a network', () => {
  const host = isIP(address ?? '') === 6 ? `[${address}]` : (address ?? '');

  it('is asked, and its answer is read', async () => {
    answer = (request, response) => {
      response.setHeader('x-was', String(request.headers['content-type']));
      request.pipe(response);
    };
    expect(Buffer.from(await post(host)).toString()).toBe('question');
  });

  it.each<[string, RequestListener, string]>([
    ['a redirect', (_, response) => response.writeHead(302, { location: '/other' }).end(), 'status 302'],
    ['an error', (_, response) => response.writeHead(500).end(), 'status 500'],
    ['more than is read', (_, response) => response.end('x'.repeat(1_001)), 'more than 1000 bytes'],
    ['a broken connection', (request) => request.socket.destroy(), 'cannot be reached'],
  ])('that answers with %s has not answered', async (_, by, says) => {
    answer = by;
    await expect(post(host)).rejects.toThrow(says);
  });

  it.each<[string, RequestListener]>([
    ['that says nothing', () => undefined],
    ['that never ends', (_, response) => void response.writeHead(200).write('x')],
  ])('%s is waited for so long, and no longer', async (_, by) => {
    answer = by;
    await expect(post(host, 300)).rejects.toThrow('does not answer within 300 ms');
  });

  it('that is not there cannot be reached', async () => {
    const nowhere = postElsewhere('http://nowhere.invalid/', { limitMs: 30_000, bytesMax: 1_000, body });
    await expect(nowhere).rejects.toThrow('cannot be reached');
  });
});
