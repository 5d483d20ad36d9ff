import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAnnouncement } from './announcement.js';
import { Malformed } from './malformed.js';
import { parseStrictly } from './strict-json.js';

/** The code of the refusal, or `fine`. */
function verdictOn(bytes: Buffer): string {
  try {
    parseStrictly(bytes);
    return 'fine';
  } catch (error) {
    if (error instanceof Malformed) return error.code;
    throw error;
  }
}
const verdict = (text: string) => verdictOn(Buffer.from(text));
const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`;

describe('strict JSON', () => {
  it.each([
    ['{"a":{"b":1},"c":[{"b":2}]}', 'fine'],
    ['{"a":"\\"a\\":{[","b":"}"}', 'fine'],
    ['{"a":1,"a":1}', 'badKey'],
    ['{"a":1,"\\u0061":2}', 'badKey'],
    ['{"a":{"b":1,"b":2}}', 'badKey'],
    ['[{"a":1},{"a":1}]', 'fine'],
    ['{"__proto__":{}}', 'badKey'],
    ['{"\\u005f_proto__":{}}', 'badKey'],
    ['{"a":{"__proto__":1}}', 'badKey'],
    ['{"a":"__proto__"}', 'fine'],
    ['\ufeff{}', 'notJson'],
    ['{"a":NaN}', 'notJson'],
    ['{"a":1,}', 'notJson'],
    ['hello', 'notJson'],
    [nested(16), 'fine'],
    [`[${nested(16)}]`, 'tooDeep'],
    ['['.repeat(32_000) + ']'.repeat(32_000), 'tooDeep'],
  ])('%#: %.40s is %s', (text, expected) => {
    expect(verdict(text)).toBe(expected);
  });

  it.each([
    ['overlong', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['cut off', [0x22, 0xe2, 0x82, 0x22]],
    ['above U+10FFFF', [0x22, 0xf4, 0xbf, 0xbf, 0xbf, 0x22]],
    ['Latin-1', [0x22, 0xe9, 0x22]],
  ])('refuses UTF-8 that is %s', (_, bytes) => {
    expect(verdictOn(Buffer.from(bytes))).toBe('notUtf8');
  });

  it('reads what JSON.parse reads, whatever strings and keys there are', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        if (text.includes('__proto__')) return;
        expect(parseStrictly(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('never does anything but read or refuse, on any bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.string().map((text) => Buffer.from(`{"${text}":[`)),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        expect(() => decodeAnnouncement(Buffer.from(input))).toThrow(Malformed);
        expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

// Data of others, kept beside the project; see CONTRIBUTING.
const suite = resolve(process.env['MUSTER_SUITES_DIR'] ?? '../shared/suites', 'jsontestsuite');
const cases = existsSync(suite) ? readdirSync(suite).filter((name) => name.endsWith('.json')) : [];

describe.skipIf(cases.length === 0)('JSONTestSuite (skipped without ../shared/suites/jsontestsuite)', () => {
  // Ours on purpose: no key twice.
  const ours = new Map([
    ['y_object_duplicated_key.json', 'badKey'],
    ['y_object_duplicated_key_and_value.json', 'badKey'],
  ]);

  it.each(cases)('%s', (name) => {
    const input = readFileSync(join(suite, name));
    const before = process.threadCpuUsage();
    const found = verdictOn(input);
    expect(process.threadCpuUsage(before).user / 1000, 'ms').toBeLessThan(50);
    if (name.startsWith('y_')) expect(found).toBe(ours.get(name) ?? 'fine');
    if (name.startsWith('n_')) expect(found).toMatch(/^not(Json|Utf8)$/);
  });
});
