// How a message of IPP is read (RFC 8010 3), of our own: a device's 16 bytes with negative lengths keep the parsers of npm
// busy for ever. Once from front to back; nothing is set aside for a length that was only said.
import {
  firsts,
  lengthMax,
  tags,
  type Attributes,
  type Content,
  type Group,
  type Message,
  type Value,
} from './message.js';

/** Values and attributes include those of collections. */
export const limits = {
  bytesMax: 262_144,
  groupsMax: 100,
  attributesMax: 5_000,
  valuesMax: 20_000,
  depthMax: 8,
} as const;

/**
 * endsEarly: it says that more follows than does · length: one that is negative, or not that of its type · tag: one that
 * has no place there · orphan: a value of no attribute · collection: not closed, or not made of members · limit
 */
export type Fault = 'endsEarly' | 'length' | 'tag' | 'orphan' | 'collection' | 'limit';

/** Thrown when bytes are no message of IPP. What it says names the byte, and repeats nothing that came. */
export class BadIpp extends Error {
  override readonly name = 'BadIpp';
  constructor(
    readonly fault: Fault,
    readonly at: number,
    message: string,
  ) {
    super(`byte ${at}: ${message}`);
  }
}

/** Whatever follows the end of the attributes is left. Throws BadIpp. */
export function decode(bytes: Buffer): Message {
  if (bytes.length > limits.bytesMax) {
    throw new BadIpp('limit', limits.bytesMax, `more than ${limits.bytesMax} bytes`);
  }
  return new Decoder(new Reader(bytes)).message();
}

/** Bytes, each taken once. */
class Reader {
  #at = 0;

  /** @param from where in the message they begin */
  constructor(
    private readonly bytes: Buffer,
    private readonly from = 0,
  ) {}

  get at(): number {
    return this.from + this.#at;
  }

  get done(): boolean {
    return this.#at === this.bytes.length;
  }

