// What a server learns of the key exchange, from connections that negotiate it really (R20).
import { once } from 'node:events';
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { selfSigned } from '#pki/self-signed';
import { keyExchangeGroup } from '#pki/negotiated';

const groups = 'X25519MLKEM768:X25519:P-256:P-384:ffdhe2048';
let server: ReturnType<typeof createServer>;
let port = 0;
let identity: { readonly key: string; readonly cert: string };

beforeAll(async () => {
  const { key, certificate: cert } = await selfSigned({ commonName: 'muster' });
  identity = { key, cert };
  const asks = { requestCert: true, rejectUnauthorized: false };
  server = createServer({ ...identity, ...asks, ecdhCurve: groups }, (socket) => {
    socket.on('error', () => undefined).end(`${keyExchangeGroup(socket)}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});
afterAll(() => void server.close());

async function toldOf(group: string, version: SecureVersion, own: object): Promise<string> {
  const versions = { minVersion: version, maxVersion: version } as const;
  const client = connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ecdhCurve: group,
    ...versions,
    ...own,
  });
  let text = '';
  client.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(client, 'close');
  return text;
}

it.each<[string, SecureVersion, boolean]>([
  ['X25519MLKEM768', 'TLSv1.3', false],
  ['X25519MLKEM768', 'TLSv1.3', true],
  ['X25519', 'TLSv1.3', true],
  ['P-256', 'TLSv1.3', false],
  ['P-256', 'TLSv1.2', true],
  ['P-384', 'TLSv1.3', true],
  ['ffdhe2048', 'TLSv1.3', false],
])('%s by %s, with a certificate: %s', async (group, version, certified) => {
  expect(await toldOf(group, version, certified ? identity : {})).toBe(group);
});

const saying = (hex: string): Pick<TLSSocket, 'getSession'> => ({
  getSession: () => Buffer.from(hex, 'hex'),
});

it.each([
  ['a group that has no name here', '3006b304020270ff', '0x70ff'],
  ['no such field', '3003020101', null],
  ['nothing', '', null],
  ['no sequence', '0203010203', null],
  ['a length beyond the end', '30820fffb304020211ec', null],
  ['a length without an end', '3080b304020211ec', null],
  ['a field that is no integer', '3006b304040211ec', null],
  ['an integer that is too long', '3009b3070205010203', null],
])('of a session with %s', (_, hex, group) => {
  expect(keyExchangeGroup(saying(hex))).toBe(group);
});

it('of a connection without a session nothing is told', () => {
  expect(keyExchangeGroup({ getSession: () => undefined })).toBeNull();
});

it('what it has read of the session is wiped: it holds a secret', () => {
  const session = Buffer.from('3006b304020211ec', 'hex');
  keyExchangeGroup({ getSession: () => session });
  expect(session.every((byte) => byte === 0)).toBe(true);
});
