import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { gathered } from './gathered.js';

/** Statements that are answered when told to be. */
function statements(fails: (all: readonly number[]) => Error | null = () => null) {
  const sent: (readonly number[])[] = [];
  const open: (() => void)[] = [];
  const ask = gathered(async (all: readonly number[]) => {
    sent.push(all);
    await new Promise<void>((resolve) => open.push(resolve));
    const error = fails(all);
    if (error) throw error;
    return (asked) => {
      if (asked < 0) throw new Error(`${asked} is below zero`);
      return asked * 10;
    };
  });
  return { sent, ask, answer: () => open.shift()?.() };
}

test('what is asked while a statement is under way goes with the next, and gets none of its answer', async () => {
  const { sent, ask, answer } = statements();
  const first = ask(1);
  const others = [ask(2), ask(3), ask(2)];
  expect(sent).toEqual([[1]]);
  answer();
  expect(await first).toBe(10);
  await turn();
  expect(sent).toEqual([[1], [2, 3, 2]]);
  answer();
  expect(await Promise.all(others)).toEqual([20, 30, 20]);
  const later = ask(4);
  answer();
  expect(await later).toBe(40);
});

test('a throw of what is said is for that one alone', async () => {
  const { ask, answer } = statements();
  const first = ask(1);
  const others = [ask(-2), ask(3)].map((said) => said.catch((error: Error) => error.message));
  answer();
  await first;
  await turn();
  answer();
  expect(await Promise.all(others)).toEqual(['-2 is below zero', 30]);
});

test.each([
  ['fails', new Error('three')],
  ['waits too long for a lock', Object.assign(new Error('three'), { code: '55P03' })],
])('where a statement of several %s, each is asked alone', async (_, error) => {
  const { sent, ask, answer } = statements((all) => (all.includes(3) ? error : null));
  const first = ask(1);
  const others = [ask(2), ask(3), ask(4)].map((said) => said.catch((error: Error) => error.message));
  const all = Promise.all(others);
  for (let count = 0; count < 5; count += 1) {
    answer();
    await turn();
  }
  await first;
  expect(await all).toEqual([20, 'three', 40]);
  expect(sent).toEqual([[1], [2, 3, 4], [2], [3], [4]]);
});

test('not where the database is away: each is told so at once', async () => {
  const away = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  const { sent, ask, answer } = statements(() => away);
  const all = [ask(1), ask(2), ask(3)].map((said) => said.catch((error: unknown) => error));
  answer();
  await turn();
  answer();
  expect(await Promise.all(all)).toEqual([away, away, away]);
  expect(sent).toEqual([[1], [2, 3]]);
});