  /** The next byte, which is not taken. */
  peek(): number {
    const byte = this.bytes[this.#at];
    if (byte === undefined) throw new BadIpp('endsEarly', this.at, 'it ends before its attributes do');
    return byte;
  }

  take(length: number, what: string): Buffer {
    const left = this.bytes.length - this.#at;
    if (length > left) {
      throw new BadIpp('endsEarly', this.at, `${what} has ${length} bytes, and ${left} are left`);
    }
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  /** What has its length before it. */
  field(what: string): Buffer {
    const { at } = this;
    const length = this.take(2, `the length of ${what}`).readUInt16BE();
    if (length > lengthMax) {
      throw new BadIpp('length', at, `${what} has a negative length, ${length - 0x10000}`);
    }
    return this.take(length, what);
  }
}

class Decoder {
  #attributes = 0;
  #values = 0;

  constructor(private readonly reader: Reader) {}

  message(): Message {
    const { reader } = this;
    const [major = 0, minor = 0] = reader.take(2, 'the version');
    const code = reader.take(2, 'the code').readUInt16BE();
    const requestId = reader.take(4, 'the request id').readInt32BE();
    const groups: Group[] = [];
    while (reader.peek() !== tags.end) {
      const { at } = reader;
      const tag = reader.take(1, 'a tag').readUInt8();
      if (tag >= firsts.value) throw new BadIpp('orphan', at, 'a value outside all groups');
      if (tag === 0) throw new BadIpp('tag', at, 'a group without a tag');
      if (groups.length === limits.groupsMax) throw tooMany(at, limits.groupsMax, 'groups');
      groups.push({ tag, attributes: this.#group() });
    }
    return { version: [major, minor], code, requestId, groups };
  }

  #group(): Attributes {
    const { reader } = this;
    const attributes = new Map<string, readonly Value[]>();
    let values: Value[] | null = null;
    while (reader.peek() >= firsts.value) {
      const { at } = reader;
      const tag = reader.take(1, 'a tag').readUInt8();
      const name = textOf(reader.field('a name'));
      if (name !== '') values = this.#begin(attributes, name, at);
      if (values === null) throw new BadIpp('orphan', at, 'a value without a name before it');
      values.push(this.#value(tag, at, 0));
    }
    return attributes;
  }

  /** The place for the values of an attribute. */
  #begin(attributes: Map<string, readonly Value[]>, name: string, at: number): Value[] {
    this.#attributes += 1;
    if (this.#attributes > limits.attributesMax) throw tooMany(at, limits.attributesMax, 'attributes');
    const values: Value[] = [];
    if (!attributes.has(name)) attributes.set(name, values);
    return values;
  }

  #value(tag: number, at: number, depth: number): Value {
    this.#values += 1;
    if (this.#values > limits.valuesMax) throw tooMany(at, limits.valuesMax, 'values');
    if (tag === tags.endCollection || tag === tags.memberName) {
      throw new BadIpp('collection', at, 'a part of a collection outside all collections');
    }
    const bytes = this.reader.field('a value');
    if (tag !== tags.collection)
      return { tag, content: contentOf(tag, bytes, this.reader.at - bytes.length) };
    if (bytes.length > 0) throw new BadIpp('length', at, 'a collection begins with a value');
    if (depth === limits.depthMax) throw tooMany(at, limits.depthMax, 'collections in each other');
    return { tag, content: this.#collection(depth + 1) };
  }

  #collection(depth: number): Attributes {
    const { reader } = this;
    const members = new Map<string, readonly Value[]>();
    let values: Value[] | null = null;
    for (;;) {
      const at = reader.at;
      if (reader.peek() < firsts.value) throw new BadIpp('collection', at, 'a collection is not closed');
      const tag = reader.take(1, 'a tag').readUInt8();
      if (reader.field('the name of a member').length > 0) {
        throw new BadIpp('collection', at, 'an attribute before its collection is closed');
      }
      if (tag === tags.endCollection) {
        if (reader.field('the end of a collection').length > 0) {
          throw new BadIpp('length', at, 'a collection ends with a value');
        }
        return members;
      }
      if (tag === tags.memberName) {
        values = this.#begin(members, textOf(reader.field('a member')), at);
      } else {
        if (values === null) throw new BadIpp('collection', at, 'a value of no member');
        values.push(this.#value(tag, at, depth));
      }
    }
  }
}

const tooMany = (at: number, most: number, what: string): BadIpp =>
  new BadIpp('limit', at, `more than ${most} ${what}`);

const lengths: ReadonlyMap<number, number> = new Map([
  [tags.integer, 4],
  [tags.enum, 4],
  [tags.boolean, 1],
  [tags.dateTime, 11],
  [tags.resolution, 9],
  [tags.rangeOfInteger, 8],
]);

function contentOf(tag: number, bytes: Buffer, at: number): Content {
  // Empty by RFC 8010; some makers write something into it.
  if (tag < firsts.ordinary) return null;
  const length = lengths.get(tag);
  if (length !== undefined && bytes.length !== length) {
    throw new BadIpp('length', at, `a value of ${bytes.length} bytes, and its type has ${length}`);
  }
  if (tag === tags.integer || tag === tags.enum) return bytes.readInt32BE();
  if (tag === tags.boolean) return bytes[0] !== 0;
  if (tag === tags.textWithLanguage || tag === tags.nameWithLanguage) return withoutLanguage(bytes, at);
  return tag >= firsts.string && tag < firsts.beyond ? textOf(bytes) : bytes;
}

function withoutLanguage(bytes: Buffer, at: number): string {
  const reader = new Reader(bytes, at);
  reader.field('a language');
  const text = textOf(reader.field('a text'));
  if (!reader.done) throw new BadIpp('length', reader.at, 'more than a language and a text');
  return text;
}

/** What is no UTF-8 is shown as such: a name in another alphabet says nothing against the rest. */
const textOf = (bytes: Buffer): string => bytes.toString('utf8');
