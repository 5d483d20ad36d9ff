// A client's decision about a server whose chain and name OpenSSL took (R6): what RFC 5280 asks besides, and whether it was
// revoked since. Asked is who the certificates name, as nobody configures a device: the addresses are the words of an
// authority that the device was told to trust. What the server brings along (a stapled answer) spares the question.
import { randomBytes, X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { Revocation } from '../events/trust-set.js';
import { listAddresses, responderAddresses } from './addresses.js';
import { BadDer } from './der/read.js';
import { faultOfAuthority, faultOfLeaf } from './rfc5280.js';
import { Crls } from './revocation/crls.js';
import { RefusedCrl } from './revocation/crl.js';
import { fetchBytes, NotFetched } from './revocation/fetch.js';
import { askAbout, readAnswer, RefusedOcsp } from './revocation/ocsp.js';
import { OcspClient } from './revocation/ocsp-client.js';
import { pathOf, type Link } from './revocation/path.js';
import { faultOfStanding, together, worstOf, type Standing } from './revocation/standing.js';

/** What a connection to a server showed. */
export interface ShownServer {
  readonly certificate: X509Certificate;
  /** The authorities above it, up to a root. */
  readonly issuers: readonly X509Certificate[];
  /** The OCSP answer that it stapled to its certificate (RFC 6066 8). */
  readonly staple: Uint8Array | null;
}

const chainMax = 10;

/** Of a connection to a server, as OpenSSL built its chain, up to the root; null: it showed no certificate. */
export function shownBy(socket: TLSSocket, staple: Uint8Array | null): ShownServer | null {
  const chain: X509Certificate[] = [];
  let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (at && Buffer.isBuffer(at.raw) && chain.length < chainMax) {
    chain.push(new X509Certificate(at.raw));
    const above: DetailedPeerCertificate | undefined = at.issuerCertificate;
    at = above === at ? undefined : above;
  }
  const [certificate, ...issuers] = chain;
  return certificate ? { certificate, issuers, staple } : null;
}

export interface Asking {
  /** hard: who cannot be found to be good is refused. A certificate that names nobody to ask is not to be asked about. */
  readonly policy: Revocation['policy'];
  readonly signal: AbortSignal;
  readonly now: Date;
}

/** For all questions: a gateway waits for 10 s until something is said. */
const allMs = 8_000;
const limitMs = 4_000;
const listBytesMax = 8 * 1024 * 1024;

/** Why the server must not be trusted, in words that follow "the server is not trusted: "; null: nothing is against it. */
export async function faultOfServer(shown: ShownServer, by: Asking): Promise<string | null> {
  const asking = { ...by, signal: AbortSignal.any([by.signal, AbortSignal.timeout(allMs)]) };
  try {
    const fault = faultOfLeaf(shown.certificate);
    if (fault) return `its certificate ${fault.message}`;
    const above = shown.issuers.map(faultOfAuthority).find((each) => each !== null);
    if (above) return `an issuer of its certificate ${above.message}`;
    if (asking.policy === 'off') return null;
    const links = pathOf(shown.certificate, shown.issuers);
    const asked = links.map((link, depth) =>
      standingOf(link, depth === 0 ? shown : { ...shown, staple: null }, asking),
    );
    const known = (await Promise.all(asked)).filter((standing) => standing !== null);
    const standing = links.length === 0 ? 'absent' : known.length === 0 ? 'good' : worstOf(known);
    const verdict = faultOfStanding(standing, asking.policy);
    return verdict === null ? null : sentences[verdict];
  } catch (error) {
    if (error instanceof BadDer) return `its certificate cannot be read: ${error.message}`;
    throw error;
  }
}

const sentences = {
  revoked: 'its certificate, or an issuer of it, was revoked',
  revocationUnknown: 'nobody can say now whether its certificate was revoked',
} as const;

/** Null: the certificate names nobody who could be asked. Throws BadDer. */
async function standingOf(link: Link, shown: ShownServer, asking: Asking): Promise<Standing | null> {
  const stapled = byStaple(link, shown.staple, asking.now);
  if (stapled === 'good' || stapled === 'revoked') return stapled;
  const responders = responderAddresses(link.certificate);
  const lists = listAddresses(link.certificate);
  if (responders.length + lists.length === 0) return null;
  let standing: Standing = 'absent';
  for (const address of responders) {
    const client = new OcspClient(address, asking.signal);
    standing = together(standing, await client.standingOf(link.certificate, link.issuer, asking.now));
    if (standing === 'good' || standing === 'revoked') return standing;
  }
  for (const address of lists) {
    standing = together(await byList(link, address, shown.issuers, asking), standing);
    if (standing === 'good' || standing === 'revoked') return standing;
  }
  return standing;
}

function byStaple(link: Link, staple: Uint8Array | null, now: Date): Standing {
  if (!staple) return 'absent';
  try {
    const question = { ...askAbout(link.certificate, link.issuer, randomBytes(32)), nonce: null };
    return readAnswer(staple, question, now).standing;
  } catch (error) {
    if (error instanceof RefusedOcsp) return 'absent';
    throw error;
  }
}

async function byList(
  { certificate, issuer }: Link,
  address: string,
  authorities: readonly X509Certificate[],
  { signal, now }: Asking,
): Promise<Standing> {
  try {
    const { bytes } = await fetchBytes(address, { limitMs, bytesMax: listBytesMax, signal });
    const crls = new Crls(authorities);
    crls.take(bytes ?? new Uint8Array(), now);
    return crls.standingOf(certificate, issuer, now);
  } catch (error) {
    if (error instanceof NotFetched || error instanceof RefusedCrl) return 'absent';
    throw error;
  }
}
