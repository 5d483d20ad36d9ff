// DER (X.690), the few shapes that certificates, lists, requests and answers are made of: written, and read strictly.
// Own, as most of what is read here comes from strangers, and what is signed here should be plain to see.

/** Thrown when bytes are no DER, or not of the shape that is asked for. */
export class MalformedDer extends Error {
  override readonly name = 'MalformedDer';
}

/** One element: `body` without tag and length, `whole` with them. */
export interface Element {
  readonly tag: number;
  readonly body: Buffer;
  readonly whole: Buffer;
}

export const tags = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
} as const;

export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(tags.sequence, ...parts);
/** Of one member, or none: DER wants more of them sorted. */
export const set = (...parts: readonly Uint8Array[]): Buffer => element(tags.set, ...parts);
export const explicit = (number: number, ...parts: readonly Uint8Array[]): Buffer =>
  element(0xa0 | number, ...parts);
export const octets = (bytes: Uint8Array): Buffer => element(tags.octets, bytes);
/** A whole number of bytes. */
export const bits = (bytes: Uint8Array): Buffer => element(tags.bits, Buffer.from([0]), bytes);
export const nothing = Buffer.from([0x05, 0x00]);
export const yes = Buffer.from([0x01, 0x01, 0xff]);

/** A number that is not negative; text is hexadecimal. */
export function integer(value: number | string): Buffer {
  const hex = typeof value === 'number' ? value.toString(16) : value;
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  return element(tags.integer, ...((short[0] ?? 0) >= 0x80 ? [Buffer.from([0]), short] : [short]));
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(tags.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** As RFC 5280 wants it: two digits of the year until 2049, four from 2050 on. */
export function time(date: Date): Buffer {
  return date.getUTCFullYear() < 2050 ? element(0x17, digits(date).subarray(2)) : generalizedTime(date);
}

export const generalizedTime = (date: Date): Buffer => element(0x18, digits(date));

/** The one element that the bytes are. Throws MalformedDer. */
export function readOne(bytes: Uint8Array, tag?: number): Element {
  const [one, ...others] = readAll(bytes);
  if (!one || others.length > 0) throw new MalformedDer('one element was expected');
  return tag === undefined ? one : expectTag(one, tag);
}

/** The elements that follow each other in `bytes`. Throws MalformedDer. */
export function readAll(bytes: Uint8Array): readonly Element[] {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Element[] = [];
  for (let at = 0; at < from.length;) {
    const one = elementAt(from, at);
    found.push(one);
    at += one.whole.length;
  }
  return found;
}

/** What a SEQUENCE or SET has in it. Throws MalformedDer when `found` is none. */
export function membersOf(found: Element | undefined, tag: number = tags.sequence): readonly Element[] {
  return readAll(expectTag(found, tag).body);
}

export function expectTag(found: Element | undefined, tag: number): Element {
  if (found?.tag === tag) return found;
  throw new MalformedDer(`tag ${tag.toString(16)} was expected, not ${found?.tag.toString(16) ?? 'the end'}`);
}

/** Bytes of a BIT STRING with no unused bits. */
export function bytesOfBits(found: Element | undefined): Buffer {
  const { body } = expectTag(found, tags.bits);
  if (body[0] !== 0) throw new MalformedDer('a bit string of whole bytes was expected');
  return body.subarray(1);
}

/** Hexadecimal, lower case, without the zero of a positive number. Throws MalformedDer for a negative one. */
export function hexOfInteger(found: Element | undefined): string {
  const { body } = expectTag(found, tags.integer);
  if (body.length === 0 || (body[0] ?? 0) >= 0x80) throw new MalformedDer('a positive number was expected');
  return (body[0] === 0 && body.length > 1 ? body.subarray(1) : body).toString('hex');
}

function elementAt(from: Buffer, at: number): Element {
  const tag = from[at];
  const first = from[at + 1];
  if (tag === undefined || first === undefined) throw new MalformedDer('the bytes end too early');
  if ((tag & 0x1f) === 0x1f) throw new MalformedDer('tags of several bytes are not read');
  const more = first < 0x80 ? 0 : first & 0x7f;
  // Indefinite lengths are not DER, and nothing here is longer than 16 MB.
  if (first === 0x80 || more > 3) throw new MalformedDer('this length is not read');
  const start = at + 2 + more;
  if (start > from.length) throw new MalformedDer('the bytes end too early');
  const length = more === 0 ? first : from.readUIntBE(at + 2, more);
  if (more > 0 && (length < 0x80 || from[at + 2] === 0))
    throw new MalformedDer('a length is not the shortest');
  const end = start + length;
  if (end > from.length) throw new MalformedDer('the bytes end too early');
  return { tag, body: from.subarray(start, end), whole: from.subarray(at, end) };
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function base128(value: number): readonly number[] {
  const groups = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    groups.unshift((rest % 128) | 0x80);
  }
  return groups;
}

/** YYYYMMDDHHMMSSZ */
const digits = (date: Date): Buffer =>
  Buffer.from(`${date.toISOString().replaceAll(/[-:T]|\..*$/g, '')}Z`, 'ascii');
