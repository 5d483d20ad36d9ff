// What is written is read, and whatever else is read ends with a fault that names its byte.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadIpp, decode, limits, type Fault } from './decode.js';
import { encode, tags, type Attributes, type Content, type Message, type Value } from './message.js';

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const bytes = (length: { readonly minLength?: number; readonly maxLength?: number }) =>
  fc.uint8Array(length).map((array) => Buffer.from(array));
const valueWith = (tag: fc.Arbitrary<number>, content: fc.Arbitrary<Content>): fc.Arbitrary<Value> =>
  fc.record({ tag, content });
const exactly = (tag: number, length: number): fc.Arbitrary<Value> =>
  valueWith(fc.constant(tag), bytes({ minLength: length, maxLength: length }));

const plain = fc.oneof(
  valueWith(fc.constantFrom(tags.integer, tags.enum), fc.integer()),
  valueWith(fc.constant(tags.boolean), fc.boolean()),
  valueWith(fc.integer({ min: 0x10, max: 0x1f }), fc.constant(null)),
  valueWith(
    fc.integer({ min: 0x40, max: 0x5f }).filter((tag) => tag !== tags.memberName),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
  ),
  valueWith(fc.constantFrom(tags.octetString, 0x7f), bytes({ maxLength: 40 })),
  exactly(tags.dateTime, 11),
  exactly(tags.resolution, 9),
  exactly(tags.rangeOfInteger, 8),
);
const attributesOf = (value: fc.Arbitrary<Value>): fc.Arbitrary<Attributes> =>
  fc
    .uniqueArray(fc.tuple(name, fc.array(value, { minLength: 1, maxLength: 3 })), {
      selector: ([key]) => key,
      maxLength: 5,
    })
    .map((pairs) => new Map(pairs));
const collection = (depth: number): fc.Arbitrary<Value> =>
  valueWith(fc.constant(tags.collection), attributesOf(depth === 0 ? plain : anything(depth - 1)));
const anything = (depth: number): fc.Arbitrary<Value> =>
  fc.oneof({ arbitrary: plain, weight: 6 }, { arbitrary: collection(depth), weight: 1 });

const message: fc.Arbitrary<Message> = fc.record({
  version: fc.tuple(fc.nat(255), fc.nat(255)),
  code: fc.nat(0xffff),
  requestId: fc.integer(),
  groups: fc.array(
    fc.record({
      tag: fc.integer({ min: 1, max: 15 }).filter((tag) => tag !== tags.end),
      attributes: attributesOf(anything(2)),
    }),
    { maxLength: 4 },
  ),
});

describe('a message', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(message, (written) => {
        expect(decode(encode(written))).toEqual(written);
      }),
      { numRuns: 500 },
    );
  });

  it('is not read from its first part, whatever that is', () => {
    fc.assert(
      fc.property(message, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (written, part) => {
        const whole = encode(written);
        expect(() => decode(whole.subarray(0, Math.floor(whole.length * part)))).toThrow(BadIpp);
      }),
      { numRuns: 500 },
    );
  });

  it('has a text without its language, the first of two attributes of one name, and none of what follows its end', () => {
    const said = decode(
      Buffer.concat([
        hex(`${head} 04 35 0001 61 0009 0002 656e 0003 616263`),
        hex('41 0001 61 0001 7a 03 ffffffff'),
      ]),
    );
    expect(said.groups).toEqual([
      { tag: tags.printer, attributes: new Map([['a', [{ tag: tags.textWithLanguage, content: 'abc' }]]]) },
    ]);
  });

  it('has nothing where a word for nothing is filled, as some makers do', () => {
    const said = decode(hex(`${head} 04 13 0001 61 0002 6162 03`));
    expect(said.groups[0]?.attributes.get('a')).toEqual([{ tag: 0x13, content: null }]);
  });
});

/** IPP/1.1, successful-ok, request 1: eight bytes. */
const head = '0101 0000 00000001';
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const many = (count: number, part: string): string => part.repeat(count);
const begin = '34 0000 0000';
const member = '4a 0000 0001 61';

