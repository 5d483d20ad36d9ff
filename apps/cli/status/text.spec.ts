// What muster status prints, at any width of a terminal.
import { expect, it } from 'vitest';
import type { StatusAnswer } from './answer.js';
import { textOf } from './text.js';

const at = '2026-11-21T12:00:00.000Z';
const instances = ['licensing-7d9f6c5b8-x2x4v', 'licensing-7d9f6c5b8-q9k2m'].map((end) => ({
  instance: `muster-${end}`,
  state: 'notHeard' as const,
  version: '0.1.0',
  startedAt: '2026-11-21T08:00:00.000Z',
  heardAt: '2026-11-21T11:00:00.000Z',
  replaced: false,
}));
const status: StatusAnswer = {
  at,
  bus: { connected: true, problem: null },
  troubles: [],
  services: [
    {
      service: 'licensing',
      instances,
      parked: { waiting: 0, dead: 12 },
      outbox: { waiting: 0, oldestAgeMs: null },
      spool: null,
      budgets: [],
    },
  ],
  queues: [
    { queue: 'licensing.facts', depth: 7, oldestAgeMs: null },
    { queue: 'licensing.control', depth: 0, oldestAgeMs: null },
  ],
};

it('fits 80 columns, and instances can still be told apart', () => {
  const lines = textOf(status, 80).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines.filter((line) => /…\S*(x2x4v|q9k2m) /.test(line))).toHaveLength(2);
  expect(textOf(status)).toContain(' muster-licensing-7d9f6c5b8-x2x4v ');
});

it('does not know the age of what waits unread, and an empty queue has none', () => {
  const text = textOf(status);
  expect(text).toMatch(/licensing\.facts +7 +\?$/m);
  expect(text).toMatch(/licensing\.control +0 +-$/m);
});
