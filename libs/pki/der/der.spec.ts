import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BadDer, DerReader, oidOf, serialOf, timeOf } from './read.js';
import { tags } from './tags.js';
import { integer, oid, sequence, set, time } from './write.js';

it.each([
  [0, '020100'],
  [127, '02017f'],
  [128, '02020080'],
  ['00ff', '020200ff'],
  [65_537, '0203010001'],
])('writes the number %s as %s', (value, der) => {
  expect(integer(value).toString('hex')).toBe(der);
});

it.each([
  ['2.5.29.35', '0603551d23'],
  ['1.2.840.113549.1.1.11', '06092a864886f70d01010b'],
])('writes the identifier %s', (dotted, der) => {
  expect(oid(dotted).toString('hex')).toBe(der);
  expect(oidOf(new DerReader(oid(dotted)).next())).toBe(dotted);
});

it('writes a day of 2050 with four digits of its year', () => {
  expect(time(new Date('2049-12-31T23:59:59Z')).toString('latin1')).toContain('491231235959Z');
  expect(time(new Date('2050-01-01T00:00:00Z')).toString('latin1')).toContain('20500101000000Z');
});

it.each(['1950-01-01T00:00:00Z', '2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z'])(
  'reads %s again',
  (text) => {
    const date = new Date(text);
    expect(timeOf(new DerReader(time(date)).next())).toEqual(date);
  },
);

it('sorts the members of a set', () => {
  expect(set(integer(2), integer(1)).toString('hex')).toBe('3106020101020102');
});

it('reads what it writes, of any length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 70_000 }), (bytes) => {
      const hex = `01${Buffer.from(bytes).toString('hex')}`;
      const reader = DerReader.inside(sequence(integer(hex), integer(1)), tags.sequence);
      expect(serialOf(reader.next(tags.integer))).toBe(hex);
    }),
    { numRuns: 50 },
  );
});

it.each([
  ['nothing at all', ''],
  ['a length that goes past the end', '3005020101'],
  ['an indefinite length', '30800000'],
  ['a length of four bytes', '308400000001ff'],
  ['a length that is not the shortest', '30810101'],
  ['a long length with a zero in front', '3082000101'],
  ['a tag of several bytes', '1f8101'],
  ['something behind the end', '020101020101'],
])('refuses %s', (_, hex) => {
  const read = (): void => {
    const reader = new DerReader(Buffer.from(hex, 'hex'));
    reader.next();
    reader.end();
  };
  expect(read).toThrow(BadDer);
});

it('ends on anything a stranger may send', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        for (const reader = new DerReader(bytes); !reader.done;) reader.next();
      } catch (error) {
        expect(error).toBeInstanceOf(BadDer);
      }
    }),
    { numRuns: 2_000 },
  );
});
