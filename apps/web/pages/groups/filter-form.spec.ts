import { describe, expect, it } from 'vitest';
import type { Filter } from '../../api/types.js';
import { blankBlock, blockOf, filterOf, filterWords, replaced } from './filter-form.js';

const lobby: Filter = { field: 'hostname', operator: 'startsWith', value: 'lobby-' };
const old: Filter = { field: 'firmware', operator: 'versionBelow', value: '2500' };
const site: Filter = { field: 'ip', operator: 'inNetwork', value: '10.1.0.0/16' };

describe('the filter builder', () => {
  it.each<[string, Filter]>([
    ['one condition', lobby],
    ['all of two', { all: [lobby, old] }],
    ['any of two', { any: [lobby, old] }],
    ['not one', { not: lobby }],
    ['not any', { not: { any: [lobby, old] } }],
    ['nested', { all: [site, { any: [lobby, { not: old }] }] }],
  ])('shows and gives back %s', (_, filter) => {
    expect(filterOf(blockOf(filter))).toEqual(filter);
  });

  it('keeps the meaning of a double not', () => {
    expect(filterOf(blockOf({ not: { not: lobby } }))).toEqual({ not: { not: lobby } });
  });

  it('is no filter while a value is missing', () => {
    expect(filterOf(blankBlock())).toBeNull();
    expect(filterOf({ ...blockOf({ all: [lobby, old] }), parts: [] })).toBeNull();
  });

  it('replaces and removes a part however deep', () => {
    const block = blockOf({ all: [site, { any: [lobby, old] }] });
    const inner = block.parts[1];
    const first = inner?.kind === 'block' ? inner.parts[0] : undefined;
    expect(filterOf(replaced(block, first?.id ?? 0, null))).toEqual({ all: [site, old] });
  });

  it('says a filter in words', () => {
    expect(filterWords({ all: [site, { not: { any: [lobby, old] } }] })).toBe(
      'IP address is in network “10.1.0.0/16” and not (Hostname starts with “lobby-” or Firmware is below version “2500”)',
    );
  });
});
