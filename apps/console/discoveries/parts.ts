// A list as it is told to discovery: part by part, each address once.
import type { ListEntry } from '#documents/device-list';
import { wantedMax, type Wanted } from '#events/discovery';

/** One entry, or a piece of a range of which other entries name some addresses. As it is kept: what is told of it is `asks`. */
export interface Piece extends Omit<ListEntry, 'left'> {
  /** Absent: it is told as the list has it. Null: others are asked for all of it. */
  readonly asks?: string | null;
}

export interface Parts {
  readonly parts: readonly (readonly Piece[])[];
  /** That are asked. */
  readonly addresses: number;
  /** That are named by more than one entry, as often as they are named again. */
  readonly overlapping: number;
}

/** At most `wantedMax` of each part are told, and one at least. */
export function partsOf(entries: readonly ListEntry[]): Parts {
  const parts: Piece[][] = [[]];
  let told = 0;
  let [written, addresses] = [0, 0];
  for (const entry of entries) {
    written += entry.count;
    for (const piece of piecesOf(entry)) {
      const isTold = piece.asks !== null;
      if (isTold && told === wantedMax) {
        parts.push([]);
        told = 0;
      }
      parts.at(-1)?.push(piece);
      if (isTold) told += 1;
      if (isTold) addresses += piece.count;
    }
  }
  return { parts, addresses, overlapping: written - addresses };
}

function piecesOf({ left, ...entry }: ListEntry): readonly Piece[] {
  if (!left) return [entry];
  if (left.length === 0) return [{ ...entry, asks: null }];
  return left.map(({ at, count }) => ({ ...entry, count, asks: at }));
}

export const wantedOf = (pieces: readonly Piece[]): Wanted[] =>
  pieces.flatMap(({ line, at, serial, asks = at }) => (asks === null ? [] : [{ line, at: asks, serial }]));
