// The server's half: reads lines from a secured connection, has each judged, answers in the order in which they came.
import type { Duplex } from 'node:stream';
import {
  decodeAnnouncement,
  encodeAcknowledge,
  type Acknowledge,
  type Announcement,
} from './announcement.js';
import { frameBytesMax, FrameReader } from './frame.js';
import { Malformed } from './malformed.js';
import { depthMax } from './strict-json.js';

/** Time and room that one connection gets. */
export interface Limits {
  /** From the handshake, or the last answer, to the next byte. */
  readonly firstByteMs: number;
  /** From the first byte of a line to its end, whatever trickles in. */
  readonly frameMs: number;
  /** Of a line, without its end. */
  readonly frameBytesMax: number;
  /** Of objects and arrays in a line. */
  readonly depthMax: number;
  /** Announcements read and not yet answered; reading pauses there. */
  readonly pendingMax: number;
  /** After a last answer: how long, and how much, is still read and thrown away so that the answer arrives. */
  readonly lingerMs: number;
  readonly lingerBytesMax: number;
}

const defaultLimits: Limits = {
  firstByteMs: 10_000,
  frameMs: 15_000,
  frameBytesMax,
  depthMax,
  pendingMax: 32,
  lingerMs: 2_000,
  lingerBytesMax: 4_000_000,
};

/** Who decides. */
export interface Judge {
  /** Asked for each line before it is parsed: an answer that holds for everybody, after which the connection is closed. */
  closed(): Acknowledge | null;
  /** Settles within a time of its own. */
  judge(announcement: Announcement): Promise<Acknowledge>;
  malformed(fault: Malformed): Acknowledge;
  /** For what should never happen, so that one connection's trouble stays its own. */
  broken(error: unknown): Acknowledge;
}

type Clock = 'silence' | 'tooSlow';

/** Serves one connection until it ends. */
export class Answering {
  readonly #reader: FrameReader;
  readonly #limits: Limits;
  #timer: NodeJS.Timeout | undefined;
  #clock: Clock | null = null;
  #pending = 0;
  #answered = 0;
  #lastAnswer: Promise<void> = Promise.resolve();
  #reading = true;
  /** The other end has closed its half. */
  #saidAll = false;
  #thrownAwayBytes = 0;

  constructor(
    private readonly socket: Duplex,
    private readonly judge: Judge,
    limits: Partial<Limits> = {},
  ) {
    this.#limits = { ...defaultLimits, ...limits };
    this.#reader = new FrameReader(this.#limits.frameBytesMax);
    socket.on('data', (chunk: Buffer) => this.#hear(chunk));
    socket.on('drain', () => this.#advance());
    socket.on('end', () => {
      this.#saidAll = true;
      this.#advance();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#stopReading());
    this.#set('silence');
  }

  /** Reads no more, answers what is in hand, closes. @param farewell for who has had no answer, and has nothing in hand */
  finish(farewell?: Acknowledge): void {
    if (!this.#reading) return;
    this.#stopReading();
    if (farewell && this.#answered + this.#pending === 0) this.#answer(Promise.resolve(farewell));
    void this.#lastAnswer.then(() => this.#close());
  }

  #hear(chunk: Buffer): void {
    if (this.#reading) {
      this.#reader.push(chunk);
      this.#advance();
      return;
    }
    this.#thrownAwayBytes += chunk.length;
    if (this.#thrownAwayBytes > this.#limits.lingerBytesMax) this.socket.destroy();
  }

  #advance(): void {
    if (!this.#reading) return;
    try {
      while (this.#reading && this.#pending < this.#limits.pendingMax) {
        const frame = this.#reader.next();
        if (!frame) break;
        this.#take(frame);
      }
    } catch (error) {
      this.#refuse(error);
    }
    if (!this.#reading) return;
    // Lines that wait for their turn are answered, though the other end has nothing more to say.
    if (this.#saidAll && this.#pending < this.#limits.pendingMax) this.finish();
    else this.#watch();
  }

  #take(frame: Buffer): void {
    this.#set(null);
    const closed = this.judge.closed();
    if (closed) {
      this.#answer(Promise.resolve(closed));
      this.finish();
      return;
    }
    this.#answer(this.judge.judge(decodeAnnouncement(frame, this.#limits.depthMax)));
  }

  #answer(judged: Promise<Acknowledge>): void {
    this.#pending += 1;
    const before = this.#lastAnswer;
    const safely = judged.catch((error: unknown) => this.judge.broken(error));
    this.#lastAnswer = safely.then(async (answer) => {
      await before;
      this.#pending -= 1;
      this.#answered += 1;
      if (this.socket.writable) this.socket.write(encodeAcknowledge(answer));
      this.#advance();
    });
  }

  #refuse(fault: unknown): void {
    const answer = fault instanceof Malformed ? this.judge.malformed(fault) : this.judge.broken(fault);
    this.#answer(Promise.resolve(answer));
    this.finish();
  }

  /** Pauses or goes on reading, and sets the clock that holds now. */
  #watch(): void {
    const full = this.#pending >= this.#limits.pendingMax;
    const unread = this.socket.writableNeedDrain;
    if (full || unread) this.socket.pause();
    else this.socket.resume();

    if (unread || (this.#reader.inside && !full)) this.#set('tooSlow');
    else this.#set(this.#pending === 0 ? 'silence' : null);
  }

  /** A clock that runs already is not set back: what is no line buys no time. */
  #set(clock: Clock | null): void {
    if (clock === this.#clock) return;
    clearTimeout(this.#timer);
    this.#clock = clock;
    if (!clock) return;
    const limitMs = clock === 'silence' ? this.#limits.firstByteMs : this.#limits.frameMs;
    this.#timer = setTimeout(() => {
      if (clock === 'silence' && this.#answered > 0) this.finish();
      else this.#refuse(new Malformed(clock, `no whole line within ${String(limitMs)} ms`));
    }, limitMs);
  }

  #stopReading(): void {
    this.#reading = false;
    this.#set(null);
    this.socket.resume();
  }

  #close(): void {
    this.socket.end();
    const lingering = setTimeout(() => this.socket.destroy(), this.#limits.lingerMs);
    this.socket.once('close', () => clearTimeout(lingering));
  }
}
