// The client's half, for the agent and for a server that forwards.
import type { TLSSocket } from 'node:tls';
import { AnnounceError } from './announce-error.js';
import {
  decodeAcknowledge,
  encodeAnnouncement,
  type Acknowledge,
  type Announcement,
} from './announcement.js';
import { FrameReader } from './frame.js';
import { Malformed } from './malformed.js';
import { endOf, openSocket, problemOf, type ServerVerdict, type SocketOptions } from './reach.js';

const answerLimitMs = 10_000;
const unansweredMax = 32;

/** One announcement over a connection of its own. Rejects with AnnounceError. */
export async function announce(
  options: SocketOptions,
  announcement: Announcement,
): Promise<{ readonly acknowledge: Acknowledge; readonly server: ServerVerdict }> {
  const line = await Line.open(options);
  const giveUp = () => line.close();
  options.signal?.addEventListener('abort', giveUp);
  try {
    return { acknowledge: await line.announce(announcement), server: line.server };
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
    line.close();
  }
}

interface Waiting {
  readonly resolve: (answer: Acknowledge) => void;
  readonly reject: (error: AnnounceError) => void;
  readonly timer: NodeJS.Timeout;
}

/** An open connection, for several announcements; their answers come in order. */
export class Line {
  readonly #reader = new FrameReader();
  readonly #waiting: Waiting[] = [];
  #failure: AnnounceError | null = null;

  /** Rejects with AnnounceError. */
  static async open(options: SocketOptions): Promise<Line> {
    const { socket, staple } = await openSocket(options);
    const problem = await problemOf(socket, staple, options);
    const end = endOf(socket, problem, options);
    if (!end) return new Line(socket, { verified: problem === null, problem });
    socket.destroy();
    throw end;
  }

  private constructor(
    private readonly socket: TLSSocket,
    readonly server: ServerVerdict,
  ) {
    socket.on('data', (chunk: Buffer) => this.#hear(chunk));
    socket.on('error', (error: Error) => this.#fail(new AnnounceError('closed', error.message)));
    socket.on('close', () => this.#fail(new AnnounceError('closed', 'the server closed the connection')));
  }

  /** False once nothing more can be announced here. */
  get open(): boolean {
    return this.#failure === null;
  }

  /** At most 32 may be unanswered at a time. Rejects with AnnounceError. */
  announce(announcement: Announcement): Promise<Acknowledge> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#waiting.length >= unansweredMax) {
      return Promise.reject(
        new RangeError(`more than ${String(unansweredMax)} announcements without an answer`),
      );
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(new AnnounceError('silent', `no answer within ${String(answerLimitMs)} ms`));
      }, answerLimitMs);
      this.#waiting.push({ resolve, reject, timer });
      this.socket.write(encodeAnnouncement(announcement));
    });
  }

  close(): void {
    this.#fail(new AnnounceError('aborted', 'closed by this side'));
  }

  #hear(chunk: Buffer): void {
    this.#reader.push(chunk);
    try {
      for (let frame = this.#reader.next(); frame; frame = this.#reader.next())
        this.#settle(decodeAcknowledge(frame));
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#fail(new AnnounceError('badAnswer', error.message));
    }
  }

  #settle(answer: Acknowledge): void {
    const first = this.#waiting.shift();
    if (!first) {
      this.#fail(new AnnounceError('closed', `${answer.result}: ${answer.message}`));
      return;
    }
    clearTimeout(first.timer);
    first.resolve(answer);
  }

  #fail(error: AnnounceError): void {
    this.#failure ??= error;
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      reject(error);
    }
    if (error.code === 'aborted') this.socket.end();
    const lingering = setTimeout(() => this.socket.destroy(), error.code === 'aborted' ? 1000 : 0);
    lingering.unref();
  }
}
