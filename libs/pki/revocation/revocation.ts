// Whether a certificate that OpenSSL took has been revoked since: our own layer, after the handshake, as Node's `crl` option
// wants a list of every authority, fails everybody when one is late, and knows no OCSP.
//
//   revocation.ts     what an edge asks: the standing of a certificate, by lists and responder
//   standing.ts       what can be known, and what follows from it (pure)
//   crl.ts            one list: read, and held against its issuer      crls.ts     those that are held
//   path.ts           from a certificate up to its root
//   sources.ts        where lists come from, again and again           fetch.ts    bytes, within limits
//   kept-lists.ts     lists that were fetched, for the next start      staple.ts   what a server says of its own certificate
//   fetch-elsewhere.ts  the same for an address that a certificate names
//   ocsp.ts           question and answer   ocsp-responder.ts  who may answer   ocsp-client.ts  asked, remembered
//   places.ts         how many are asked about at a time
import type { X509Certificate } from 'node:crypto';
import type { Revocation as Settings } from '../../events/trust-set.js';
import { Crls, type HeldCrl } from './crls.js';
import { KeptLists } from './kept-lists.js';
import { OcspClient } from './ocsp-client.js';
import { pathOf, type Link } from './path.js';
import { crlBytesMax, CrlSources, type SourceReport } from './sources.js';
import { faultOfStanding, together, worstOf, type ChainStanding, type Standing } from './standing.js';

export interface RevocationOptions {
  readonly settings: Settings;
  /** Trusted ones: lists are theirs, or nobody's. */
  readonly authorities: readonly X509Certificate[];
  /** For lists named `file:`; null: there is none. */
  readonly folder: string | null;
  /** Where lists that were fetched are kept; null: nowhere. */
  readonly keptIn: string | null;
  readonly heard: (report: SourceReport) => void;
  /** Told of a list that cannot be kept, or read again. */
  readonly notKept: (error: unknown) => void;
}

/** What was found of a chain, and what the policy makes of it. */
export interface RevocationFinding {
  /** Of its weakest link. */
  readonly standing: Standing;
  readonly parts: ChainStanding;
  readonly fault: 'revoked' | 'revocationUnknown' | null;
}

export class Revocation {
  readonly #crls: Crls;
  readonly #sources: CrlSources;
  readonly #ocsp: OcspClient | null;
  readonly #ended = new AbortController();

  constructor(private readonly options: RevocationOptions) {
    const { settings, authorities, folder, keptIn, heard, notKept } = options;
    const off = settings.policy === 'off';
    this.#crls = new Crls(authorities);
    const names = off ? [] : settings.crlUrls;
    const kept = new KeptLists({ dir: keptIn, bytesMax: crlBytesMax, fault: notKept });
    this.#sources = new CrlSources({ names, crls: this.#crls, folder, kept, heard });
    this.#ocsp =
      off || settings.ocspUrl === null ? null : new OcspClient(settings.ocspUrl, this.#ended.signal);
  }

  /** Of a certificate whose chain OpenSSL took, and of the authorities above it. */
  async judge(certificate: X509Certificate, now: Date): Promise<RevocationFinding> {
    const { policy } = this.options.settings;
    if (policy === 'off')
      return { standing: 'absent', parts: { device: 'absent', authority: null }, fault: null };
    // At the start the first answers of the sources are waited for, as a fetch may take.
    await this.#sources.tried;
    const [leaf, ...above] = pathOf(certificate, this.options.authorities);
    // Authorities are looked up in lists only, of their own issuers. That one is not there proves nothing: whoever is on the way
    // to it can hold it back, or bring another one instead.
    const device = leaf ? await this.#standingOfLeaf(leaf, now) : 'absent';
    const authorities = above.map((link) => this.#crls.standingOf(link.certificate, link.issuer, now));
    const standing = worstOf([device, ...authorities]);
    const authority = authorities.length === 0 ? null : worstOf(authorities);
    return { standing, parts: { device, authority }, fault: faultOfStanding(standing, policy) };
  }

  /** Lists that are held, the out-of-date among them. */
  lists(): readonly HeldCrl[] {
    return this.#crls.all();
  }

  /**
   * What keeps devices from being known as good, in sentences. A source that is away while its list is in force does not, nor
   * a responder that is away while lists speak for all; nor does an authority of which no list says anything, while devices
   * of another can be known: a bundle may have some that are of no use.
   */
  problems(now: Date): readonly string[] {
    const unanswered = this.#crls.speakForAll(now) ? null : (this.#ocsp?.problem ?? null);
    const stale = this.lists().filter(({ nextUpdate }) => nextUpdate <= now);
    const inForce = ({ list }: SourceReport): boolean => list !== null && list.nextUpdate > now;
    const sources = this.#sources.reports().filter((report) => report.problem !== null && !inForce(report));
    const missing = this.#sources.looked ? this.#missing(now, sources.length > 0) : [];
    return [
      ...missing,
      ...stale.map(
        ({ issuer, nextUpdate }) => `the CRL of ${issuer} is out of date since ${nextUpdate.toISOString()}`,
      ),
      ...sources.map(({ source, problem }) => `${source}: ${problem ?? ''}`),
      ...(unanswered === null ? [] : [`${this.options.settings.ocspUrl ?? ''}: ${unanswered}`]),
    ];
  }

  /** Authorities of which no list says anything, in sentences: their devices are not known as good. Once the sources were tried. */
  async unspoken(): Promise<readonly string[]> {
    await this.#sources.tried;
    return this.#ended.signal.aborted ? [] : this.#unspoken(new Date());
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#sources.stop();
  }

  async #standingOfLeaf({ certificate, issuer }: Link, now: Date): Promise<Standing> {
    const crl = this.#crls.standingOf(certificate, issuer, now);
    if (crl === 'revoked' || !this.#ocsp) return crl;
    return together(crl, await this.#ocsp.standingOf(certificate, issuer, now));
  }

  /** Lists that nobody has brought, and without which no device is known as good. @param failing a source says why itself */
  #missing(now: Date, failing: boolean): readonly string[] {
    if (this.#crls.speakForSome(this.#ocsp === null, now)) return [];
    const issuers = this.#ocsp || failing ? [] : this.#crls.silentIssuers();
    return [
      ...this.#unspoken(now),
      ...(issuers.length > 0 ? [`no list is held that speaks for devices: of ${issuers.join(' or ')}`] : []),
    ];
  }

  #unspoken(now: Date): readonly string[] {
    return this.#crls
      .unspokenFor(now)
      .map(
        ({ authority, issuer }) =>
          `no list of ${issuer} is held, which would say whether ${authority} was revoked`,
      );
  }
}
