// One attempt to announce: the server's addresses in turn, until one of them answers.
import { isIP } from 'node:net';
import { announce, AnnounceError, clientContext } from '#announce/announce';
import type { Identity } from '#events/identity';
import { messageOf } from '#events/message-of';
import type { Occasion } from './agent.js';
import type { Outcome } from './attempt.js';
import type { Credentials } from './credentials.js';
import {
  ServerNotFound,
  serverCandidates,
  type Candidate,
  type ServerSettings,
} from './network/find-server.js';

export interface Exchange {
  readonly server: ServerSettings;
  readonly requireMutual: boolean;
  readonly credentials: Credentials;
  /** The device's address to connect from; undefined: the system's choice. */
  readonly from: string | undefined;
  /** What is announced to a server there. */
  readonly identity: (to: Candidate) => Promise<Identity>;
}

const candidatesMax = 16;

/** Never rejects, but when the occasion's signal is aborted. */
export async function attemptExchange(exchange: Exchange, occasion: Occasion): Promise<Outcome> {
  const { requireMutual, credentials } = exchange;
  occasion.signal.throwIfAborted();
  if (requireMutual && !(credentials.installed && credentials.authorities !== null)) {
    const detail =
      'Mutual authentication is required, but an identity and a CA certificate are not both installed.';
    return { kind: 'untrusted', detail };
  }
  try {
    return await firstAnswer(exchange, occasion);
  } catch (error) {
    occasion.signal.throwIfAborted();
    if (isUntrusted(error))
      return { kind: 'untrusted', detail: `The server is not trusted: ${error.message}.` };
    return { kind: 'unreachable', detail: messageOf(error) };
  }
}

async function firstAnswer(exchange: Exchange, occasion: Occasion): Promise<Outcome> {
  const failures: string[] = [];
  for await (const candidate of serverCandidates(exchange.server)) {
    const server = `${candidate.name === candidate.address ? '' : `${candidate.name} `}${candidate.address}`;
    try {
      return { kind: 'answered', server, ...(await announceTo(candidate, exchange, occasion)) };
    } catch (error) {
      if (isUntrusted(error) || occasion.signal.aborted) throw error;
      failures.push(`${server} port ${candidate.port}: ${messageOf(error)}`);
    }
    if (failures.length >= candidatesMax) break;
  }
  throw new ServerNotFound(`No server answered. ${failures.join('; ')}`.slice(0, 500));
}

async function announceTo(to: Candidate, exchange: Exchange, { reason, announcementId, signal }: Occasion) {
  const { certificate, key, authorities } = exchange.credentials;
  const identity = await exchange.identity(to);
  const { acknowledge, server } = await announce(
    {
      host: to.address,
      port: to.port,
      context: clientContext({ certificate, key, ...(authorities !== null && { authorities }) }),
      requireVerified: exchange.requireMutual,
      signal,
      ...(exchange.from !== undefined && { localAddress: exchange.from }),
      ...(isIP(to.name) === 0 && { serverName: to.name }),
    },
    { identity, reason, announcementId, traceparent: null, origin: null },
  );
  // Trust was tried and could not be had, which is not required: it is said, and the connection goes on (R7).
  const doubt =
    authorities === null || server.verified ? '' : `; the server is not trusted: ${server.problem}`;
  return { ...acknowledge, message: `${acknowledge.message}${doubt}` };
}

const isUntrusted = (error: unknown): error is AnnounceError =>
  error instanceof AnnounceError && error.code === 'serverUntrusted';
