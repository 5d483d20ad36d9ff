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
import { dnsNamesIn, faultOfLeaf } from './rfc5280.js';
import type { Revocation } from './revocation/revocation.js';
import type { ChainStanding } from './revocation/standing.js';

/** What the sentence for an operator or a device's log says. */
export const peerFaults = {
  noCertificate: 'mutual authentication is required, and no certificate was shown',
  sessionResumed: 'the session was resumed; connect anew',
  untrusted: 'the certificate does not lead to a trusted authority',
  badSignature: 'a signature in the chain of certificates is wrong',
  expired: 'the certificate, or an issuer of it, has expired',
  notYetValid: 'the certificate, or an issuer of it, is not valid yet',
  wrongPurpose: 'the certificate is not meant for this side of a connection, client or server authentication',
  weakKey: 'the certificate, or an issuer of it, has a weak key or a weak signature',
  badCertificate: 'the certificate, or an issuer of it, is not made as RFC 5280 says',
  serialMissing: 'the certificate names no serial number',
  serialMismatch: 'the certificate belongs to another serial number than the announced one',
  deviceCertificate:
    'only servers pass on: a full DNS name in the certificate, and nothing that could be a serial number',
  revoked: 'the certificate, or an issuer of it, was revoked',
  revocationUnknown: 'nobody can say now whether the certificate was revoked',
} as const;
export type PeerFault = keyof typeof peerFaults;

export type Verdict =
  /** `standing`: what is known of its revocation; null: nobody was asked. */
  | { readonly outcome: 'verified'; readonly standing: ChainStanding | null }
  | {
      readonly outcome: 'failed';
      readonly reason: PeerFault;
      readonly message: string;
      /** More may be known in a moment: it is worth another try. */
      readonly passing: boolean;
    };

/** How it is told who has lost the operator's trust; null: nobody is asked. */
export interface Trust {
  readonly revocation: Pick<Revocation, 'judge'> | null;
}

/** What a peer says it is. */
export type Claim =
  /** The device of this serial number: the certificate must be its own (R13, R36). */
  | { readonly device: string }
  /** The same, and it is the server of this connection: we have called it. */
  | { readonly called: string }
  /** A server that forwards: any with a full DNS name that could not be a device (R16). */
  | 'server';

const failed = (reason: PeerFault, detail?: string): Verdict & { readonly outcome: 'failed' } => ({
  outcome: 'failed',
  reason,
  message: detail === undefined ? peerFaults[reason] : `${peerFaults[reason]}: it ${detail}`,
  passing: false,
});
type Failed = ReturnType<typeof failed> | null;

export async function judgePeer(peer: Peer, claim: Claim, trust: Trust, now: Date): Promise<Verdict> {
  const { certificate } = peer;
  if (!certificate) return failed('noCertificate');
  const fault =
    faultOfConnection(peer) ??
    faultOfTime(certificate, now) ??
    faultOfContent(certificate, claim) ??
    faultOfProfile(certificate) ??
    (claim === 'server' ? faultOfForwarder(certificate) : null);
  if (fault) return fault;
  if (!trust.revocation) return { outcome: 'verified', standing: null };
  const { fault: lost, standing, parts } = await trust.revocation.judge(certificate, now);
  if (lost) return { ...failed(lost), passing: standing === 'unanswered' };
  return { outcome: 'verified', standing: parts };
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
const faultOfContent = (certificate: X509Certificate, claim: Claim): Failed =>
  reading(
    certificate,
    (fields) => faultOfPurpose(fields, claim) ?? faultOfBinding(certificate, fields, claim),
  );

function reading(certificate: X509Certificate, judge: (fields: CertificateFields) => Failed): Failed {
  try {
    return judge(fieldsOf(certificate));
  } catch (error) {
    if (error instanceof BadDer) return failed('badCertificate', `cannot be read: ${error.message}`);
    throw error;
  }
}

/** Of a server, certificates without any are common: RFC 5280 4.2.1.12 lets them be for all. */
function faultOfPurpose({ extensions }: CertificateFields, claim: Claim): Failed {
  const called = isCalled(claim);
  const wanted = called ? oids.serverAuth : oids.clientAuth;
  const purposes = extensionIn(extensions, oids.extendedKeyUsage);
  if (!purposes) return called ? null : failed('wrongPurpose');
  const list = DerReader.inside(purposes.value, tags.sequence);
  while (!list.done) if (oidOf(list.next(tags.oid)) === wanted) return null;
  return failed('wrongPurpose');
}

function faultOfBinding(certificate: X509Certificate, fields: CertificateFields, claim: Claim): Failed {
  if (claim === 'server') return null;
  const serial = isCalled(claim) ? claim.called : claim.device;
  const named = valuesIn(fields.subject, oids.serialNumber);
  // Of several none is it.
  const own = named.length === 1 ? named[0] : null;
  if (own?.toUpperCase() === serial || namesDns(certificate, serial)) return null;
  return failed(named.length === 0 ? 'serialMissing' : 'serialMismatch');
}

const isCalled = (claim: Claim): claim is { readonly called: string } =>
  claim !== 'server' && 'called' in claim;

function faultOfProfile(certificate: X509Certificate): Failed {
  const fault = faultOfLeaf(certificate);
  return fault && failed(fault.code, fault.message);
}

/** Serial numbers have no dots: a DNS name without one may be a device's, and its certificate just that. */
const faultOfForwarder = (certificate: X509Certificate): Failed =>
  reading(certificate, (fields) => {
    const names = dnsNamesIn(fields);
    const full = names.length > 0 && names.every((name) => name.includes('.'));
    return full && valuesIn(fields.subject, oids.serialNumber).length === 0
      ? null
      : failed('deviceCertificate');
  });

/** OpenSSL compares, whatever the spelling of the other names is. */
function namesDns(certificate: X509Certificate, name: string): boolean {
  return certificate.checkHost(name, { subject: 'never', wildcards: false }) !== undefined;
}
