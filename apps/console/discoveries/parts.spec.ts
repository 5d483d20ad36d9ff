// Parts of a list as discovery is told of them.
import { expect, it } from 'vitest';
import { wantedMax } from '#events/discovery';
import { partsOf, wantedOf } from './parts.js';

const entry = (line: number, left?: readonly { at: string; count: number }[]) => ({
  ...{ line, at: `10.0.${line >> 8}.${line & 255}`, count: 1 },
  ...{ serial: null, name: null, location: null, ...(left && { left }) },
});

it('entries that others are asked for make no part of their own, of which nothing could be told', () => {
  const full = Array.from({ length: wantedMax }, (_, line) => entry(line));
  const { parts } = partsOf([...full, entry(wantedMax, []), entry(wantedMax + 1, [])]);
  expect(parts.map((pieces) => [pieces.length, wantedOf(pieces).length])).toEqual([
    [wantedMax + 2, wantedMax],
  ]);
});
