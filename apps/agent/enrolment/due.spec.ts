import { expect, test } from 'vitest';
import { dueOf, type Held } from './due.js';

const day = 86_400_000;
const from = Date.parse('2026-01-01T00:00:00.000Z');
const held = (fingerprint: string): Held => ({
  validFrom: new Date(from).toISOString(),
  validTo: new Date(from + 360 * day).toISOString(),
  fingerprint256: fingerprint,
});
const first = held(`00:00:00:00${':00'.repeat(28)}`);
const last = held(`FF:FF:FF:FF${':00'.repeat(28)}`);

test.each([
  { what: 'no certificate', of: null, day: 0, then: 'enrol' },
  { what: 'a new one', of: first, day: 1, then: 'nothing' },
  { what: 'one just before two thirds', of: first, day: 239, then: 'nothing' },
  { what: 'one at two thirds', of: first, day: 240, then: 'renew' },
  { what: 'another of the same day', of: last, day: 240, then: 'nothing' },
  { what: 'the last of that day', of: last, day: 270, then: 'renew' },
  { what: 'one on its last day', of: first, day: 359, then: 'renew' },
  { what: 'one that is over', of: first, day: 360, then: 'enrol' },
])('$what: $then (day $day of 360)', ({ of, day: at, then }) => {
  expect(dueOf(of, new Date(from + at * day)).what).toBe(then);
});
