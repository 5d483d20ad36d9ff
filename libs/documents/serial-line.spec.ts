// What an import of serial numbers is told (R33, threat 29).
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { faultOfSerialLine, faultsOfSerials, faultyLines, serialLines } from './serial-line.js';

it.each([
  ['=cmd|calc', /formula/],
  ['+1+1', /formula/],
  ['@SUM(A1)', /formula/],
  ['-2+3*4', /formula/],
  ['\t=cmd', /formula/],
  ['AB\tCD', /control character/],
  ['ABCD\u0007', /control character/],
  ['A\0B\0C\0D\0', /NUL.*UTF-16/],
  ['\uFFFD\uFFFDABCD', /UTF-8/],
  ['AB\uD800CD', /UTF-8/],
  ['ABC', /at least 4/],
  ['A'.repeat(33), /at most 32/],
  ['AB CD', /a space/],
  ['"ABCD"', /“"”/],
  ['ÄBCD', /“Ä”/],
  ['ＡＢＣＤ', /“Ａ”/],
  ['AB😀CD', /“😀”/],
])('%j is told what is wrong with it', (line, message) => {
  expect(faultOfSerialLine(line)).toMatch(message);
});

it.each(['VNB3K12345', ' ab-12 ', '-ABC', '', '   '])('%j is taken', (line) => {
  expect(faultOfSerialLine(line)).toBeNull();
});

it('neighbouring lines with one fault are told together', () => {
  const faults = faultsOfSerials(serialLines('no\r\nno\rGOOD-1\n=1\nno\n'));
  expect(faults.map(({ line, to }) => [line, to])).toEqual([
    [1, 2],
    [4, 4],
    [5, 5],
  ]);
  expect(faultyLines(faults)).toBe(4);
});

const blns = path.resolve(process.env['MUSTER_SUITES_DIR'] ?? '../shared/suites', 'blns.json');
function naughty(): readonly string[] | null {
  try {
    return JSON.parse(readFileSync(blns, 'utf8')) as readonly string[];
  } catch {
    return null;
  }
}

it('of the big list of naughty strings nothing gets in that is no serial number', (test) => {
  const strings = naughty();
  if (!strings) return test.skip(`${blns} is not here`);
  const taken = strings.flatMap(serialLines).filter((line) => faultOfSerialLine(line) === null);
  const odd = taken.filter((line) => line.trim() !== '' && !/^[A-Z0-9-]{4,32}$/i.test(line.trim()));
  expect(odd).toEqual([]);
  expect(strings.length).toBeGreaterThan(400);
});
