import { expect, test } from 'vitest';
import { afterAttempt, patientPace, type Outcome } from './attempt.js';

const answered = (part: Partial<Extract<Outcome, { kind: 'answered' }>>): Outcome => ({
  kind: 'answered',
  server: '10.0.0.1',
  result: 'accepted',
  authentication: 'anonymous',
  reason: null,
  message: 'stored',
  retryAfterMs: null,
  ...part,
});
const pace = { firstMs: 1_000, longestMs: 60_000, attemptsMax: 4 };

test.each([
  { given: answered({}), then: { state: 'success', answer: 'accepted' }, waitMs: null },
  {
    given: answered({ result: 'refused', reason: 'switchedOff' }),
    then: { state: 'success', answer: 'refused: switchedOff' },
    waitMs: null,
  },
  {
    given: answered({ result: 'refused', reason: 'expired', authentication: 'failed' }),
    then: { state: 'failed', answer: 'refused: expired' },
    waitMs: null,
  },
  {
    given: answered({ result: 'retry', reason: 'busy', retryAfterMs: 5_000 }),
    then: { state: 'inProgress', answer: 'retry: busy' },
    waitMs: 5_625,
  },
  {
    given: answered({ result: 'retry', reason: 'busy', retryAfterMs: 86_400_000 }),
    then: { state: 'inProgress' },
    waitMs: 67_500,
  },
  { given: { kind: 'unreachable', detail: 'x' } as const, then: { state: 'failed' }, waitMs: 750 },
  {
    given: { kind: 'untrusted', server: '10.0.0.1', detail: 'x' } as const,
    then: { state: 'failed', server: '10.0.0.1' },
    waitMs: null,
  },
])(
  'after $given.kind $given.reason the device shows $then and waits $waitMs (R1, R6)',
  ({ given, then, waitMs }) => {
    const next = afterAttempt(given, 1, { pace, random: 0.5 });
    expect(next.show).toMatchObject(then);
    expect(next.waitMs).toBe(waitMs);
  },
);

test('waits grow, stay under the longest, and end with the last attempt', () => {
  const waits = [1, 2, 3, 4].map(
    (attempt) => afterAttempt({ kind: 'unreachable', detail: '' }, attempt, { pace, random: 1 }).waitMs,
  );
  expect(waits).toEqual([1_000, 2_000, 4_000, null]);
  expect(afterAttempt({ kind: 'unreachable', detail: '' }, 15, { pace: patientPace, random: 1 }).waitMs).toBe(
    900_000,
  );
});

test('a server that is busy to the end is a failure', () => {
  const next = afterAttempt(answered({ result: 'retry', retryAfterMs: 10 }), 4, { pace, random: 0 });
  expect(next).toMatchObject({ show: { state: 'failed', server: '10.0.0.1' }, waitMs: null });
});
