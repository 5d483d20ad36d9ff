// BER as agents write it, before net-snmp sees it. Not DER: they write lengths longer than they need be.
const integer = 0x02;

/** Elements one after another. All methods throw. */
export class Ber {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get tag(): number | null {
    return this.bytes[this.#at] ?? null;
  }

  /** The content of the next element. */
  take(tag: number): Buffer {
    if (this.tag !== tag) throw new Error(`tag ${this.tag ?? 'none'} where ${tag} was due`);
    const short = this.bytes.readUInt8(this.#at + 1);
    const count = short & 0x7f;
    const isShort = short < 0x80;
    if (!isShort && (count === 0 || count > 4)) throw new Error('a length without end, or beyond all use');
    const length = isShort ? short : this.bytes.readUIntBE(this.#at + 2, count);
    const from = this.#at + 2 + (isShort ? 0 : count);
    if (from + length > this.bytes.length) throw new Error('an element that is longer than what holds it');
    this.#at = from + length;
    return this.bytes.subarray(from, this.#at);
  }

  /** 0 to 2147483647, as all numbers of a message's head are. */
  number(): number {
    const content = this.take(integer);
    if (content.length === 0 || content.length > 4) throw new Error('not a number of 32 bits');
    const number = content.readIntBE(0, content.length);
    if (number < 0) throw new Error('a negative number');
    return number;
  }
}
