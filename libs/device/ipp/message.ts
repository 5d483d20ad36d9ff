// What a message of IPP is, and how one is written (RFC 8010 3); decode.ts reads it.

/** Of groups below 0x10, of values from there on (RFC 8010 3.5). */
export const tags = {
  operation: 0x01,
  end: 0x03,
  printer: 0x04,
  unsupported: 0x05,
  integer: 0x21,
  boolean: 0x22,
  enum: 0x23,
  octetString: 0x30,
  dateTime: 0x31,
  resolution: 0x32,
  rangeOfInteger: 0x33,
  collection: 0x34,
  textWithLanguage: 0x35,
  nameWithLanguage: 0x36,
  endCollection: 0x37,
  text: 0x41,
  keyword: 0x44,
  uri: 0x45,
  charset: 0x47,
  naturalLanguage: 0x48,
  memberName: 0x4a,
} as const;

/** The first tag of a value that is no word for having none, such as `unknown`; all from `text` on are strings. */
export const firsts = { value: 0x10, ordinary: 0x20, string: 0x40, beyond: 0x60 } as const;

/**
 * By tag: integer and enum are numbers, strings of all kinds strings, words for having no value null; octets and whatever
 * else there is bytes.
 */
export type Content = number | boolean | string | Buffer | Attributes | null;

export interface Value {
  readonly tag: number;
  readonly content: Content;
}

/** By name. A name that is given twice counts as it was given first. */
export type Attributes = ReadonlyMap<string, readonly Value[]>;

export interface Group {
  readonly tag: number;
  readonly attributes: Attributes;
}

export interface Message {
  /** Such as 1 and 1. */
  readonly version: readonly [number, number];
  /** Of a request its operation, of an answer its status. */
  readonly code: number;
  readonly requestId: number;
  readonly groups: readonly Group[];
}

/** Names and values have lengths of sixteen bits with a sign. */
export const lengthMax = 0x7fff;

export const isCollection = (content: Content): content is Attributes => content instanceof Map;

/** Throws RangeError when a name or a value is longer than a message can say. */
export function encode({ version, code, requestId, groups }: Message): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(version[0], 0);
  head.writeUInt8(version[1], 1);
  head.writeUInt16BE(code, 2);
  head.writeInt32BE(requestId, 4);
  const parts = groups.flatMap(({ tag, attributes }) => [Buffer.of(tag), ...attributesOf(attributes)]);
  return Buffer.concat([head, ...parts, Buffer.of(tags.end)]);
}

const attributesOf = (attributes: Attributes): readonly Buffer[] =>
  [...attributes].flatMap(([name, values]) =>
    values.flatMap((value, index) => valueOf(value, index === 0 ? name : '')),
  );

function valueOf({ tag, content }: Value, name: string): readonly Buffer[] {
  if (!isCollection(content)) return [field(tag, name, bytesOf(content))];
  const members = [...content].flatMap(([member, values]) => [
    field(tags.memberName, '', Buffer.from(member)),
    ...values.flatMap((value) => valueOf(value, '')),
  ]);
  return [field(tag, name, nothing), ...members, field(tags.endCollection, '', nothing)];
}

const nothing = Buffer.alloc(0);

function bytesOf(content: Exclude<Content, Attributes>): Buffer {
  if (content === null) return nothing;
  if (typeof content === 'string') return Buffer.from(content);
  if (typeof content === 'boolean') return Buffer.of(content ? 1 : 0);
  if (typeof content !== 'number') return content;
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(content);
  return bytes;
}

const field = (tag: number, name: string, value: Buffer): Buffer =>
  Buffer.concat([Buffer.of(tag), lengthened(Buffer.from(name)), lengthened(value)]);

function lengthened(bytes: Buffer): Buffer {
  if (bytes.length > lengthMax)
    throw new RangeError(`${bytes.length} bytes, where ${lengthMax} are the most`);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
