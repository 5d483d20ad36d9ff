import { expect, it } from 'vitest';
import { csvLine } from './csv.js';

it.each([
  ['=1+1', `"'=1+1"`],
  ['+1', `"'+1"`],
  ['-AB1', `"'-AB1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
  [' =1', `"' =1"`],
  ['\r=1', `"'\r=1"`],
  ['|calc', `"'|calc"`],
  ['a","=1', '"a"",""=1"'],
  ['VNB3K12345', '"VNB3K12345"'],
  ['', '""'],
])('%j is inert as %s', (text, cell) => {
  expect(csvLine([text, 'x'])).toBe(`${cell},"x"\r\n`);
});
