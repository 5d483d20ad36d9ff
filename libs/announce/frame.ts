// Lines out of a byte stream. Bytes are counted before anything looks at them.
import { Malformed } from './malformed.js';

/** Longest line, without its end. */
export const frameBytesMax = 65_536;

const lineFeed = 0x0a;

/** Feed it what came, then take frames until there is none. Never holds more than one frame and one chunk. */
export class FrameReader {
  #incoming: Buffer | null = null;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(private readonly bytesMax: number = frameBytesMax) {}

  /** True while a line has begun and not ended, or bytes wait to be looked at. */
  get inside(): boolean {
    return this.#bytes > 0 || this.#incoming !== null;
  }

  push(chunk: Buffer): void {
    this.#incoming = this.#incoming ? Buffer.concat([this.#incoming, chunk]) : chunk;
  }

  /** The next line that is not blank, or null until more has come. Throws Malformed as soon as a line is too long. */
  next(): Buffer | null {
    for (let line = this.#line(); line; line = this.#line()) {
      if (!isBlank(line)) return line;
    }
    return null;
  }

  #line(): Buffer | null {
    const incoming = this.#incoming;
    if (!incoming) return null;
    const end = incoming.indexOf(lineFeed);
    const part = end < 0 ? incoming : incoming.subarray(0, end);
    this.#bytes += part.length;
    if (this.#bytes > this.bytesMax) {
      throw new Malformed('tooLong', `a line may have ${String(this.bytesMax)} bytes`);
    }
    this.#parts.push(part);
    this.#incoming = end < 0 || end + 1 === incoming.length ? null : incoming.subarray(end + 1);
    return end < 0 ? null : this.#take(part);
  }

  #take(last: Buffer): Buffer {
    const line = this.#parts.length === 1 ? last : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}

function isBlank(line: Buffer): boolean {
  return line.length === 0 || (line.length <= 2 && line.toString('latin1').trim() === '');
}
