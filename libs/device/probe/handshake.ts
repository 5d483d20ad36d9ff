// One TLS handshake with a device, and nothing after it: what it speaks and which certificate it shows. Contexts of these
// probes take what is long broken, so that it is noticed; none of them ever holds a key or a certificate of ours, and
// nothing is sent through them.
import { constants, type X509Certificate } from 'node:crypto';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { messageOf } from '../../events/message-of.js';
import { readPeer } from '../../pki/peer.js';
import { shownBy } from '../../pki/server-verdict.js';
import { hostOf } from '../exchange.js';
import { elsewhere, mustNotPrint, type Door } from './knock.js';

/** Those that OpenSSL 3 inside Node speaks, the oldest first. SSLv3 it does not have: see hello.ts. */
export const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof tlsVersions)[number];

/**
 * taken · refused: it does not speak so, and has said it, closed, or spoken something else · unclear: nothing came back in
 * time, or it is gone: nothing is known of what it speaks.
 */
export type Shaken =
  | { readonly kind: 'taken'; readonly shown: Shown | null }
  | { readonly kind: 'refused' | 'unclear'; readonly reason: string };

/** The certificate of a server. Null: none could be had. */
export interface Shown {
  readonly certificate: X509Certificate;
  /** The authorities above it, as far as they are known here. */
  readonly issuers: readonly X509Certificate[];
  /** OpenSSL's word on the chain, against the authorities that were given; null: nothing is wrong with it. */
  readonly chainError: string | null;
}

export interface Handshake extends Door {
  readonly context: SecureContext;
}

const handshakeMs = 5_000;

/**
 * Level 0, as OpenSSL has no TLS 1.0 above it; no DHE, whose numbers a server may choose so great that they hold this process for
 * seconds: who speaks nothing else is seen by hello.ts; servers of before RFC 5746 are let in, or they would look like
 * none.
 */
const anything = {
  ciphers: 'ALL:COMPLEMENTOFALL:!kDHE:@SECLEVEL=0',
  secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
} as const;

const only = new Map<TlsVersion, SecureContext>();

/** Speaks that version and no other, and trusts nobody. */
export function contextOf(version: TlsVersion): SecureContext {
  const context =
    only.get(version) ??
    createSecureContext({ ...anything, minVersion: version, maxVersion: version, ca: [] });
  only.set(version, context);
  return context;
}

const trusting = new WeakMap<readonly string[], SecureContext>();

/** Speaks every version, wants a certificate, and judges its chain by these authorities (PEM). Made once for each list: that is costly. */
export function contextTrusting(authorities: readonly string[]): SecureContext {
  const context =
    trusting.get(authorities) ??
    createSecureContext({
      ...{ ...anything, ciphers: 'ALL:!aNULL:!kDHE:@SECLEVEL=0' },
      ...{ minVersion: 'TLSv1', maxVersion: 'TLSv1.3', ca: [...authorities] },
    });
  trusting.set(authorities, context);
  return context;
}

/** Settles in time; when `signal` is aborted, as unclear. */
export function shakeHands({ address, port, context }: Handshake, signal: AbortSignal): Promise<Shaken> {
  mustNotPrint(port);
  return new Promise((resolve) => {
    if (signal.aborted) return void resolve({ kind: 'unclear', reason: 'there was no time left to ask' });
    // Judged by nobody here: what is shown is told, and nothing is sent for its sake.
    const judged = { rejectUnauthorized: false, checkServerIdentity: () => undefined };
    const socket = connect({ host: address, port, secureContext: context, ...judged });
    let [connected, agreed] = [false, false];
    const end = (shaken: Shaken): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', late);
      socket.destroy();
      resolve(shaken);
    };
    const late = (): void => end({ kind: 'unclear', reason: `no answer within ${handshakeMs} ms` });
    const timer = setTimeout(late, handshakeMs);
    const ended = (error: Error | null): void =>
      end(agreed ? { kind: 'taken', shown: null } : failedBy(error, connected));
    signal.addEventListener('abort', late, { once: true });
    socket.once('connect', () => (connected = true));
    // Keys are made: it took the version, whatever it wants besides, such as a certificate of ours.
    socket.once('keylog', () => (agreed = true));
    socket.once('secureConnect', () => {
      const reason = elsewhere(socket, address);
      end(reason === null ? taken(socket) : { kind: 'unclear', reason });
    });
    // It stays: what comes after the end is nobody's.
    socket.on('error', ended);
    socket.once('close', () => ended(null));
  });
}

function failedBy(error: Error | null, connected: boolean): Shaken {
  const code = error && 'code' in error ? String(error.code) : '';
  const reason = error ? wordsOf(error) : 'it closed the connection';
  const answered = error === null || code.startsWith('ERR_SSL') || hostOf(code) === 'alive';
  return { kind: connected && answered ? 'refused' : 'unclear', reason };
}

/** OpenSSL's own reason, without the place in its source. */
const wordsOf = (error: Error): string =>
  ('reason' in error && typeof error.reason === 'string' ? error.reason : messageOf(error)).slice(0, 200);

/** What Node cannot read of a certificate throws, and this is a listener's. */
function taken(socket: TLSSocket): Shaken {
  try {
    const shown = shownBy(socket, null);
    const { chainError } = readPeer(socket);
    return { kind: 'taken', shown: shown && { ...shown, chainError } };
  } catch {
    return { kind: 'taken', shown: null };
  }
}
