// A server that did resume sessions, unlike the gateway: the verdict does not rest on that setting alone.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { Authority } from '../../test/support/authority.js';
import { judgeDevice, judgePrimary, readPeer, type Peer } from './peer.js';

const serial = 'VNB3K12345';
const authority = await Authority.create('Trusted root');
const server = await authority.issue({ commonName: 'muster' });
const device = await authority.issue({ commonName: 'printer', serialNumber: serial });
const primary = await authority.issue({ commonName: 'primary' });

const resuming = createServer({
  key: server.key,
  cert: server.certificate,
  ca: authority.certificate,
  requestCert: true,
  rejectUnauthorized: false,
});
afterEach(() => resuming.close());

/** What the server sees of a client, and the session that this one may come back with. */
async function meet(client: ConnectionOptions): Promise<{ readonly peer: Peer; readonly session: Buffer }> {
  const { port } = resuming.address() as AddressInfo;
  const met = once(resuming, 'secureConnection');
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...client });
  const told = once(socket, 'session');
  const [other] = (await met) as [TLSSocket];
  const peer = readPeer(other);
  other.write('hello');
  socket.resume();
  const [session] = client.session ? [client.session] : ((await told) as [Buffer]);
  other.destroy();
  socket.destroy();
  return { peer, session };
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a certificate shown once, of a session resumed, %s',
  (tls) => {
    it.each([
      ['a device', device, (peer: Peer) => judgeDevice(peer, serial, new Date())],
      ['a primary', primary, (peer: Peer) => judgePrimary(peer, new Date())],
    ])('proves nothing about %s', async (_, { key, certificate }, judge) => {
      await new Promise<void>((resolve) => resuming.listen(0, '127.0.0.1', resolve));
      const client = { key, cert: certificate, minVersion: tls, maxVersion: tls };
      const first = await meet(client);
      expect(judge(first.peer)).toEqual({ outcome: 'verified' });
      const again = await meet({ ...client, session: first.session });
      expect(again.peer.resumed).toBe(true);
      expect(judge(again.peer)).toEqual({ outcome: 'failed', reason: 'sessionResumed' });
    });
  },
);
