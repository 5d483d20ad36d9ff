// Entries of a list that name the same addresses, set apart: each address is asked for one of them, an address that stands alone for
// its own, and others for the range that begins first. By their ends alone: how large a range is does not matter. Pure.
import { countOf, spanText, textOf, type Span } from '../../addresses/span.js';

/** What an entry is left with, as it is told: see Where. */
export interface Left {
  readonly at: string;
  readonly count: number;
}

interface Placed extends Span {
  /** Of its entry. */
  readonly index: number;
}

/** Entries between two chances to do something else. */
const stepEntries = 500;

/**
 * @param spans of each entry; null: it is none, such as a host name
 * @returns what each range is left with, by the index of its entry, where that is not all of it. Each step is short.
 */
export function* apart(
  spans: readonly (Span | null)[],
): Generator<void, ReadonlyMap<number, readonly Left[]>> {
  const left = new Map<number, readonly Left[]>();
  const placed = spans.flatMap((span, index): readonly Placed[] => (span ? [{ ...span, index }] : []));
  const ranges = placed.filter(({ first, last }) => first < last).toSorted(inOrder);
  // Twice the same address alone is refused.
  if (ranges.length === 0) return left;
  yield;
  const alone = placed.filter(({ first, last }) => first === last).toSorted(inOrder);
  let next = 0;
  let before: Placed | null = null;
  for (const [nth, range] of ranges.entries()) {
    if (nth % stepEntries === 0) yield;
    const after: bigint = before?.family === range.family ? before.last + 1n : 0n;
    let from: bigint = after > range.first ? after : range.first;
    const pieces: Span[] = [];
    const { family, last } = range;
    for (let one = alone[next]; one && isBefore(one, range); one = alone[(next += 1)]) {
      if (one.family !== family || one.first < from) continue;
      if (one.first > from) pieces.push({ family, first: from, last: one.first - 1n });
      from = one.first + 1n;
    }
    if (from <= last) pieces.push({ family, first: from, last });
    const whole = pieces.length === 1 && pieces[0]?.first === range.first && pieces[0].last === last;
    if (!whole) left.set(range.index, pieces.map(leftOf));
    if (before?.family !== family || last > before.last) before = range;
  }
  return left;
}

const inOrder = (a: Span, b: Span): number =>
  a.family - b.family || (a.first < b.first ? -1 : a.first > b.first ? 1 : a.last > b.last ? -1 : 1);

/** Before its end, that is. */
const isBefore = (one: Span, { family, last }: Span): boolean =>
  one.family < family || (one.family === family && one.first <= last);

/** One address of a range is still of a range: where nobody answers is no news. */
const leftOf = (piece: Span): Left => {
  const { family, first, last } = piece;
  const only = textOf(first, family);
  return { at: first === last ? `${only}-${only}` : spanText(piece), count: Number(countOf(piece)) };
};
