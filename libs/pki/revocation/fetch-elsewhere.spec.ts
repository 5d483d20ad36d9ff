// Where a certificate that came by the bus may lead a gateway to ask about it: never to itself or its wire (threat 26).
import { lookup } from 'node:dns/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOrdinary } from '../../addresses/range.js';
import { ownAddresses } from '../../addresses/own.js';
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
const at = (host: string): string => {
  const { port } = site.address() as AddressInfo;
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}/ocsp`;
};
const limits = { limitMs: 30_000, bytesMax: 1_000 };

/** This machine by the network, and by its name where that leads to such an address. */
const ordinary = ownAddresses().filter(isOrdinary);
const named = await lookup(hostname(), { all: true }).catch(() => []);
const leadsHere = named.length > 0 && named.every((each) => ordinary.includes(each.address));
const ownNames = [
  ...ordinary,
  ...ordinary.filter((each) => isIP(each) === 4).map((each) => `::ffff:${each}`),
  ...(leadsHere ? [hostname()] : []),
];

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
  ...ownNames,
])('%s is not connected to', async (host) => {
  await expect(postElsewhere(at(host), { ...limits, body })).rejects.toThrow(
    'a certificate may not lead there',
  );
  expect(connections).toBe(0);
});

/** Of this machine, as there is no other one, and taken for somebody else's. */
const [address] = ordinary;

describe.skipIf(address === undefined)(
  'somebody in a network (skipped where the machine has loopback only)',
  () => {
    let own: readonly string[] = [];
    const post = (limitMs = limits.limitMs) =>
      postElsewhere(at(address ?? ''), { ...limits, limitMs, body }, () => own);

    it('is asked, and its answer is read', async () => {
      answer = (request, response) => {
        response.setHeader('x-was', String(request.headers['content-type']));
        request.pipe(response);
      };
      expect(Buffer.from(await post()).toString()).toBe('question');
    });

    it.each<[string, RequestListener, string]>([
      ['a redirect', (_, response) => response.writeHead(302, { location: '/other' }).end(), 'status 302'],
      ['an error', (_, response) => response.writeHead(500).end(), 'status 500'],
      ['more than is read', (_, response) => response.end('x'.repeat(1_001)), 'more than 1000 bytes'],
      ['a broken connection', (request) => request.socket.destroy(), 'cannot be reached'],
    ])('that answers with %s has not answered', async (_, by, says) => {
      answer = by;
      await expect(post()).rejects.toThrow(says);
    });

    it.each<[string, RequestListener]>([
      ['that says nothing', () => undefined],
      ['that never ends', (_, response) => void response.writeHead(200).write('x')],
    ])('%s is waited for so long, and no longer', async (_, by) => {
      answer = by;
      await expect(post(300)).rejects.toThrow('does not answer within 300 ms');
    });

    it('is not asked any more once this machine has its address', async () => {
      own = [address ?? ''];
      await expect(post()).rejects.toThrow('a certificate may not lead there');
      own = [];
    });

    it('that is not there cannot be reached', async () => {
      const nowhere = postElsewhere('http://nowhere.invalid/', { limitMs: 30_000, bytesMax: 1_000, body });
      await expect(nowhere).rejects.toThrow('cannot be reached');
    });
  },
);
