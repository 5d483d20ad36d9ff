// What an operator wrote, cut into addresses.
import { expect, it } from 'vitest';
import { takeTargets, type Place, type Target } from './targets.js';

const wanted = [
  { line: 1, at: '10.0.0.254-10.0.1.2', serial: null },
  { line: 2, at: 'printer-7-b', serial: 'AB-12' },
  { line: 5, at: 'fd00::1', serial: null },
  { line: 6, at: 'fd00::7-fd00::7', serial: null },
];

it.each([1, 2, 3, 100])('each address is taken once, in steps of %i', (max) => {
  const all: Target[] = [];
  for (let place: Place | null = { entry: 0, address: 0 }; place;) {
    const { targets, next }: ReturnType<typeof takeTargets> = takeTargets(wanted, place, max);
    expect(targets.length).toBeLessThanOrEqual(max);
    all.push(...targets);
    place = next;
  }
  expect(all.map(({ line, at, serial, ofRange }) => [line, at, serial, ofRange])).toEqual([
    [1, '10.0.0.254', null, true],
    [1, '10.0.0.255', null, true],
    [1, '10.0.1.0', null, true],
    [1, '10.0.1.1', null, true],
    [1, '10.0.1.2', null, true],
    [2, 'printer-7-b', 'AB-12', false],
    [5, 'fd00::1', null, false],
    [6, 'fd00::7', null, true],
  ]);
});

it('a range that is larger than any list may have is cut', () => {
  const { targets } = takeTargets(
    [{ line: 1, at: '10.0.0.0-10.255.255.255', serial: null }],
    { entry: 0, address: 65_530 },
    100,
  );
  expect(targets).toHaveLength(6);
});
