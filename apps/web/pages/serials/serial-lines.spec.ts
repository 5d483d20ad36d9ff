import { expect, it } from 'vitest';
import { readLines } from './serial-lines.js';

it('counts good lines and names the bad ones, whatever ends them', () => {
  const { good, bad } = readLines('\uFEFFVNB3K12345\r\n\r\n  phb-0001 \nabc\rVNB3K 9\n');
  expect(good).toBe(2);
  expect(bad).toMatchObject([
    { line: 4, to: 4, text: 'abc' },
    { line: 5, to: 5, text: 'VNB3K 9' },
  ]);
});
