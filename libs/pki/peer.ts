// The certificate at the other end of a TLS connection, read once after its handshake.
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { fingerprintOf } from './certificate.js';

/** What a connection showed. Of a chain that OpenSSL takes, Node 24 keeps the certificates of issuers to itself. */
export interface Peer {
  readonly certificate: X509Certificate | null;
  /** SHA-256, lower-case hex; null without a certificate. */
  readonly fingerprint: string | null;
  /** OpenSSL's verdict against the authorities of the connection's context: its error code, or null when it found none. */
  readonly chainError: string | null;
  readonly resumed: boolean;
}

/** For a connection made with rejectUnauthorized false; a server's with requestCert. */
export function readPeer(socket: TLSSocket): Peer {
  const certificate = socket.getPeerX509Certificate() ?? null;
  return {
    certificate,
    fingerprint: certificate && fingerprintOf(certificate.raw),
    chainError: socket.authorized ? null : chainErrorOf(socket),
    resumed: socket.isSessionReused(),
  };
}

function chainErrorOf(socket: TLSSocket): string {
  const reason: unknown = socket.authorizationError;
  if (reason instanceof Error && 'code' in reason) return String(reason.code);
  return String(reason);
}
