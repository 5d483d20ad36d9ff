// DER (X.690), read strictly and lazily: what certificates, lists, requests and answers are written in. It reads structure and
// judges nothing. Of our own, as a CRL of 100,000 entries must not hold up the gateway's one thread.
import { tags } from './tags.js';

/** Thrown when bytes are not the DER that was asked for. */
export class BadDer extends Error {
  override readonly name = 'BadDer';
}

/** One element: a part of `bytes`. Most are passed over, so views of it are made for who asks. */
export class Der {
  /** @param start where its tag is @param from where its content begins @param end where it ends */
  constructor(
    readonly bytes: Uint8Array,
    readonly start: number,
    readonly from: number,
    readonly end: number,
  ) {}

  get tag(): number {
    return this.bytes[this.start] ?? 0;
  }

  /** Of the content, in bytes. */
  get length(): number {
    return this.end - this.from;
  }

  get content(): Uint8Array {
    return this.bytes.subarray(this.from, this.end);
  }

  /** With tag and length: what signatures and hashes are made over. */
  get whole(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }

  /** What it consists of. */
  elements(): DerReader {
    return new DerReader(this.bytes, this.from, this.end);
  }
}

/** The elements of one structure, in order. All methods throw BadDer. */
export class DerReader {
  #at: number;

  constructor(
    private readonly bytes: Uint8Array,
    from = 0,
    private readonly until = bytes.length,
  ) {
    this.#at = from;
  }

  /** What is inside one element, which must be all there is. */
  static inside(bytes: Uint8Array, tag: number): DerReader {
    const outer = new DerReader(bytes);
    const whole = outer.next(tag);
    outer.end();
    return whole.elements();
  }

  get done(): boolean {
    return this.#at >= this.until;
  }

  /** The next element's tag; null at the end. */
  get tag(): number | null {
    return this.done ? null : (this.bytes[this.#at] ?? null);
  }

  /** @param tag what it must be; without one, anything */
  next(tag?: number): Der {
    const start = this.#at;
    const found = this.#byte();
    if (tag !== undefined && found !== tag) throw new BadDer(`tag ${found} where ${tag} was due`);
    if ((found & 0x1f) === 0x1f) throw new BadDer('a tag of several bytes');
    const length = this.#length();
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.until) throw new BadDer('an element that is longer than what holds it');
    return new Der(this.bytes, start, from, this.#at);
  }

  /** The next element if it has this tag. */
  optional(tag: number): Der | null {
    return this.tag === tag ? this.next(tag) : null;
  }

  sequence(): DerReader {
    return this.next(tags.sequence).elements();
  }

  /** All that is left, each with this tag. */
  rest(tag: number): readonly Der[] {
    const found: Der[] = [];
    while (!this.done) found.push(this.next(tag));
    return found;
  }

  /** Nothing may follow. */
  end(): void {
    if (!this.done) throw new BadDer('more than the structure has');
  }

  #byte(): number {
    const byte = this.bytes[this.#at];
    if (byte === undefined || this.done) throw new BadDer('it ends too early');
    this.#at += 1;
    return byte;
  }

  /** Definite, and as short as can be. */
  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new BadDer('a length without end, or beyond all use');
    let length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + this.#byte();
    if (length < 0x80 || length < 256 ** (count - 1)) throw new BadDer('a length written too long');
    return length;
  }
}

/** Dotted, such as 2.5.29.20. */
export function oidOf({ tag, length, bytes, from, end }: Der): string {
  if (tag !== tags.oid || length === 0 || length > 32) throw new BadDer('no object identifier');
  let [dotted, arc] = ['', 0];
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    arc = arc * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    dotted = dotted === '' ? firstArcs(arc) : `${dotted}.${arc}`;
    arc = 0;
  }
  if (arc !== 0) throw new BadDer('an object identifier that ends too early');
  return dotted;
}

/** Two in one number (X.690 8.19.4). */
function firstArcs(both: number): string {
  const first = Math.min(2, Math.floor(both / 40));
  return `${first}.${both - 40 * first}`;
}

/** Hex of an INTEGER without needless zero bytes: equal for equal serial numbers, however they were padded. */
export function serialOf({ tag, content }: Der): string {
  if (tag !== tags.integer || content.length === 0 || content.length > 64)
    throw new BadDer('no serial number');
  let from = 0;
  // A zero before a set bit makes a number positive: 00ff is 255, ff is -1.
  while (from < content.length - 1 && content[from] === 0 && (content[from + 1] ?? 0) < 0x80) from += 1;
  return Buffer.from(content.buffer, content.byteOffset + from, content.length - from).toString('hex');
}

/** Not negative. */
export function numberOf({ tag, content }: Der): bigint {
  if (tag !== tags.integer && tag !== tags.enumerated) throw new BadDer('no number');
  if (content.length === 0 || content.length > 32 || ((content[0] ?? 0) & 0x80) !== 0) {
    throw new BadDer('a number that is negative or beyond all use');
  }
  return BigInt(`0x${Buffer.from(content).toString('hex')}`);
}

export function booleanOf({ tag, length, bytes, from }: Der): boolean {
  if (tag !== tags.boolean || length !== 1) throw new BadDer('no truth value');
  return bytes[from] !== 0;
}

const timePattern = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;

/** RFC 5280 4.1.2.5: in Greenwich time, to the second; two digits of a year are 1950 to 2049. */
export function timeOf({ tag, content }: Der): Date {
  const [, year = '', ...rest] = timePattern.exec(Buffer.from(content).toString('latin1')) ?? [];
  if (year.length !== (tag === tags.utcTime ? 2 : tag === tags.generalizedTime ? 4 : -1)) {
    throw new BadDer('no time of RFC 5280');
  }
  const short = Number(year);
  const full = year.length === 4 ? short : short + (short < 50 ? 2000 : 1900);
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = rest.map(Number);
  const time = new Date(Date.UTC(full, month - 1, day, hour, minute, second));
  if (full < 100) time.setUTCFullYear(full);
  if (
    time.getUTCDate() !== day ||
    time.getUTCMonth() !== month - 1 ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  ) {
    throw new BadDer('a time that is none');
  }
  return time;
}

/** Of whole bytes, as keys and signatures are. */
export function bytesOfBits({ tag, length, bytes, from, end }: Der): Uint8Array {
  if (tag !== tags.bitString || length === 0 || bytes[from] !== 0)
    throw new BadDer('no string of whole bytes');
  return bytes.subarray(from + 1, end);
}

/** Whether this bit is set, of which the first is number 0; one that is left out is not. */
export function flagOf({ tag, length, bytes, from, end }: Der, bit: number): boolean {
  if (tag !== tags.bitString || length > 4) throw new BadDer('no flags');
  const at = from + 1 + (bit >> 3);
  return at < end && ((bytes[at] ?? 0) & (0x80 >> (bit & 7))) !== 0;
}

export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
