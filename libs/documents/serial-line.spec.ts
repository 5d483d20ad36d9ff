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

it.each([
  [
    'as it was exported',
    ['"serial","addedBy","addedAt","discoveredAt"', '"VNB3K1","a,b","2026",""', '"\'-AB1","x","",""'],
  ],
  ['as a spreadsheet saves it', ['serial;addedBy;addedAt;discoveredAt', 'VNB3K1;"a;b";2026;', "'-AB1;x;;"]],
  ['as it is pasted from one', ['serial\taddedBy\taddedAt\tdiscoveredAt', 'VNB3K1\tx\t\t', '-AB1\tx\t\t']],
])('of a list %s the first column is read, and each line keeps its number', (_, rows) => {
  expect(serialLines(rows.map((row) => `${row}\r\n`).join(''))).toEqual(['', 'VNB3K1', '-AB1']);
});

it.each(['"\'=1+1","x","",""', '"AB""CD","x","",""', '"=1","x","",""', '"AB CD","x","",""', "'ABCD"])(
  'in such a list %j is no serial number either',
  (row) => {
    const faults = faultsOfSerials(serialLines(`"serial","addedBy"\n"GOOD-1","x"\n${row}`));
    expect(faults).toMatchObject([{ line: 3, to: 3 }]);
  },
);

it('without the head of such a list a line is taken as it is', () => {
  expect(faultsOfSerials(serialLines('serial\n"VNB3K1","x"'))).toMatchObject([{ line: 2 }]);
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
