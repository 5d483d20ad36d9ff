import { expect, it } from 'vitest';
import type { Outcome } from '../device.js';
import { Patience, tooSlow } from './patience.js';

const { signal } = new AbortController();
const answered: Outcome<null> = { kind: 'answered', value: null };
const silent: Outcome<null> = { kind: 'unreachable', reason: 'no answer', host: 'silent' };

function patienceOf(ms: number) {
  let now = 0;
  const patience = new Patience(() => now, ms);
  const pass = (by: number): void => void (now += by);
  const ask = (by: number, said = answered): Promise<Outcome<null>> =>
    patience.with(() => {
      pass(by);
      return Promise.resolve(said);
    }, signal);
  return { patience, pass, ask };
}

it('what was answered is counted, and what was not is not', async () => {
  const { patience, pass, ask } = patienceOf(1_000);
  expect(await ask(600)).toBe(answered);
  expect(await ask(5_000, silent)).toBe(silent);
  pass(5_000);
  expect(patience.spent).toBe(false);
  expect(await ask(500)).toBe(answered);
  expect(patience.spent).toBe(true);
  expect(await ask(0)).toBe(tooSlow);
});

it('what several protocols answer at a time is counted once', async () => {
  const { patience, pass } = patienceOf(1_000);
  const waits = Array.from({ length: 3 }, () => Promise.withResolvers<Outcome<null>>());
  const all = waits.map(({ promise }) => patience.with(() => promise, signal));
  pass(900);
  for (const { resolve } of waits) resolve(answered);
  await Promise.all(all);
  expect(patience.spent).toBe(false);
});

it('a call that takes too long is given up, and one that its caller gives up is not counted', async () => {
  const untilAborted = (signal: AbortSignal): Promise<Outcome<null>> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  const patience = new Patience(() => performance.now(), 50);
  const caller = new AbortController();
  const given = patience.with(untilAborted, caller.signal);
  caller.abort(new Error('lease lost'));
  await expect(given).rejects.toThrow('aborted');
  expect(patience.spent).toBe(false);
  expect(await patience.with(untilAborted, signal)).toBe(tooSlow);
  expect(patience.spent).toBe(true);
});