const faults: readonly (readonly [what: string, bytes: string, fault: Fault, at: number])[] = [
  ['nothing', '', 'endsEarly', 0],
  ['half a head', '0101 0000 00', 'endsEarly', 4],
  ['no end of its attributes', head, 'endsEarly', 8],
  ['a group that does not end', `${head} 04`, 'endsEarly', 9],
  // Read with a sign, as npm's parsers do, each of these leads back to where it was read from, for ever.
  ['a value of -5 bytes, 16 bytes in all', `${head} 04 21 0000 fffb 0000`, 'orphan', 9],
  ['a named value of -6 bytes, 16 bytes in all', `${head} 04 21 0001 61 fffa 00`, 'length', 13],
  ['a name of -3 bytes, 16 bytes in all', `${head} 04 21 fffd 00000000`, 'length', 10],
  ['a name of -32768 bytes', `${head} 04 21 8000 03`, 'length', 10],
  ['a member of a negative length', `${head} 04 34 0001 61 0000 4a 0000 8001 03`, 'length', 18],
  ['a name longer than what is left', `${head} 04 21 7fff 61`, 'endsEarly', 12],
  ['a value longer than what is left', `${head} 04 41 0001 61 0010 61 03`, 'endsEarly', 15],
  ['a value before all groups', `${head} 21 0001 61 0004 00000001 03`, 'orphan', 8],
  ['a value of no attribute', `${head} 04 21 0000 0004 00000001 03`, 'orphan', 9],
  ['a group that is no group', `${head} 00 03`, 'tag', 8],
  ['a number of three bytes', `${head} 04 21 0001 61 0003 000001 03`, 'length', 15],
  ['a truth of no bytes', `${head} 04 22 0001 61 0000 03`, 'length', 15],
  ['a text that is longer than itself', `${head} 04 35 0001 61 0005 0000 0005 61 03`, 'endsEarly', 19],
  ['a text and more', `${head} 04 35 0001 61 0005 0000 0000 61 03`, 'length', 19],
  ['a collection with a value', `${head} 04 34 0001 61 0001 61 03`, 'length', 9],
  ['a collection that is not closed', `${head} 04 34 0001 61 0000 03`, 'collection', 15],
  [
    'a value of no member',
    `${head} 04 34 0001 61 0000 21 0000 0004 00000001 37 0000 0000 03`,
    'collection',
    15,
  ],
  [
    'an attribute in a collection',
    `${head} 04 34 0001 61 0000 21 0001 61 0004 00000001 03`,
    'collection',
    15,
  ],
  ['the end of no collection', `${head} 04 37 0001 61 0000 03`, 'collection', 9],
  ['a member of no collection', `${head} 04 4a 0001 61 0001 61 03`, 'collection', 9],
  ['a collection that ends with a value', `${head} 04 34 0001 61 0000 37 0000 0001 61 03`, 'length', 15],
  [
    'collections in collections without end',
    `${head} 04 34 0001 61 0000 ${many(limits.depthMax, `${member} ${begin}`)}`,
    'limit',
    15 + limits.depthMax * 11 - 5,
  ],
  ['too many groups', `${head} ${many(limits.groupsMax + 1, '04')} 03`, 'limit', 8 + limits.groupsMax],
  [
    'too many values',
    `${head} 04 10 0001 61 0000 ${many(limits.valuesMax, '10 0000 0000')} 03`,
    'limit',
    15 + (limits.valuesMax - 1) * 5,
  ],
  [
    'too many attributes',
    `${head} 04 ${many(limits.attributesMax + 1, '10 0001 61 0000')} 03`,
    'limit',
    9 + limits.attributesMax * 6,
  ],
  ['too many bytes', many(limits.bytesMax + 1, '01'), 'limit', limits.bytesMax],
];

describe('what is no message', () => {
  it.each(faults)('%s: its fault and byte are named', (_, bytes, fault, at) => {
    const read = (): Message => decode(hex(bytes));
    expect(read).toThrow(BadIpp);
    expect(read).toThrow(expect.objectContaining({ fault, at }));
    expect(read).toThrow(`byte ${at}: `);
  });

  it('is any bytes: they end in a message or in a fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (array) => {
        const after = Buffer.concat([hex(`${head} 04`), array]);
        for (const each of [Buffer.from(array), after]) expect(ends(each)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});

const ends = (bytes: Buffer): boolean => {
  try {
    decode(bytes);
    return true;
  } catch (error) {
    return error instanceof BadIpp;
  }
};
