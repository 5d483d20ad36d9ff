// The certificate at the other end of a TLS connection, and the verdict on it. OpenSSL inside Node judges chains, signatures
// and dates; purpose, freshness of the session and the binding to a device are our own layer on top. Revocation is not
// judged yet.
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { fingerprintOf } from './certificate.js';

/** What a connection showed, read once after its handshake. */
export interface Peer {
  readonly certificate: X509Certificate | null;
  /** SHA-256, lower-case hex; null without a certificate. */
  readonly fingerprint: string | null;
  /** OpenSSL's verdict against the authorities of the connection's context: its error code, or null when it found none. */
  readonly chainError: string | null;
  readonly resumed: boolean;
}

export type PeerFault =
  | 'noCertificate'
  | 'sessionResumed'
  | 'untrusted'
  | 'expired'
  | 'notYetValid'
  | 'wrongPurpose'
  | 'serialMissing'
  | 'serialMismatch'
  | 'deviceCertificate';

/** What the sentence for an operator or a device's log says. */
export const peerFaults: Readonly<Record<PeerFault, string>> = {
  noCertificate: 'mutual authentication is required, and no certificate was shown',
  sessionResumed: 'the session was resumed; connect anew',
  untrusted: 'the certificate does not lead to a trusted authority',
  expired: 'the certificate, or an issuer of it, has expired',
  notYetValid: 'the certificate, or an issuer of it, is not valid yet',
  wrongPurpose: 'the certificate is not meant for client authentication',
  serialMissing: 'the certificate names no serial number',
  serialMismatch: 'the certificate belongs to another serial number than the announced one',
  deviceCertificate: 'a device may announce itself only, and its certificate is a device certificate',
};

export type Verdict =
  { readonly outcome: 'verified' } | { readonly outcome: 'failed'; readonly reason: PeerFault };

const verified: Verdict = { outcome: 'verified' };
const failed = (reason: PeerFault): Verdict => ({ outcome: 'failed', reason });

/** For a server's connection made with requestCert and rejectUnauthorized false. */
export function readPeer(socket: TLSSocket): Peer {
  const certificate = socket.getPeerX509Certificate() ?? null;
  return {
    certificate,
    fingerprint: certificate && fingerprintOf(certificate.raw),
    chainError: socket.authorized ? null : chainErrorOf(socket),
    resumed: socket.isSessionReused(),
  };
}

/** The device that announces `serial`: chain, dates, purpose, and that the certificate is that device's own (R13, R36). */
export function judgeDevice(peer: Peer, serial: string, now: Date): Verdict {
  const verdict = judgeClient(peer, now);
  if (verdict.outcome === 'failed' || !peer.certificate) return verdict;
  const named = serialOf(peer.certificate);
  if (named?.toUpperCase() === serial || namesDns(peer.certificate, serial)) return verified;
  return failed(named === null ? 'serialMissing' : 'serialMismatch');
}

/** A server that forwards: the same but the binding, and it must not be some device with its own certificate (R16). */
export function judgePrimary(peer: Peer, now: Date): Verdict {
  const verdict = judgeClient(peer, now);
  if (verdict.outcome === 'failed' || !peer.certificate) return verdict;
  return serialOf(peer.certificate) === null ? verified : failed('deviceCertificate');
}

function judgeClient({ certificate, chainError, resumed }: Peer, now: Date): Verdict {
  if (!certificate) return failed('noCertificate');
  if (resumed) return failed('sessionResumed');
  if (chainError !== null) return failed(faultsByCode[chainError] ?? 'untrusted');
  // OpenSSL looked at the dates during the handshake; the connection may be older than that by now.
  if (certificate.validToDate < now) return failed('expired');
  if (certificate.validFromDate > now) return failed('notYetValid');
  if (!certificate.keyUsage?.includes(clientAuth)) return failed('wrongPurpose');
  return verified;
}

const clientAuth = '1.3.6.1.5.5.7.3.2';
const faultsByCode: Readonly<Record<string, PeerFault>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'notYetValid',
  INVALID_PURPOSE: 'wrongPurpose',
};

/** The subject's serialNumber; null when it has none, or several (then none of them is it). */
function serialOf(certificate: X509Certificate): string | null {
  const subject: Record<string, unknown> = { ...certificate.toLegacyObject().subject };
  const { serialNumber } = subject;
  if (serialNumber === undefined) return null;
  return typeof serialNumber === 'string' ? serialNumber : '';
}

/** OpenSSL compares, whatever the spelling of the other names is. */
function namesDns(certificate: X509Certificate, name: string): boolean {
  return certificate.checkHost(name, { subject: 'never', wildcards: false }) !== undefined;
}

function chainErrorOf(socket: TLSSocket): string {
  const reason: unknown = socket.authorizationError;
  if (reason instanceof Error && 'code' in reason) return String(reason.code);
  return String(reason);
}
