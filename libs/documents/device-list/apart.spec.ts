// Entries of a list that overlap, set apart: held against addresses counted one by one.
import { describe, expect, it } from 'vitest';
import { addressesOf, readSpan, type Span } from '#addresses/span';
import { costOf } from '../../../test/support/cost.js';
import { apart, type Left } from './apart.js';

const spanOf = (text: string): Span | null => {
  const span = readSpan(text);
  return 'code' in span ? null : span;
};

function leftOf(spans: readonly (Span | null)[]): ReadonlyMap<number, readonly Left[]> {
  const steps = apart(spans);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** What is asked for each entry. */
const asked = (...entries: readonly string[]): readonly (readonly string[])[] => {
  const left = leftOf(entries.map(spanOf));
  return entries.map((entry, index) => left.get(index)?.map(({ at }) => at) ?? [entry]);
};

describe('entries that name the same addresses', () => {
  it.each<[readonly string[], readonly (readonly string[])[]]>([
    [
      ['10.0.0.1-10.0.0.9', '10.0.1.1-10.0.1.9'],
      [['10.0.0.1-10.0.0.9'], ['10.0.1.1-10.0.1.9']],
    ],
    [
      ['10.0.0.1-10.0.0.9', '10.0.0.5'],
      [['10.0.0.1-10.0.0.4', '10.0.0.6-10.0.0.9'], ['10.0.0.5']],
    ],
    [
      ['10.0.0.1', '10.0.0.1-10.0.0.3', '10.0.0.3'],
      [['10.0.0.1'], ['10.0.0.2-10.0.0.2'], ['10.0.0.3']],
    ],
    [
      ['10.0.0.4-10.0.0.6', '10.0.0.1-10.0.0.9'],
      [[], ['10.0.0.1-10.0.0.9']],
    ],
    [
      ['10.0.0.1-10.0.0.5', '10.0.0.4-10.0.0.9'],
      [['10.0.0.1-10.0.0.5'], ['10.0.0.6-10.0.0.9']],
    ],
    [
      ['10.0.0.1-10.0.0.9', '10.0.0.2-10.0.0.3', '10.0.0.8-10.0.0.12'],
      [['10.0.0.1-10.0.0.9'], [], ['10.0.0.10-10.0.0.12']],
    ],
    [
      ['fd00::1-fd00::9', 'fd00::5', 'fd00::8-fd00::a'],
      [['fd00::1-fd00::4', 'fd00::6-fd00::9'], ['fd00::5'], ['fd00::a-fd00::a']],
    ],
    [
      ['0.0.0.1-0.0.0.9', '::1-::9', '0.0.0.5', '::1'],
      [['0.0.0.1-0.0.0.4', '0.0.0.6-0.0.0.9'], ['::2-::9'], ['0.0.0.5'], ['::1']],
    ],
    [
      ['printer-7', '10.0.0.1-10.0.0.2', '10.0.0.1'],
      [['printer-7'], ['10.0.0.2-10.0.0.2'], ['10.0.0.1']],
    ],
  ])('%j are asked as %j', (entries, expected) => {
    expect(asked(...entries)).toEqual(expected);
  });

  it('are asked for each address once, whatever they are', () => {
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 300; round += 1) {
      const spans = Array.from({ length: 1 + random(8) }, (): Span => {
        const first = BigInt(random(40));
        return {
          family: random(2) === 0 ? 4 : 6,
          first,
          last: first + BigInt(random(3) === 0 ? 0 : random(20)),
        };
      });
      const alone = (span: Span): string => `${span.family} ${span.first} ${span.last}`;
      const unlike = spans.filter(
        (span, at) =>
          span.first < span.last || spans.findIndex((other) => alone(other) === alone(span)) === at,
      );
      const left = leftOf(unlike);
      const all = unlike.flatMap((span, index) => {
        const pieces = left.get(index)?.map(({ at }) => readSpan(at)) ?? [span];
        return pieces.flatMap((piece) => ('code' in piece ? [] : [...addressesOf(piece)]));
      });
      expect(all.toSorted()).toEqual(
        [...new Set(unlike.flatMap((span) => [...addressesOf(span)]))].toSorted(),
      );
      for (const [index, pieces] of left) {
        const counts = pieces.reduce((sum, { count }) => sum + count, 0);
        expect(counts).toBeLessThan(Number((unlike[index]?.last ?? 0n) - (unlike[index]?.first ?? 0n)) + 1);
      }
    }
  });

  it('cost what their number does, however many addresses they have', () => {
    const whole: Span = { family: 6, first: 0n, last: (1n << 128n) - 1n };
    expect(leftOf([whole, { ...whole, last: 5n }]).get(1)).toEqual([]);
    const nested = (count: number) =>
      Array.from({ length: count }, (_, n): Span => ({
        ...whole,
        first: BigInt(n),
        last: (1n << 64n) + BigInt(n % 7),
      }));
    const alone = (count: number) =>
      Array.from({ length: count }, (_, n): Span => ({
        family: 6,
        first: BigInt(2 * n),
        last: BigInt(2 * n),
      }));
    expect(leftOf([...alone(1_000), whole]).get(1_000)).toHaveLength(1_000);
    const cost = (count: number) => costOf(() => void leftOf([...nested(count), ...alone(count), whole]));
    expect(cost(16_000) / cost(4_000)).toBeLessThan(10);
  });
});
