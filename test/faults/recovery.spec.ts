// What npm run chaos says of recovery, and of a restart in turn.
import { expect, it } from 'vitest';
import { recoveryLines, recoveryVerdict } from './recovery.js';
import { rollingFaults } from './rolling.js';
import { nothingStruck, type Recovery } from './strike.js';

const back = (target: string, ms: number, alone: boolean): Recovery => ({
  target,
  ms,
  alone,
  limitMs: 2_000,
});

const struckBy = (...recoveries: readonly Recovery[]) => ({
  ...nothingStruck(),
  kills: new Map(recoveries.map(({ target }) => [target, 1])),
  recoveries: [...recoveries],
});

it('says of a target that was never down alone that nothing is known', () => {
  const struck = struckBy(back('gateway-1', 9_000, false), back('broker', 1_000, true));
  expect(recoveryLines(struck)).toEqual([
    'broker        killed 1 times; back within 1000 ms (limit 2000: in time)',
    'gateway-1     killed 1 times; not struck alone, beside others within 9000 ms',
  ]);
  expect(recoveryVerdict(struck)).toBe('recovery: all in time; not struck alone: gateway-1');
});

it('names who is late, by the slowest return alone', () => {
  const struck = struckBy(
    back('gateway-2', 100, true),
    back('gateway-2', 9_062, true),
    back('broker', 9_999, false),
    back('broker', 2_000, true),
  );
  expect(recoveryVerdict(struck)).toBe('recovery: LATE gateway-2 9062 ms (limit 2000)');
  expect(recoveryVerdict(struckBy(back('broker', 2_000, true)))).toBe('recovery: all in time');
});

it('finds a process that did not end well, and devices that were kept waiting', () => {
  const ended = [
    { name: 'gateway-1', exit: 0, ms: 10 },
    { name: 'console-1', exit: 'SIGKILL', ms: 20 },
  ];
  expect(rollingFaults({ ended: ended.slice(0, 1), attempts: 2 })).toEqual([]);
  expect(rollingFaults({ ended, attempts: 3 })).toEqual([
    'console-1, asked to end: SIGKILL',
    'while all were restarted in turn, an announcement needed 3 attempts',
  ]);
});
