// One bounded request to a device over TLS. Its certificate and its address are checked after the handshake and before
// the first byte of the request leaves. Nothing the device answers is followed, decompressed or believed.
import http from 'node:http';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import ipaddr from 'ipaddr.js';
import { messageOf } from '../events/message-of.js';
import { readPeer } from '../pki/peer.js';
import { judgePeer } from '../pki/verdict.js';
import type { Host, Outcome, Setback, Target } from './device.js';

export const limits = { timeMs: 5_000, bytesMax: 262_144, headerBytesMax: 16_384 } as const;

export interface Request {
  readonly method: 'GET' | 'PATCH';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
}

export interface Answer {
  readonly json: unknown;
  readonly fingerprint: string;
}

/** A connection to one device, kept open between its requests. */
export class Exchange {
  readonly #agent: DeviceAgent;

  constructor(target: Target) {
    this.#agent = new DeviceAgent(target);
  }

  /** Rejects only when `signal` is aborted. Settles in time, whatever the device does. */
  async ask(request: Request, signal: AbortSignal): Promise<Outcome<Answer>> {
    signal.throwIfAborted();
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limits.timeMs)]);
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => {
      // A request that waits for its connection, or whose connection was taken from it, does not see its signal.
      this.#agent.giveUp();
      reject(limited.reason);
    };
    limited.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([this.#ask(request, limited), ended]);
    } catch (error) {
      signal.throwIfAborted();
      return limited.aborted
        ? { kind: 'unreachable', reason: `no answer within ${limits.timeMs} ms`, host: this.#host('silent') }
        : setback(error, (told) => this.#host(told));
    } finally {
      limited.removeEventListener('abort', giveUp);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Who took a connection is alive, however it went on. */
  #host(told: Host): Host {
    return this.#agent.connected ? 'alive' : told;
  }

  async #ask(request: Request, signal: AbortSignal): Promise<Outcome<Answer>> {
    const response = await this.#send(request, signal).catch((error: unknown) => {
      // The device may close an idle connection at any time; each of these requests may be made twice.
      if (error instanceof Reused) return this.#send(request, signal);
      throw error;
    });
    const refusal = judgeStatus(response);
    const bytes = await readBody(response);
    return (
      refusal ?? { kind: 'answered', value: { json: parse(bytes), fingerprint: this.#agent.fingerprint } }
    );
  }

  #send({ method, path, body }: Request, signal: AbortSignal): Promise<http.IncomingMessage> {
    const text = body === undefined ? null : JSON.stringify(body);
    const headers = {
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...(text === null
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    const { host, port } = this.#agent;
    const options = {
      agent: this.#agent,
      host,
      port,
      method,
      path,
      headers,
      signal,
      maxHeaderSize: limits.headerBytesMax,
    };
    return new Promise((resolve, reject) => {
      const request = http.request(options, resolve);
      const fail = (error: Error): void =>
        reject(request.reusedSocket && !signal.aborted ? new Reused() : error);
      request.on('error', fail);
      request.on('upgrade', (_, socket) => {
        socket.destroy();
        reject(new Improper('it changed the protocol instead of answering', false));
      });
      request.on('close', () => fail(new Error('closed before an answer')));
      request.end(text);
    });
  }
}

class Reused extends Error {}

/** Thrown when what answers is not what was asked for, or says what no device should say. */
class Improper extends Error {
  constructor(
    message: string,
    readonly mayPass: boolean,
  ) {
    super(message);
  }
}

class DeviceAgent extends http.Agent {
  readonly host: string;
  readonly port: number;
  fingerprint = '';
  /** Whether the address ever took a connection. */
  connected = false;
  #connecting: tls.TLSSocket | null = null;

  constructor(private readonly target: Target) {
    super({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
    this.host = target.address;
    this.port = target.port;
  }

  override createConnection(_: object, done?: (error: Error | null, socket: Duplex) => void): undefined {
    const { address: host, port, mutual } = this.target;
    // Judged below: the pinned fingerprint says who answers, and under mutual authentication the chain too. No name does.
    const judged = { rejectUnauthorized: false, checkServerIdentity: () => undefined };
    const trusting = mutual && { ca: [...mutual.authorities] };
    const socket = tls.connect({ host, port, minVersion: 'TLSv1.2', ...judged, ...trusting });
    this.#connecting = socket;
    socket.once('connect', () => (this.connected = true));
    let settled = false;
    const settle = (error: Error | null): void => {
      if (settled) return;
      settled = true;
      this.#connecting = null;
      socket.off('secureConnect', connected).off('close', closed).off('error', settle);
      socket.on('error', () => undefined);
      if (error) socket.destroy();
      done?.(error, socket);
    };
    const connected = (): void => void this.#judge(socket).then(settle, settle);
    const closed = (): void => settle(new Error('closed during the handshake'));
    const timedOut = Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' });
    socket.setTimeout(limits.timeMs, () => socket.destroy(timedOut));
    socket.once('secureConnect', connected).once('close', closed).once('error', settle);
    return undefined;
  }

  /** Ends the handshake that is under way, and every connection. */
  giveUp(): void {
    this.#connecting?.destroy(new Error('given up'));
    this.destroy();
  }

  async #judge(socket: tls.TLSSocket): Promise<Error | null> {
    const { address, fingerprint, mutual } = this.target;
    const peer = socket.remoteAddress;
    if (peer === undefined || ipaddr.process(peer).toString() !== ipaddr.process(address).toString()) {
      return new Improper(`connected to ${peer ?? 'nobody'} instead of ${address}`, false);
    }
    const shown = readPeer(socket);
    if (shown.fingerprint === null) return new Improper('it shows no certificate', false);
    this.fingerprint = shown.fingerprint;
    if (fingerprint !== null && fingerprint !== this.fingerprint) {
      return new Improper(
        'it shows another certificate than the one pinned to this device: nothing was sent to it',
        false,
      );
    }
    if (!mutual) return null;
    // Lists of the revoked are the gateways': they do not let such a device in again.
    const verdict = await judgePeer(shown, { called: mutual.serial }, { revocation: null }, new Date());
    return verdict.outcome === 'verified'
      ? null
      : new Improper(`nothing was sent to it: ${verdict.message} (${verdict.reason})`, false);
  }
}

const denied = new Set([401, 403, 407, 429]);
const absent = new Set([404, 405, 410, 501]);

function judgeStatus({ statusCode: status = 0, headers }: http.IncomingMessage): Setback | null {
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw new Improper('it compressed an answer that was asked for plain', false);
  }
  if (status === 200) return null;
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

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Improper('its answer is not JSON in UTF-8', true);
  }
}

/** Only these say that nothing came back; a router that knows of nobody there says EHOSTUNREACH, and so does this machine. */
const silent = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN']);
const alive = new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE']);

/** What an error of the connection, by its code, shows of the host there. */
export function hostOf(code: string): Host {
  if (alive.has(code)) return 'alive';
  return silent.has(code) ? 'silent' : 'unknown';
}

/** What an error of the connection means. Whoever speaks something else than TLS or HTTP does answer. */
function setback(error: unknown, judge: (told: Host) => Host): Setback {
  if (error instanceof Improper) return { kind: 'failed', reason: error.message, mayPass: error.mayPass };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const said = messageOf(error);
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    return {
      kind: 'failed',
      reason: `it does not speak TLS as it should: ${said.slice(0, 200)}`,
      mayPass: true,
    };
  }
  if (code.startsWith('HPE_'))
    return { kind: 'failed', reason: `it does not speak HTTP: ${said.slice(0, 200)}`, mayPass: true };
  const reason = `it cannot be reached: ${said.slice(0, 200)}`;
  return { kind: 'unreachable', reason, host: judge(hostOf(code)) };
}
