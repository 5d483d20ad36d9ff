// A server that did resume sessions, unlike the gateway: the verdict does not rest on that setting alone.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { Authority } from '../../test/support/authority.js';
import type { Credentials } from './certificate.js';
import { readPeer, type Peer } from './peer.js';
import { judgePeer, type Claim } from './verdict.js';

const serial = 'VNB3K12345';
const authority = await Authority.create('Trusted root');
const server = await authority.issue({ commonName: 'muster' });
const device = await authority.issue({ commonName: 'printer', serialNumber: serial });
const primary = await authority.issue({ commonName: 'primary', dnsNames: ['primary.example'] });

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
      ['a device', device, { device: serial }],
      ['a primary', primary, 'server'],
    ] satisfies [string, Credentials, Claim][])('proves nothing about %s', async (_, holder, claim) => {
      const { key, certificate } = holder;
      const judge = (peer: Peer) => judgePeer(peer, claim, { revocation: null }, new Date());
      await new Promise<void>((resolve) => resuming.listen(0, '127.0.0.1', resolve));
      const client = { key, cert: certificate, minVersion: tls, maxVersion: tls };
      const first = await meet(client);
      expect(await judge(first.peer)).toEqual({ outcome: 'verified', standing: null });
      const again = await meet({ ...client, session: first.session });
      expect(again.peer.resumed).toBe(true);
      expect(await judge(again.peer)).toMatchObject({ outcome: 'failed', reason: 'sessionResumed' });
    });
  },
);
