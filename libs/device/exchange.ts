// One bounded request to a device by HTTP, over TLS whose certificate is checked before a byte is sent (connection.ts).
// Nothing the device answers is followed, decompressed or believed.
import http from 'node:http';
import { cut } from '../events/cut.js';
import { messageOf } from '../events/message-of.js';
import { Connection, Improper, type Reach } from './connection.js';
import type { Host, Outcome, Setback, Target } from './device.js';
import type { Login } from './login.js';

export const limits = { timeMs: 5_000, bytesMax: 262_144, headerBytesMax: 16_384 } as const;

/** Each may be made twice: when the device closed the connection that was kept, it is made anew. */
export interface Request {
  readonly method: 'GET' | 'PATCH' | 'POST' | 'PUT';
  readonly path: string;
  /** Media type of what is sent, and of what is wanted. */
  readonly type: string;
  readonly body?: string | Buffer;
  /** 400 is an answer, too: it says what is wrong with what was sent. */
  readonly explains?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly bytes: Buffer;
  /** Media type that it names, in lower case and without parameters; empty: none. */
  readonly type: string;
  /** SHA-256 of the certificate it showed, lower-case hex; null in clear. */
  readonly fingerprint: string | null;
}

export interface ExchangeOptions {
  /** Without TLS: never for a secret, and only for what anybody may read. */
  readonly clear?: boolean;
  /** Answers to a device that asks for a password; never together with `clear`. */
  readonly login?: Login | null;
}

/** A connection to one device, kept open between its requests. */
export class Exchange {
  readonly #connection: Connection;
  readonly #login: Login | null;

  constructor(target: Target, { clear = false, login = null }: ExchangeOptions = {}) {
    this.#connection = new Connection(target, { clear, timeMs: limits.timeMs });
    this.#login = clear ? null : login;
  }

  /** How far the device let us come. */
  get reach(): Reach {
    return this.#connection.reach;
  }

  /** Rejects only when `signal` is aborted. Settles in time, whatever the device does. */
  async ask(request: Request, signal: AbortSignal): Promise<Outcome<Answer>> {
    signal.throwIfAborted();
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limits.timeMs)]);
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => {
      // A request that waits for its connection, or whose connection was taken from it, does not see its signal.
      this.#connection.giveUp();
      reject(limited.reason);
    };
    limited.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([this.#ask(request, limited), ended]);
    } catch (error) {
      signal.throwIfAborted();
      return limited.aborted ? this.#late() : setback(error, (told) => this.#host(told));
    } finally {
      limited.removeEventListener('abort', giveUp);
    }
  }

  close(): void {
    this.#connection.destroy();
  }

  /** Whoever has begun to answer is there, and wastes its time. */
  #late(): Setback {
    const within = `within ${limits.timeMs} ms`;
    return this.#connection.answers
      ? { kind: 'failed', reason: `it answers too slowly: no whole answer ${within}`, mayPass: 'once' }
      : { kind: 'unreachable', reason: `no answer ${within}`, host: this.#host('silent') };
  }

  /** Who took a connection is alive, however it went on. */
  #host(told: Host): Host {
    return this.reach === 'connected' || this.reach === 'secured' ? 'alive' : told;
  }

  async #ask(request: Request, signal: AbortSignal): Promise<Outcome<Answer>> {
    const response = await this.#letIn(request, signal);
    const { statusCode: status = 0 } = response;
    const refusal =
      status === 400 && request.explains === true ? null : judgeStatus(response, this.#login !== null);
    const bytes = await readBody(response);
    const type = (response.headers['content-type'] ?? '').split(';', 1).join('').trim().toLowerCase();
    const { fingerprint } = this.#connection;
    return refusal ?? { kind: 'answered', value: { status, bytes, type, fingerprint } };
  }

  /** With the password where the device asks for it: once, and once more where it has forgotten what it asked. */
  async #letIn(request: Request, signal: AbortSignal): Promise<http.IncomingMessage> {
    for (let again = 0; ; again += 1) {
      const answered = this.#login?.ready ?? false;
      const response = await this.#send(request, signal).catch((error: unknown) => {
        // The device may close an idle connection at any time.
        if (error instanceof Reused) return this.#send(request, signal);
        throw error;
      });
      if (response.statusCode !== 401 || !this.#login || again >= challengesMax) return response;
      if (!this.#login.challenged(response.headers['www-authenticate'], answered)) return response;
      await readBody(response);
    }
  }

  #send({ method, path, type, body }: Request, signal: AbortSignal): Promise<http.IncomingMessage> {
    const headers = {
      accept: type,
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
    };
    const { host, port } = this.#connection;
    const options = {
      agent: this.#connection,
      host,
      port,
      method,
      path,
      headers,
      signal,
      maxHeaderSize: limits.headerBytesMax,
    };
    this.#connection.begin();
    return new Promise((resolve, reject) => {
      const request = http.request(options, (response) => {
        request.off('close', closed);
        resolve(response);
      });
      const fail = (error: Error): void =>
        reject(request.reusedSocket && !signal.aborted ? new Reused() : error);
      const closed = (): void => fail(new Error('closed before an answer'));
      request.on('error', fail);
      request.on('upgrade', (_, socket) => {
        socket.destroy();
        reject(new Improper('it changed the protocol instead of answering', false));
      });
      request.on('close', closed);
      // Only now it is known over which connection it goes, and which certificate that shows.
      request.once('socket', () => {
        const { fingerprint } = this.#connection;
        const answer = fingerprint === null ? null : this.#login?.answer({ method, path, fingerprint });
        if (answer) request.setHeader('authorization', answer);
        request.end(body);
      });
    });
  }
}

