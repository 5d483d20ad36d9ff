import { expect, test } from 'vitest';
import { retired } from '../../test/support/buses.js';
import { accusedBy } from './evidence.js';

const events = [retired('CNB1234567'), retired('CNB7654321'), retired('CNB7654321')];
const [first, second] = events.map(({ id }) => id);
const refusal = (message: string, detail?: string): Error => Object.assign(new Error(message), { detail });

test('a row that the database shows is its event', () => {
  const detail = `Failing row contains (${events[1]?.subject}, CNB7654321, null, 2026-11-21 12:00:00).`;
  expect(accusedBy(refusal('violates check constraint "no_curse"', detail), events)).toBe(second);
  expect(accusedBy(refusal('serial CNB1234567 is cursed'), events)).toBe(first);
});

test('words that are of several events, of several of them, or of none accuse nobody', () => {
  expect(accusedBy(refusal('serial CNB7654321 is cursed'), events)).toBeNull();
  expect(accusedBy(refusal(`neither ${events[1]?.subject} nor ${events[2]?.subject}`), events)).toBeNull();
  expect(accusedBy(refusal('division by zero'), events)).toBeNull();
  expect(accusedBy(refusal('null value in column "id"', 'Failing row contains (null).'), events)).toBeNull();
  expect(accusedBy('text', events)).toBeNull();
});
