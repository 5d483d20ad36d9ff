// Ends that the event stream leaves out, where console answers none of them.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../scripts/free-port.mjs';
import { until } from '../../../test/support/until.js';
import { Client } from '../client.js';
import { LookUps } from './look-ups.js';
import { Requests } from './requests.js';

const count = 20;

it('some at a time are asked for, and none any more once the time is over', { timeout: 30_000 }, async () => {
  let asked = 0;
  const port = await freePort();
  const console = createServer(() => (asked += 1)).listen(port, '127.0.0.1');
  onTestFinished(() => {
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
  const over = new AbortController();
  const lookUps = new LookUps(
    new Client({ url: `http://127.0.0.1:${port}`, token: null }),
    requests,
    over.signal,
  );
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
