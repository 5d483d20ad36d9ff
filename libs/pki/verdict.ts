// The one decision about a certificate at the other end of a connection: from the certificate, each time. OpenSSL inside Node
// judges chains, signatures and dates; what RFC 5280 asks besides, revocation, purpose, freshness of the session and the
// binding to a device are our own layer on top.
import type { X509Certificate } from 'node:crypto';
import { oids } from './der/oids.js';
import { BadDer, DerReader, oidOf } from './der/read.js';
import { tags } from './der/tags.js';
import { extensionIn, fieldsOf, type CertificateFields } from './fields.js';
import { valuesIn } from './names.js';
import type { Peer } from './peer.js';
import { faultOfLeaf } from './rfc5280.js';
import type { Revocation } from './revocation/revocation.js';
import type { Standing } from './revocation/standing.js';

/** What the sentence for an operator or a device's log says. */
export const peerFaults = {
  noCertificate: 'mutual authentication is required, and no certificate was shown',
  sessionResumed: 'the session was resumed; connect anew',
  untrusted: 'the certificate does not lead to a trusted authority',
  badSignature: 'a signature in the chain of certificates is wrong',
  expired: 'the certificate, or an issuer of it, has expired',
  notYetValid: 'the certificate, or an issuer of it, is not valid yet',
  wrongPurpose: 'the certificate is not meant for client authentication',
  weakKey: 'the certificate, or an issuer of it, has a weak key or a weak signature',
  badCertificate: 'the certificate, or an issuer of it, is not made as RFC 5280 says',
  serialMissing: 'the certificate names no serial number',
  serialMismatch: 'the certificate belongs to another serial number than the announced one',
  deviceCertificate: 'a device may announce itself only, and its certificate is a device certificate',
  revoked: 'the certificate, or an issuer of it, was revoked',
  revocationUnknown: 'nobody can say now whether the certificate was revoked',
} as const;
export type PeerFault = keyof typeof peerFaults;

export type Verdict =
  /** `standing`: what is known of its revocation; null: nobody was asked. */
  | { readonly outcome: 'verified'; readonly standing: Standing | null }
  | { readonly outcome: 'failed'; readonly reason: PeerFault; readonly message: string };

/** How it is told who has lost the operator's trust; null: nobody is asked. */
export interface Trust {
  readonly revocation: Pick<Revocation, 'judge'> | null;
}

/** What a peer says it is. */
export type Claim =
  /** The device of this serial number: the certificate must be its own (R13, R36). */
  | { readonly device: string }
  /** A server that forwards: any but a device with its own certificate (R16). */
  | 'server';

const failed = (reason: PeerFault, detail?: string): Verdict & { readonly outcome: 'failed' } => ({
  outcome: 'failed',
  reason,
  message: detail === undefined ? peerFaults[reason] : `${peerFaults[reason]}: it ${detail}`,
});
type Failed = ReturnType<typeof failed> | null;

export async function judgePeer(peer: Peer, claim: Claim, trust: Trust, now: Date): Promise<Verdict> {
  const { certificate } = peer;
  if (!certificate) return failed('noCertificate');
  const fault =
    faultOfConnection(peer) ??
    faultOfTime(certificate, now) ??
    faultOfContent(certificate, claim) ??
    faultOfProfile(certificate);
  if (fault) return fault;
  if (!trust.revocation) return { outcome: 'verified', standing: null };
  const found = await trust.revocation.judge(certificate, now);
  return found.fault ? failed(found.fault) : { outcome: 'verified', standing: found.standing };
}

function faultOfConnection({ resumed, chainError, certificate }: Peer): Failed {
  if (resumed) return failed('sessionResumed');
  if (chainError === null) return null;
  const reason = faultsByCode[chainError];
  if (reason) return failed(reason);
  // Weakness is an error of OpenSSL's that Node has no name for.
  const weak = certificate && faultOfLeaf(certificate)?.code === 'weakKey';
  return failed(weak ? 'weakKey' : 'untrusted');
}

const faultsByCode: Readonly<Record<string, PeerFault>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'notYetValid',
  INVALID_PURPOSE: 'wrongPurpose',
  CERT_SIGNATURE_FAILURE: 'badSignature',
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: 'badSignature',
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 'badSignature',
};

/** OpenSSL looked at the dates during the handshake; the connection may be older than that by now. */
function faultOfTime({ validFromDate, validToDate }: X509Certificate, now: Date): Failed {
  if (validToDate < now) return failed('expired');
  return validFromDate > now ? failed('notYetValid') : null;
}

/** Read by us: what Node makes of a certificate for it costs more than all else here. */
function faultOfContent(certificate: X509Certificate, claim: Claim): Failed {
  try {
    const fields = fieldsOf(certificate);
    return faultOfPurpose(fields) ?? faultOfBinding(certificate, fields, claim);
  } catch (error) {
    if (error instanceof BadDer) return failed('badCertificate', `cannot be read: ${error.message}`);
    throw error;
  }
}

function faultOfPurpose({ extensions }: CertificateFields): Failed {
  const purposes = extensionIn(extensions, oids.extendedKeyUsage);
  if (!purposes) return failed('wrongPurpose');
  const list = DerReader.inside(purposes.value, tags.sequence);
  while (!list.done) if (oidOf(list.next(tags.oid)) === oids.clientAuth) return null;
  return failed('wrongPurpose');
}

function faultOfBinding(certificate: X509Certificate, fields: CertificateFields, claim: Claim): Failed {
  const named = valuesIn(fields.subject, oids.serialNumber);
  if (claim === 'server') return named.length === 0 ? null : failed('deviceCertificate');
  // Of several none is it.
  const own = named.length === 1 ? named[0] : null;
  if (own?.toUpperCase() === claim.device || namesDns(certificate, claim.device)) return null;
  return failed(named.length === 0 ? 'serialMissing' : 'serialMismatch');
}

function faultOfProfile(certificate: X509Certificate): Failed {
  const fault = faultOfLeaf(certificate);
  return fault && failed(fault.code, fault.message);
}

/** OpenSSL compares, whatever the spelling of the other names is. */
function namesDns(certificate: X509Certificate, name: string): boolean {
  return certificate.checkHost(name, { subject: 'never', wildcards: false }) !== undefined;
}
