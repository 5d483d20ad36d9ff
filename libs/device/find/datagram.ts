// Bytes of a stranger, read with limits. Whatever is not there, or not as it should be, ends the reading of this datagram
// with words that say what; nobody who asks for one sees an exception.

/** Thrown while a datagram is read, and caught by `readDatagram`. */
class Malformed extends Error {}

export interface Fault {
  readonly kind: 'fault';
  /** In words that follow `the datagram`. */
  readonly reason: string;
}

/** What `parse` makes of it, or what is wrong with it. Throws nothing that a datagram can bring about. */
export function readDatagram<T>(bytes: Uint8Array, parse: (reader: DatagramReader) => T): T | Fault {
  try {
    return parse(new DatagramReader(bytes));
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'fault', reason: error.message };
    throw error;
  }
}

export class DatagramReader {
  readonly #view: DataView;
  at = 0;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#step(1, what));
  }

  u16(what: string): number {
    return this.#view.getUint16(this.#step(2, what));
  }

  u24(what: string): number {
    return this.u16(what) * 256 + this.u8(what);
  }

  take(length: number, what: string): Uint8Array {
    const from = this.#step(length, what);
    return this.bytes.subarray(from, from + length);
  }

  /** Behind its length, of 16 bits; what is no UTF-8 of it is replaced. */
  text(what: string): string {
    return Buffer.from(this.take(this.u16(what), what)).toString('utf8');
  }

  /** Ends the reading. */
  refuse(reason: string): never {
    throw new Malformed(reason);
  }

  #step(length: number, what: string): number {
    if (length > this.left) this.refuse(`ends within ${what}`);
    const from = this.at;
    this.at += length;
    return from;
  }
}