class Reused extends Error {}

/** Of one request: what is wanted, and what is wanted since that is too old. */
const challengesMax = 2;

const denied = new Set([401, 403, 407, 429]);
const locked = 'it takes no password for a while, after wrong ones (429)';
const absent = new Set([404, 405, 410, 501]);

/** @param asked with a password */
function judgeStatus(response: http.IncomingMessage, asked: boolean): Setback | null {
  const { statusCode: status = 0, headers } = response;
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    response.destroy();
    throw new Improper('it compressed an answer that was asked for plain', false);
  }
  if (status === 200 || status === 204) return null;
  if (status === 429 && asked) return { kind: 'failed', reason: locked, mayPass: true };
  if (denied.has(status))
    return { kind: 'denied', reason: `it demands a password and has answered ${status}` };
  if (absent.has(status))
    return { kind: 'unsupported', reason: `it has no such interface and has answered ${status}` };
  const redirected = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  return {
    kind: 'failed',
    reason: `it has answered ${status}${redirected}`,
    mayPass: status >= 500 || status === 408,
  };
}

async function readBody(response: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limits.bytesMax) {
      response.destroy();
      throw new Improper(`its answer is longer than ${limits.bytesMax} bytes`, false);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Only these say that nothing came back; a router that knows of nobody there says EHOSTUNREACH, and so does this machine. */
const silent = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN']);
const alive = new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE']);

/** What an error of the connection, by its code, shows of the host there. */
export function hostOf(code: string): Host {
  if (alive.has(code)) return 'alive';
  return silent.has(code) ? 'silent' : 'unknown';
}

const nobodyListens = { refused: true } as const;

/** What an error of the connection means. Whoever speaks something else than TLS or HTTP does answer. */
function setback(error: unknown, judge: (told: Host) => Host): Setback {
  if (error instanceof Improper) {
    const { message: reason, mayPass, other } = error;
    return { kind: 'failed', reason, mayPass, ...(other && { other }) };
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const said = messageOf(error);
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    return {
      kind: 'failed',
      reason: `it does not speak TLS as it should: ${cut(said, 200)}`,
      mayPass: 'once',
    };
  }
  if (code.startsWith('HPE_'))
    return { kind: 'failed', reason: `it does not speak HTTP: ${cut(said, 200)}`, mayPass: 'once' };
  const reason = `it cannot be reached: ${cut(said, 200)}`;
  const host = judge(hostOf(code));
  return { kind: 'unreachable', reason, host, ...(code === 'ECONNREFUSED' && nobodyListens) };
}
