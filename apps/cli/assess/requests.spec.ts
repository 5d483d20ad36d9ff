// What became of requests, of events in whatever order.
import { expect, it } from 'vitest';
import { Requests, type End } from './requests.js';

const deviceId = 'd1';
const request = (requestId: string, undoes: string | null = null) => ({
  ...{ requestId, deviceId, serial: 'AB-1', undoes },
});
const event = (type: string, data: unknown, causedBy: string | null = null) => ({
  ...{
    type: `assessment.${type}`,
    subject: deviceId,
    occurredAt: '2026-11-22T08:00:00.000Z',
    causedBy,
    data,
  },
});

function endOf(requests: readonly ReturnType<typeof request>[], ...events: ReturnType<typeof event>[]) {
  const all = new Requests();
  all.ask(requests);
  for (const each of events) all.hear(each);
  return all.devices()[0]?.end?.outcome ?? null;
}

const undone = (undoes: string, outcome: string) => event('undone', { taskId: 't1', undoes, outcome });
const undoing = [event('queued', { taskId: 't1' }, 'r1'), event('queued', { taskId: 't1' }, 'r2')];

it('a device has ended when all that was asked of it has', () => {
  const both = [request('r1', 'u1'), request('r2', 'u2')];
  expect(endOf(both, ...undoing, undone('u1', 'undone'))).toBeNull();
  expect(endOf(both, ...undoing, undone('u1', 'undone'), undone('u2', 'undone'))).toBe('undone');
  expect(endOf(both, ...undoing, event('finished', { taskId: 't1', outcome: 'cancelled' }))).toBe(
    'cancelled',
  );
});

it.each([
  ['undone', 'partly', 'partly'],
  ['partly', 'unreachable', 'unreachable'],
  ['failed', 'unreachable', 'failed'],
])('of %s and %s it is %s that is told of it', (one, other, told) => {
  const both = [request('r1', 'u1'), request('r2', 'u2')];
  expect(endOf(both, ...undoing, undone('u1', one), undone('u2', other))).toBe(told);
});

it('an end of which not all is sent is looked up once its task is known', () => {
  const requests = new Requests();
  requests.ask([request('r1')]);
  requests.hear(event('finished', null));
  expect(requests.untold()).toEqual([]);
  requests.hear(event('queued', { taskId: 't1' }, 'r1'));
  expect(requests.untold()).toEqual([{ request: request('r1'), taskId: 't1' }]);
  expect(requests.untold()).toEqual([]);
  requests.lookAgain(request('r1'));
  expect(requests.untold()).toEqual([{ request: request('r1'), taskId: 't1' }]);
  const end: End = { outcome: 'compliant', detail: null };
  requests.end('t1', end);
  expect(requests.devices()).toEqual([{ deviceId, serial: 'AB-1', end }]);
});
