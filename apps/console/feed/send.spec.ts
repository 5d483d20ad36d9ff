// A reader that stalls is told from one that is slow.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { send, Stalled } from './send.js';

const leaving = new AbortController();
const text = 'x'.repeat(1_000_000);
const limitMs = 300;

/** A client that has asked and reads nothing yet, and the answer to it. */
async function reader() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const client = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1').pause();
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  return { client, response };
}

/** Until the systems between have taken all that they take. */
async function full(response: ServerResponse): Promise<unknown> {
  for (let megabytes = 0; megabytes < 100; megabytes += 1) {
    const error: unknown = await send(response, text, leaving.signal, limitMs).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error !== null) return error;
  }
  return null;
}

it('a client that reads nothing is not waited for without end', async () => {
  const { response } = await reader();
  expect(await full(response)).toBeInstanceOf(Stalled);
});

it('a client that is slow is waited for', async () => {
  const { client, response } = await reader();
  await full(response);
  client.resume();
  await send(response, text, leaving.signal, 30_000);
  expect(response.writableNeedDrain).toBe(false);
});

it('a client that goes is not waited for at all', async () => {
  const { client, response } = await reader();
  await full(response);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const sent = send(response, text, gone.signal, 30_000);
  client.destroy();
  await sent;
  expect(gone.signal.aborted).toBe(true);
});
