// What a client makes of a server that does not keep to the protocol.
import { createServer, type Server } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import { exampleIdentity } from '../events/identity.js';
import { selfSigned } from '../pki/self-signed.js';
import { announce } from './announce.js';
import { AnnounceError } from './announce-error.js';
import { clientContext } from './reach.js';
import type { Announcement } from './announcement.js';

const announcement: Announcement = {
  identity: exampleIdentity,
  reason: 'boot',
  announcementId: null,
  traceparent: null,
  origin: null,
};
const acknowledge = {
  muster: 1,
  type: 'acknowledge',
  result: 'retry',
  authentication: 'anonymous',
  reason: 'busy',
  message: 'later',
  retryAfterMs: 0,
  event: null,
};

let server: Server | null = null;
afterEach(() => void server?.close());

/** Announces to a server that answers with this line. */
async function answeredWith(line: string) {
  const { key, certificate } = await selfSigned({ commonName: 'listener' });
  const listening = createServer({ key, cert: certificate }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(`${line}\n`));
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const context = clientContext({});
  return announce({ host: '127.0.0.1', port: address.port, context, requireVerified: false }, announcement);
}

it('hears an acknowledge', async () => {
  const { acknowledge: heard } = await answeredWith(JSON.stringify(acknowledge));
  expect(heard).toMatchObject({ result: 'retry', reason: 'busy', message: 'later' });
});

it('takes one that cannot be stored or shown for none, and says why', async () => {
  const refused = answeredWith(JSON.stringify({ ...acknowledge, message: 'x\u0000' }));
  await expect(refused).rejects.toMatchObject({
    name: 'AnnounceError',
    code: 'badAnswer',
    message: 'message: must not contain control characters',
  });
});

it('a failure is one line that can be stored, whatever it names', () => {
  const named = new AnnounceError('serverUntrusted', `for \u0000x\ud800: ${'y'.repeat(5_000)}\n`).message;
  expect(named).toMatch(/^for {2}x\ufffd: y+$/);
  expect(named).toHaveLength(1_000);
});
