// One attempt to announce: the server's addresses in turn, until one of them answers.
import { isIP } from 'node:net';
import { announce } from '#announce/announce';
import { AnnounceError } from '#announce/announce-error';
import { clientContext } from '#announce/reach';
import type { Identity } from '#events/identity';
import { messageOf } from '#events/message-of';
import { soundAuthoritiesIn, UnreadableAuthorities } from '#pki/authorities';
import { faultOfServer, type Asking } from '#pki/server-verdict';
import type { Occasion } from './agent.js';
import type { Outcome } from './attempt.js';
import { installedFiles, type Credentials } from './credentials.js';
import {
  ServerNotFound,
  serverCandidates,
  type Candidate,
  type ServerSettings,
} from './network/find-server.js';

export interface Exchange {
  readonly server: ServerSettings;
  readonly requireMutual: boolean;
  /** How it is told whether the server's certificate was revoked. */
  readonly revocation: Asking['policy'];
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
  const trusted = trustedIn(credentials.authorities);
  const lacking = requireMutual ? lackingOf(credentials) : null;
  if (lacking !== null) return { kind: 'untrusted', server: null, detail: lacking };
  if (requireMutual && trusted.fault !== null)
    return { kind: 'untrusted', server: null, detail: `No server can be trusted: ${trusted.fault}.` };
  try {
    const judged = { ...credentials, authorities: trusted.authorities };
    const outcome = await firstAnswer({ ...exchange, credentials: judged }, occasion);
    if (trusted.fault === null || outcome.kind !== 'answered') return outcome;
    return { ...outcome, message: `${outcome.message}; no server can be trusted: ${trusted.fault}` };
  } catch (error) {
    occasion.signal.throwIfAborted();
    return { kind: 'unreachable', detail: messageOf(error) };
  }
}

/** What is not installed though it must be, for whoever can put it there. */
function lackingOf({ installed, authorities }: Credentials): string | null {
  const { identity, authorities: ca } = installedFiles;
  const files = [
    ...(installed ? [] : [`${identity}, its certificate and key`]),
    ...(authorities === null ? [`${ca}, the authorities of the server`] : []),
  ];
  if (files.length === 0) return null;
  return `Mutual authentication is required, and the state folder has no ${files.join('; and no ')}.`;
}

interface Trusted {
  /** PEM; null: none that could be trusted. */
  readonly authorities: string | null;
  readonly fault: string | null;
}

/** Authorities that break the rules for such are not trusted, though OpenSSL would. */
function trustedIn(authorities: string | null): Trusted {
  if (authorities === null) return { authorities: null, fault: null };
  try {
    const { sound, refused } = soundAuthoritiesIn(authorities);
    if (sound.length > 0) return { authorities: sound.join('\n'), fault: null };
    return { authorities: null, fault: refused.join('; ') };
  } catch (error) {
    if (error instanceof UnreadableAuthorities) return { authorities: null, fault: error.message };
    throw error;
  }
}

async function firstAnswer(exchange: Exchange, occasion: Occasion): Promise<Outcome> {
  const failures: string[] = [];
  for await (const candidate of serverCandidates(exchange.server)) {
    const server = `${candidate.name === candidate.address ? '' : `${candidate.name} `}${candidate.address}`;
    try {
      return { kind: 'answered', server, ...(await announceTo(candidate, exchange, occasion)) };
    } catch (error) {
      if (occasion.signal.aborted) throw error;
      if (isUntrusted(error))
        return { kind: 'untrusted', server, detail: `The server is not trusted: ${error.message}.` };
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
      ...(authorities !== null && {
        judge: (shown) => faultOfServer(shown, { policy: exchange.revocation, signal, now: new Date() }),
      }),
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
