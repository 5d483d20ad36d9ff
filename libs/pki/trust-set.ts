// Whether the certificates of a trust set can be trusted together (R82, R83): looked at when an operator gives them, and said
// in words what is wrong. Which chains of devices lead to them is OpenSSL's to judge.
import { X509Certificate } from 'node:crypto';
import { authoritiesIn, blocksIn, UnreadableAuthorities } from './authorities.js';
import { inOneLine, subjectOf } from './certificate.js';
import { oids } from './der/oids.js';
import { faultOfAuthority } from './rfc5280.js';

const faultsMax = 10;
const purposes = new Set<string>([oids.serverAuth, oids.clientAuth, oids.anyExtendedKeyUsage]);

/**
 * Faults in sentences, the first of them; empty when all is well.
 * @param kind chain: each certificate is followed by its issuer, the last one is a root. bundle: roots in any order, of which
 *   `restricted` leaves some.
 */
export function trustSetFaults(pem: string, kind: 'chain' | 'bundle', now: Date): readonly string[] {
  try {
    return (kind === 'chain' ? faultsOfChain(pem, now) : faultsOfBundle(pem, now)).slice(0, faultsMax);
  } catch (error) {
    if (error instanceof UnreadableAuthorities) return [error.message];
    throw error;
  }
}

function faultsOfChain(pem: string, now: Date): readonly string[] {
  const certificates = authoritiesIn(pem).map((text) => new X509Certificate(text));
  return [
    ...certificates.flatMap((certificate, index) => faultsOfOne(certificate, index, now)),
    ...certificates.flatMap((each, index) => faultsOfLink(each, certificates[index + 1], index)),
  ];
}

function faultsOfBundle(pem: string, now: Date): readonly string[] {
  const judged = judgedIn(pem, now);
  return judged.some(({ fault }) => fault === null) ? [] : judged.flatMap(({ fault }) => fault ?? []);
}

export interface Restricted {
  /** PEM of those that can be trusted. */
  readonly authorities: string;
  /** Of each other one, which it is and why it was dropped. */
  readonly dropped: readonly string[];
}

/**
 * A bundle without what must not be trusted (R83): public ones hold roots that have expired, serve other purposes, or are made
 * as RFC 5280 forbids, and are of use all the same. Untouched where nothing would be left: `trustSetFaults` says why.
 */
export function restricted(pem: string, now: Date): Restricted {
  if (trustSetFaults(pem, 'bundle', now).length > 0) return { authorities: pem, dropped: [] };
  const judged = judgedIn(pem, now);
  const dropped = judged.flatMap(({ fault }) => fault ?? []);
  if (dropped.length === 0) return { authorities: pem, dropped };
  const sound = judged.flatMap(({ text, fault }) => (fault === null ? [`${text}\n`] : []));
  return { authorities: sound.join(''), dropped };
}

interface Judged {
  readonly text: string;
  readonly fault: string | null;
}

const judgedIn = (pem: string, now: Date): readonly Judged[] =>
  blocksIn(pem).map((text, index) => ({ text, fault: faultOfBlock(text, index, now) }));

function faultOfBlock(text: string, index: number, now: Date): string | null {
  const certificate = readable(text);
  if (!certificate) return `certificate ${index + 1} cannot be read`;
  return faultsOfOne(certificate, index, now)[0] ?? null;
}

function readable(text: string): X509Certificate | null {
  try {
    return new X509Certificate(text);
  } catch {
    return null;
  }
}

/** How many of them are no roots, and could be revoked. 0 where they cannot be read. */
export function issuingIn(pem: string): number {
  try {
    return authoritiesIn(pem).filter((text) => !isSelfIssued(new X509Certificate(text))).length;
  } catch (error) {
    if (error instanceof UnreadableAuthorities) return 0;
    throw error;
  }
}

const isSelfIssued = ({ subject, issuer }: X509Certificate): boolean => subject === issuer;

const named = (certificate: X509Certificate, index: number): string =>
  `certificate ${index + 1} (${subjectOf(certificate)})`;

function faultsOfOne(certificate: X509Certificate, index: number, now: Date): readonly string[] {
  const fault = faultOfAuthority(certificate);
  if (fault) return [`${named(certificate, index)} ${fault.message}`];
  if (certificate.validToDate < now)
    return [`${named(certificate, index)} has expired on ${certificate.validTo}`];
  const usage = certificate.keyUsage as readonly string[] | undefined;
  return usage && !usage.some((purpose) => purposes.has(purpose))
    ? [`${named(certificate, index)} is trusted for other purposes than TLS, see its extended key usage`]
    : [];
}

/** R82: issuer name = next subject, signature verified with the next key; and nothing above the last one. */
function faultsOfLink(
  certificate: X509Certificate,
  next: X509Certificate | undefined,
  index: number,
): readonly string[] {
  if (!next) return faultsOfLast(certificate, index);
  const above = `certificate ${index + 2}`;
  if (certificate.issuer !== next.subject) {
    return [
      `${named(certificate, index)} was issued by ${inOneLine(certificate.issuer)}, and ${above} is ${subjectOf(next)}`,
    ];
  }
  return certificate.verify(next.publicKey)
    ? []
    : [`${named(certificate, index)} was not signed with the key of ${above}`];
}

/** Node's TLS server trusts an issuing authority together with its root only. */
function faultsOfLast(certificate: X509Certificate, index: number): readonly string[] {
  if (!isSelfIssued(certificate)) {
    return [
      `${named(certificate, index)} is no root: the certificate of its issuer, ${inOneLine(certificate.issuer)}, must follow`,
    ];
  }
  return certificate.verify(certificate.publicKey)
    ? []
    : [`${named(certificate, index)} is no root: it is not signed with its own key`];
}
