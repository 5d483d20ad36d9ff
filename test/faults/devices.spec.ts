// A device that comes again hides nothing: each try that a gateway left without an answer is counted.
import { once } from 'node:events';
import { createServer } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { credentials } from '../support/gateway.js';
import { Devices } from './devices.js';

/** A gateway that closes so many connections without a word, and accepts what comes then. */
async function forgetful(times: number): Promise<number> {
  let left = times;
  const server = createServer({ key: credentials.key, cert: credentials.certificate }, (socket) => {
    socket.on('error', () => undefined);
    left -= 1;
    if (left >= 0) socket.destroy();
    else socket.end('{"result":"accepted"}\n');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen');
  return address.port;
}

it('counts tries without an answer, but for those that met a gateway while it was away', async () => {
  const [first, second] = [await forgetful(2), await forgetful(1)];
  const devices = new Devices();
  await devices.insist(first);
  const between = performance.now();
  await devices.insist(second);
  expect(devices.told.map(({ answer }) => answer)).toEqual([{ result: 'accepted' }, { result: 'accepted' }]);

  devices.excuse(first, between, performance.now());
  devices.excuse(second, 0, between);
  const unanswered = devices.takeUnanswered();
  expect(unanswered.map(({ port }) => port)).toEqual([first, first, second]);
  expect(devices.takeUnanswered()).toEqual([]);

  await expect(devices.announce(await forgetful(1))).rejects.toThrow();
  devices.excuse(second, 0, performance.now());
  expect(devices.takeUnanswered()).toHaveLength(1);
});

it('forgets those that it is to excuse', async () => {
  const port = await forgetful(2);
  const devices = new Devices();
  const from = performance.now();
  await devices.insist(port);
  devices.excuse(port, from, performance.now());
  expect(devices.takeUnanswered()).toEqual([]);
});
