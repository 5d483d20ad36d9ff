// How a client reaches a server: what it shows, the TLS connection, and what the server's certificate is worth.
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
import { AnnounceError } from './announce-error.js';

const connectLimitMs = 10_000;

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

interface Opened {
  readonly socket: TLSSocket;
  /** OCSP answer that the server stapled to its certificate. */
  readonly staple: Uint8Array | null;
}

export function openSocket(options: SocketOptions): Promise<Opened> {
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
export function endOf(
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

/**
 * Why a server is not to be trusted; null: nothing speaks against it. Node gives the reason as a code, an Error, or both, by version and
 * cause.
 */
export async function problemOf(
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
