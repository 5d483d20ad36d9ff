// The client's half, for the agent and for a server that forwards.
import { constants } from 'node:crypto';
import type { TcpSocketConnectOpts } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { messageOf } from '../events/message-of.js';
import { shownBy, type ShownServer } from '../pki/server-verdict.js';
import {
  decodeAcknowledge,
  encodeAnnouncement,
  type Acknowledge,
  type Announcement,
} from './announcement.js';
import { FrameReader } from './frame.js';
import { Malformed } from './malformed.js';

const connectLimitMs = 10_000;
const answerLimitMs = 10_000;
const unansweredMax = 32;
const failureMax = 1_000;

/** Thrown when an announcement got no acknowledge. It may have been stored all the same: announce again with the same id. */
export class AnnounceError extends Error {
  override readonly name = 'AnnounceError';
  constructor(
    /** unreachable: no TLS connection · serverUntrusted: nothing was sent · silent: no answer in time · closed: before the answer · badAnswer: not of the protocol · aborted: by the caller */
    readonly code: 'unreachable' | 'serverUntrusted' | 'silent' | 'closed' | 'badAnswer' | 'aborted',
    message: string,
  ) {
    super(legible(message));
  }
}

/** OpenSSL's messages end in a new line, and some name what the other side shows: whoever stores a failure can. */
const legible = (message: string): string =>
  message
    .slice(0, failureMax)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim();

/** What a client shows and whom it trusts, all PEM. */
export interface ClientCredentials {
  readonly key?: string;
  /** The client's certificate, then its issuers. */
  readonly certificate?: string;
  /** Authorities that a server's certificate must lead to; without them those that Node trusts. */
  readonly authorities?: string;
}

/** Built once for a credential and reused: a new context for each connection more than doubles its cost. */
export function clientContext({ key, certificate, authorities }: ClientCredentials): SecureContext {
  return createSecureContext({
    key,
    cert: certificate,
    ca: authorities,
    minVersion: 'TLSv1.2',
    ecdhCurve: groups(),
    secureOptions: constants.SSL_OP_NO_TICKET,
  });
}

const classicGroups = 'X25519:P-256';
let known: string | null = null;

/** The hybrid first, where this OpenSSL has it: a device's Node may be older than ours. */
function groups(): string {
  if (known !== null) return known;
  const hybrid = `X25519MLKEM768:${classicGroups}`;
  try {
    createSecureContext({ ecdhCurve: hybrid });
    known = hybrid;
  } catch {
    known = classicGroups;
  }
  return known;
}

/** How to reach a server. */
export interface SocketOptions {
  /** Name or address. */
  readonly host: string;
  readonly port: number;
  /** Own address to come from. */
  readonly localAddress?: string;
  /** Name that the server's certificate must carry; by default `host`. */
  readonly serverName?: string;
  readonly context: SecureContext;
  /** True: nothing is sent unless the server's certificate verifies (R6, R71). False: it is judged, and the verdict is in `server`. */
  readonly requireVerified: boolean;
  /** Asked about a server whose chain and name verify: why it is not to be trusted all the same; null: it is. */
  readonly judge?: (shown: ShownServer) => Promise<string | null>;
  readonly signal?: AbortSignal;
}

/** What was found out about the server's certificate. */
export interface ServerVerdict {
  readonly verified: boolean;
  /** Why not; null when verified. */
  readonly problem: string | null;
}

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

interface Opened {
  readonly socket: TLSSocket;
  /** OCSP answer that the server stapled to its certificate. */
  readonly staple: Uint8Array | null;
}

function openSocket(options: SocketOptions): Promise<Opened> {
  const { host, port, localAddress, serverName, context, judge, signal } = options;
  return new Promise((resolve, reject) => {
    const toServer: ConnectionOptions & TcpSocketConnectOpts = {
      host,
      port,
      localAddress,
      servername: serverName,
      secureContext: context,
      rejectUnauthorized: false,
      requestOCSP: judge !== undefined,
    };
    let staple: Uint8Array | null = null;
    const socket = connect(toServer);
    socket.once('OCSPResponse', (response: Uint8Array | null) => (staple = response));
    const give = (error: AnnounceError) => {
      settle();
      socket.destroy();
      reject(error);
    };
    const late = setTimeout(
      () => give(new AnnounceError('unreachable', `no TLS connection within ${String(connectLimitMs)} ms`)),
      connectLimitMs,
    );
    const aborted = () => give(new AnnounceError('aborted', 'given up by the caller'));
    const failed = (error: Error) => give(new AnnounceError('unreachable', error.message));
    const settle = () => {
      clearTimeout(late);
      signal?.removeEventListener('abort', aborted);
      socket.off('error', failed);
      socket.on('error', () => undefined);
    };
    socket.once('error', failed);
    signal?.addEventListener('abort', aborted);
    if (signal?.aborted) return aborted();
    socket.once('secureConnect', () => {
      settle();
      resolve({ socket, staple });
    });
  });
}

/** Why nothing is to be sent to a server that was reached; null: go on. */
function endOf(
  { destroyed }: TLSSocket,
  problem: string | null,
  { requireVerified, signal }: SocketOptions,
): AnnounceError | null {
  if (signal?.aborted) return new AnnounceError('aborted', 'given up by the caller');
  if (requireVerified && problem !== null) return new AnnounceError('serverUntrusted', problem);
  return destroyed ? new AnnounceError('closed', 'the server closed the connection') : null;
}

/** Node keeps of it the code alone, which names neither; null: the name is not what is wrong. */
function faultOfName(socket: TLSSocket, name: string): string | null {
  if (messageOf(socket.authorizationError) !== 'ERR_TLS_CERT_ALTNAME_INVALID') return null;
  const fault = checkServerIdentity(name, socket.getPeerCertificate());
  return fault ? `its certificate is not for ${name}: ${fault.message}` : null;
}

/** Node gives the reason as a code, an Error, or both, by version and cause. */
async function problemOf(
  socket: TLSSocket,
  staple: Uint8Array | null,
  { judge, host, serverName = host }: SocketOptions,
): Promise<string | null> {
  const reason: unknown = socket.authorizationError;
  if (!socket.authorized) return faultOfName(socket, serverName) ?? messageOf(reason);
  if (!judge) return null;
  const shown = shownBy(socket, staple);
  return shown ? judge(shown) : 'it showed no certificate';
}
