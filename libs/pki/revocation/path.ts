// The way from a certificate to a trusted root by way of the operator's own authorities, once OpenSSL has taken it: for who
// must know the issuers. It proves nothing that OpenSSL has not proved, and where it finds no way, nothing follows.
import type { X509Certificate } from 'node:crypto';

export interface Link {
  readonly certificate: X509Certificate;
  readonly issuer: X509Certificate;
}

const depthMax = 8;
/** Signatures looked at. */
const checksMax = 24;

/** From the certificate up to and without the root; empty where none is found, as when an issuing authority is not among them. */
export function pathOf(certificate: X509Certificate, trusted: readonly X509Certificate[]): readonly Link[] {
  const links: Link[] = [];
  const budget = { checks: checksMax };
  for (let lower = certificate; links.length < depthMax;) {
    const issuer = issuerOf(lower, trusted, budget);
    if (!issuer || links.some((link) => link.certificate === issuer)) return [];
    links.push({ certificate: lower, issuer });
    if (isSelfIssued(issuer)) return links;
    lower = issuer;
  }
  return [];
}

/** By its signature, not by its name alone: an authority that goes over to a new key keeps its name. */
function issuerOf(
  lower: X509Certificate,
  candidates: readonly X509Certificate[],
  budget: { checks: number },
): X509Certificate | undefined {
  return candidates.find(
    (candidate) => lower.checkIssued(candidate) && budget.checks-- > 0 && lower.verify(candidate.publicKey),
  );
}

/** An authority that is a root itself, or was signed by one of the others. One whose key cannot be read is neither. */
export function leadsToRoot(authority: X509Certificate, trusted: readonly X509Certificate[]): boolean {
  try {
    return isSelfIssued(authority)
      ? authority.verify(authority.publicKey) || pathOf(authority, trusted).length > 0
      : pathOf(authority, trusted).length > 0;
  } catch {
    return false;
  }
}

const isSelfIssued = (certificate: X509Certificate): boolean => certificate.subject === certificate.issuer;

/** What a certificate is shown with: the authorities above it, without the root, as far as they are among `known`. */
export const leadingTo = (
  certificate: X509Certificate,
  known: readonly X509Certificate[],
): readonly X509Certificate[] =>
  pathOf(certificate, known).flatMap(({ issuer }) => (isSelfIssued(issuer) ? [] : [issuer]));
