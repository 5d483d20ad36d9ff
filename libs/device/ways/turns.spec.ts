import { expect, it } from 'vitest';
import { until } from '../../../test/support/until.js';
import { inTurn } from './turns.js';

interface Word {
  readonly said: string;
  readonly isEnough: boolean;
}

/** Two who speak when the test wants it. */
function two() {
  const told: string[] = [];
  const speaks = new Map(['first', 'second'].map((who) => [who, Promise.withResolvers<Word>()]));
  const whom = [...speaks.keys()];
  const ask = (who: string, before: readonly Word[], signal: AbortSignal): Promise<Word> => {
    told.push([who, 'after', ...before.map(({ said }) => said)].join(' '));
    return new Promise((answered, rejected) => {
      void speaks.get(who)?.promise.then(answered);
      signal.addEventListener('abort', () => {
        told.push(`${who} is left`);
        rejected(signal.reason as Error);
      });
    });
  };
  const isNeeded = (_: string, before: readonly Word[]): boolean => before.every(({ isEnough }) => !isEnough);
  const say = (who: string, isEnough: boolean): void =>
    speaks.get(who)?.resolve({ said: `${who} has spoken`, isEnough });
  const off = new AbortController();
  return { told, say, off, words: () => inTurn({ whom, ask, isNeeded }, off.signal) };
}

it('who is quick and says enough is asked alone', async () => {
  const { told, say, words } = two();
  say('first', true);
  expect([...(await words()).keys()]).toEqual(['first']);
  expect(told).toEqual(['first after']);
});

it('who says too little is followed by the next, which hears of it', async () => {
  const { told, say, words } = two();
  say('first', false);
  say('second', true);
  expect([...(await words()).keys()]).toEqual(['first', 'second']);
  expect(told).toEqual(['first after', 'second after first has spoken']);
});

it('who is slow is waited for beside the next, and still has the word', async () => {
  const { told, say, words } = two();
  const all = words();
  await until('the second is asked', () => told.includes('second after'));
  say('first', true);
  expect([...(await all).keys()]).toEqual(['first']);
  expect(told).toEqual(['first after', 'second after', 'second is left']);
});

it('the word of the second does not end the first', async () => {
  const { told, say, words } = two();
  const all = words();
  await until('the second is asked', () => told.includes('second after'));
  say('second', true);
  say('first', false);
  expect([...(await all).keys()]).toEqual(['first', 'second']);
});

it('called off, it ends with the reason, and nobody is asked after that', async () => {
  const { told, off, words } = two();
  const all = words();
  off.abort(new Error('called off'));
  await expect(all).rejects.toThrow('called off');
  expect(told).toEqual(['first after', 'first is left']);
});
