// The table of threats in SECURITY.md: each row names tests, and each of them is there.
import { describe, expect, it } from 'vitest';
import { read } from './tidy/sources.js';

/** Of the edge: each has a row. */
const threats = [1, 2, 3, 4, 5, 6, 7, 8, 19, 20, 21, 22, 24, 25, 26, 27, 29, 32, 33, 34];

const rows = (read('SECURITY.md') ?? '')
  .split('\n')
  .map((line) => /^\| +(\d+) +\|(.*)\|(.*)\|(.*)\|$/.exec(line))
  .flatMap((row) => (row ? [{ number: Number(row[1]), proofs: proofsIn(row[4] ?? '') }] : []));

it('has a row for each threat, and numbers stay', () => {
  expect(rows.map(({ number }) => number)).toEqual(threats);
});

describe.each(rows)('threat $number', ({ proofs }) => {
  it('names tests', () => {
    expect(proofs).not.toEqual([]);
  });

  it.each(proofs)('$file has $name', ({ file, name }) => {
    const text = read(file) ?? `there is no ${file}`;
    expect(text.split('\n').some((line) => isTitle(line, name))).toBe(true);
  });
});

/** `[name](file): ` and the tests' names in backticks, one file after the other. */
function proofsIn(cell: string): readonly { readonly file: string; readonly name: string }[] {
  return [...cell.matchAll(/\]\(([^)]+\.spec\.ts)\):((?:,? `[^`]+`)+)/g)].flatMap(
    ([, file = '', names = '']) => [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => ({ file, name })),
  );
}

/** As the first word of a test or of a case, in any quotes. */
const isTitle = (line: string, name: string): boolean =>
  ["'", '"', '`'].some((quote) =>
    new RegExp(`(?:^\\s*|\\(|\\[)${escaped(quote + name + quote)},`).test(line),
  );

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
