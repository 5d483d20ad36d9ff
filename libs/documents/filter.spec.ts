import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Filter } from '../events/group.js';
import { exampleIdentity, type Identity } from '../events/identity.js';
import { checkFilter, depthMax, matches, readFilter } from './filter.js';

const device: Identity = { ...exampleIdentity, firmware: '2.10.3' };

describe('a comparison', () => {
  test.each<[Filter, boolean]>([
    [{ field: 'serial', operator: 'equals', value: 'vnb3k12345' }, true],
    [{ field: 'model', operator: 'contains', value: 'LASERJET' }, true],
    [{ field: 'model', operator: 'contains', value: 'officejet' }, false],
    [{ field: 'hostname', operator: 'startsWith', value: 'Printer-' }, true],
    [{ field: 'hostname', operator: 'matches', value: 'printer-?nd-*' }, true],
    [{ field: 'hostname', operator: 'matches', value: 'printer-?' }, false],
    [{ field: 'mac', operator: 'equals', value: '3C-52-82-AA-00-01' }, true],
    [{ field: 'mac', operator: 'startsWith', value: '3C-52-82' }, true],
    [{ field: 'ip', operator: 'equals', value: '::ffff:10.1.2.3' }, true],
    [{ field: 'ip', operator: 'inNetwork', value: '10.1.0.0/16' }, true],
    [{ field: 'ip', operator: 'inNetwork', value: '10.2.0.0/16' }, false],
    [{ field: 'ip', operator: 'inNetwork', value: 'fd00::/8' }, false],
    [{ field: 'firmware', operator: 'versionBelow', value: '2.11' }, true],
    [{ field: 'firmware', operator: 'versionBelow', value: '2.9' }, false],
    [{ field: 'firmware', operator: 'versionAtLeast', value: '2.10.3.0' }, true],
  ])('%j is %s', (filter, expected) => {
    expect(readFilter(filter).faults).toBeNull();
    expect(matches(filter, device)).toBe(expected);
  });

  it('is not satisfied by an attribute that the device does not have', () => {
    const filter: Filter = { field: 'hostname', operator: 'matches', value: '*' };
    expect(matches(filter, { ...device, hostname: null })).toBe(false);
    expect(matches({ not: filter }, { ...device, hostname: null })).toBe(true);
  });
});

describe('validation', () => {
  test.each<[unknown, string, RegExp]>([
    [{ field: 'hostname', operator: 'inNetwork', value: '10.0.0.0/8' }, 'value', /asks about ip/],
    [{ field: 'ip', operator: 'inNetwork', value: '010.0.0.0/8' }, 'value', /not a network/],
    [{ field: 'ip', operator: 'inNetwork', value: '10/8' }, 'value', /not a network/],
    [
      { any: [{ not: { field: 'ip', operator: 'equals', value: 'x' } }] },
      'any.0.not.value',
      /not an IP address/,
    ],
    [{ field: 'firmware', operator: 'versionBelow', value: 'new' }, 'value', /no number/],
    [{ field: 'model', operator: 'versionBelow', value: '1' }, 'value', /asks about firmware/],
  ])('%j has a fault at %s', (filter, path, message) => {
    const { faults } = readFilter(filter);
    expect(faults).toMatchObject([{ path }]);
    expect(faults?.[0]?.message).toMatch(message);
  });

  it('refuses what is no filter at all', () => {
    for (const value of [
      null,
      7,
      'x',
      [],
      {},
      { all: [] },
      { field: 'colour', operator: 'equals', value: 'red' },
    ]) {
      expect(readFilter(value).filter).toBeNull();
    }
  });

  const nested = (levels: number): Filter =>
    levels === 0 ? { field: 'model', operator: 'contains', value: 'x' } : { not: nested(levels - 1) };

  it('takes the deepest nesting allowed, and not one level more', () => {
    expect(checkFilter(nested(depthMax))).toEqual([]);
    expect(checkFilter(nested(depthMax + 1))).toEqual([{ path: '', message: 'is nested more than 8 deep' }]);
  });

  it('survives a filter nested a hundred thousand deep', () => {
    let value: unknown = {};
    for (let level = 0; level < 100_000; level += 1) value = { not: value };
    expect(readFilter(value).faults).toHaveLength(1);
  });
});

describe('properties', () => {
  const leaf = fc.record({
    field: fc.constantFrom(
      'serial' as const,
      'model' as const,
      'hostname' as const,
      'ip' as const,
      'mac' as const,
    ),
    operator: fc.constantFrom(
      'equals' as const,
      'contains' as const,
      'startsWith' as const,
      'matches' as const,
    ),
    value: fc.string({ minLength: 1, maxLength: 20 }),
  });
  const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      leaf,
      fc.record({ not: tie('filter') }),
      fc.record({ all: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ any: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
    ),
  }));

  it('not, all and any are those of logic', () => {
    fc.assert(
      fc.property(filter, filter, (a, b) => {
        expect(matches({ not: a }, device)).toBe(!matches(a, device));
        expect(matches({ all: [a, b] }, device)).toBe(matches(a, device) && matches(b, device));
        expect(matches({ not: { any: [a, b] } }, device)).toBe(
          matches({ all: [{ not: a }, { not: b }] }, device),
        );
      }),
    );
  });

  it('a pattern means what the same regular expression means', () => {
    const alphabet = fc.constantFrom('a', 'b', 'c', '*', '?', '.');
    fc.assert(
      fc.property(
        fc.array(alphabet, { minLength: 1, maxLength: 12 }),
        fc.array(fc.constantFrom('a', 'b', 'c', '.'), { maxLength: 12 }),
        (pattern, text) => {
          const expression = pattern
            .map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c === '.' ? '\\.' : c))
            .join('');
          const hit = matches(
            { field: 'hostname', operator: 'matches', value: pattern.join('') },
            { ...device, hostname: text.join('') },
          );
          expect(hit).toBe(new RegExp(`^${expression}$`).test(text.join('')));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('a hostile pattern costs no more than its length times that of the text', () => {
    const hostname = 'a'.repeat(253);
    const started = process.cpuUsage().user;
    expect(
      matches(
        { field: 'hostname', operator: 'matches', value: `${'*a'.repeat(127)}b` },
        { ...device, hostname },
      ),
    ).toBe(false);
    expect(process.cpuUsage().user - started).toBeLessThan(200_000);
  });

  it('versions are ordered as their numbers are', () => {
    const version = fc.array(fc.nat(10_000_000), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(version, version, (a, b) => {
        const order = a.map((n, i) => n - (b[i] ?? 0)).find((d) => d !== 0) ?? 0;
        const with2 = { ...device, firmware: a.join('.') };
        expect(matches({ field: 'firmware', operator: 'versionBelow', value: b.join('_') }, with2)).toBe(
          order < 0,
        );
        expect(matches({ field: 'firmware', operator: 'versionAtLeast', value: b.join('-r') }, with2)).toBe(
          order >= 0,
        );
      }),
    );
  });
});
