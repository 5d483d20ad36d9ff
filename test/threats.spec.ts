// The table of threats in SECURITY.md: each row names tests, and each of them is there and is run.
import { describe, expect, it } from 'vitest';
import { read } from './tidy/sources.js';
import { testsIn } from './tidy/tests-of.js';

/** Of the edge: each has a row. */
const threats = [1, 2, 3, 4, 5, 6, 7, 8, 19, 20, 21, 22, 24, 25, 26, 27, 28, 29, 30, 32, 33, 34];

const rows = (read('SECURITY.md') ?? '')
  .split('\n')
  .map((line) => /^\| +(\d+) +\|(.*)\|(.*)\|(.*)\|$/.exec(line))
  .flatMap((row) => (row ? [{ number: Number(row[1]), proofs: proofsIn(row[4] ?? '') }] : []));

const known = new Map<string, readonly string[]>();

function testsOf(file: string): readonly string[] {
  const titles = known.get(file) ?? testsIn(read(file) ?? '');
  known.set(file, titles);
  return titles;
}

it('has a row for each threat, and numbers stay', () => {
  expect(rows.map(({ number }) => number)).toEqual(threats);
});

describe.each(rows)('threat $number', ({ proofs }) => {
  it('names tests', () => {
    expect(proofs).not.toEqual([]);
  });

  it.each(proofs)('$file has $name', ({ file, name }) => {
    expect(testsOf(file)).toContain(name);
  });
});

describe('a name stands for a test', () => {
  it.each([
    ['a test', `it('one', () => {});`],
    [
      'a test in a group that is left out here and there',
      `describe.skipIf(none)('x', () => { test("one", run); });`,
    ],
    ['a test with limits', `it('one', { timeout: 9 }, () => {});`],
    ['a row of a table', `const rows = [['one', 1]] as const; it.concurrent.each(rows)('%s', () => {});`],
    ['a row in a longer title', `it.each<[string]>([['on']])('%se', () => {});`],
  ])('as %s', (_, text) => {
    expect(testsIn(text)).toContain('one');
  });

  it.each([
    ['a test that is skipped', `it.skip('one', () => {});`],
    ['a test that is skipped always', `it.skipIf(true)('one', () => {});`],
    ['a test that is skipped by an option', `it('one', { skip: true }, () => {});`],
    ['a test in a group that is skipped', `describe.skip('x', () => { it('one', () => {}); });`],
    ['a test that is still to be written', `it.todo('one'); it('one');`],
    ['a test that is meant to fail', `it.fails('one', () => {});`],
    ['a group', `describe('one', () => {});`],
    ['a comment', `// it('one', () => {});`],
    ['a row that no test has', `const rows = [['one', 1]];`],
    ['a row of a test that is skipped', `it.skip.each([['one']])('%s', () => {});`],
    ['a test of no rows', `it.each([])('one', () => {});`],
    ['what only begins so', `it('one and more', () => {});`],
  ])('and not as %s', (_, text) => {
    expect(testsIn(text)).not.toContain('one');
  });
});

/** `[name](file): ` and the tests' names in backticks, one file after the other. */
function proofsIn(cell: string): readonly { readonly file: string; readonly name: string }[] {
  return [...cell.matchAll(/\]\(([^)]+\.spec\.ts)\):((?:,? `[^`]+`)+)/g)].flatMap(
    ([, file = '', names = '']) => [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => ({ file, name })),
  );
}
