// Ends that the event stream leaves out, where console answers none of them, or refuses one.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../scripts/free-port.mjs';
import { until } from '../../../test/support/until.js';
import { Client } from '../client.js';
import { LookUps } from './look-ups.js';
import { Requests } from './requests.js';

const count = 20;

/** Of as many devices, and a console that does this when it is asked. */
async function lookUpsAt(answer: RequestListener) {
  const port = await freePort();
  const console = createServer(answer).listen(port, '127.0.0.1');
  const over = new AbortController();
  onTestFinished(() => {
    over.abort();
    console.close();
    console.closeAllConnections();
  });
  await once(console, 'listening');
  const requests = new Requests();
  const at = { occurredAt: '2026-11-23T08:00:00.000Z' } as const;
  for (let nth = 0; nth < count; nth += 1) {
    const [requestId, deviceId, taskId] = [`r${nth}`, `d${nth}`, `t${nth}`];
    requests.ask([{ requestId, deviceId, serial: `S${nth}`, undoes: null }]);
    const queued = { taskId, outcome: '', detail: null };
    requests.hear({ ...at, type: 'assessment.queued', subject: deviceId, causedBy: requestId, data: queued });
    requests.hear({ ...at, type: 'assessment.finished', subject: deviceId, causedBy: null, data: null });
  }
  const client = new Client({ url: `http://127.0.0.1:${port}`, token: null });
  return { lookUps: new LookUps(client, requests, over.signal), requests, over };
}

it('some at a time are asked for, and none any more once the time is over', { timeout: 30_000 }, async () => {
  let asked = 0;
  const { lookUps, requests, over } = await lookUpsAt(() => (asked += 1));
  lookUps.begin();
  await until('some are asked for', () => asked === 8);
  over.abort();
  lookUps.begin();
  await lookUps.underWay();
  lookUps.begin();
  await lookUps.underWay();
  expect(asked).toBe(8);
  expect(requests.devices().filter(({ end }) => end === null)).toHaveLength(count);
});

it('one that is refused ends the waiting, also when it was begun while others were waited for', async () => {
  const { lookUps } = await lookUpsAt(({ url }, response) => {
    if (url === '/api/devices/d0') answer(404);
    if (url === '/api/devices/d8') answer(401);

    function answer(status: number): void {
      response.writeHead(status, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ title: 'No', detail: `status ${status}` }));
    }
  });
  lookUps.begin();
  const unauthenticated = { code: 'unauthenticated' };
  await expect(lookUps.underWay()).rejects.toMatchObject(unauthenticated);
  await expect(lookUps.underWay()).rejects.toMatchObject(unauthenticated);
});
