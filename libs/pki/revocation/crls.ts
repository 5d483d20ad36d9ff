// The lists that are held: for each issuer and key the one with the highest number.
import type { X509Certificate } from 'node:crypto';
import { subjectOf } from '../certificate.js';
import { fieldsOf } from '../fields.js';
import { canonicalIssuerOf, canonicalSubjectOf } from '../names.js';
import { leadsToRoot, pathOf, type Link } from './path.js';
import { readCrl, RefusedCrl, type Crl } from './crl.js';
import type { Standing } from './standing.js';

interface Held {
  readonly crl: Crl;
  /** Public key of the signer, to tell apart authorities of one name. */
  readonly key: string;
}

/** Who issues devices' certificates, and the way from there to a root. */
interface Lowest {
  readonly issuer: X509Certificate;
  readonly above: readonly Link[];
}

/** What an operator wants to know of a list. */
export interface HeldCrl {
  readonly issuer: string;
  readonly number: string;
  readonly nextUpdate: Date;
  readonly revoked: number;
}

export class Crls {
  readonly #held = new Map<string, Held>();

  readonly #authorities: readonly X509Certificate[];
  /** Those that issued no other one of them: devices' certificates are theirs. */
  readonly #lowest: readonly Lowest[];
  /** Those that are no roots, with who has issued them. */
  readonly #issued: readonly Link[];

  /** @param authorities who may have signed lists: the trusted ones, and of those none that only says it is one of theirs */
  constructor(authorities: readonly X509Certificate[]) {
    this.#authorities = authorities.filter((authority) => leadsToRoot(authority, authorities));
    const issued = this.#authorities.filter(({ subject, issuer }) => subject !== issuer);
    this.#issued = issued.flatMap((authority) => pathOf(authority, authorities).slice(0, 1));
    this.#lowest = this.#authorities
      .filter((authority) => !issued.some((other) => other !== authority && other.checkIssued(authority)))
      .map((issuer) => ({ issuer, above: issued.includes(issuer) ? pathOf(issuer, authorities) : [] }));
  }

  /** Reads a list and puts it in force. Throws RefusedCrl; then what was there holds on. */
  take(bytes: Uint8Array, now: Date): HeldCrl {
    const crl = readCrl(bytes, this.#authorities);
    if (crl.thisUpdate > now) throw new RefusedCrl('notYetValid');
    const key = keyOf(crl.signer);
    const place = `${key} ${crl.issuer}`;
    const before = this.#held.get(place);
    if (before && before.crl.number > crl.number) throw new RefusedCrl('older');
    const held = { crl, key };
    this.#held.set(place, held);
    return described(held);
  }

  /** What the lists say of a certificate that `issuer` has signed. */
  standingOf(certificate: X509Certificate, issuer: X509Certificate, now: Date): Standing {
    const { serial } = fieldsOf(certificate);
    const lists = this.#speakingFor(canonicalIssuerOf(certificate), issuer);
    if (lists.some(({ crl }) => crl.revoked.has(serial))) return 'revoked';
    if (lists.some((held) => inForce(held, now))) return 'good';
    return lists.length > 0 ? 'stale' : 'absent';
  }

  /** A list in force speaks for whatever device: nobody else need be asked. */
  speakForAll(now: Date): boolean {
    return this.#lowest.every(({ issuer }) =>
      this.#speakingFor(canonicalSubjectOf(issuer), issuer).some((held) => inForce(held, now)),
    );
  }

  /** Authorities, not roots, of whom no list says anything, and whose list would. */
  unspokenFor(now: Date): readonly { readonly authority: string; readonly issuer: string }[] {
    return this.#issued
      .filter(({ certificate, issuer }) => this.standingOf(certificate, issuer, now) === 'absent')
      .map(({ certificate, issuer }) => ({ authority: subjectOf(certificate), issuer: subjectOf(issuer) }));
  }

  /**
   * Somebody's devices can be known as good, as far as lists were ever brought: of a bundle, the authorities that publish none stop
   * nobody else. @param byLists without a responder: an issuer needs a list of its own as well
   */
  speakForSome(byLists: boolean, now: Date): boolean {
    return this.#lowest.some(({ issuer, above }) => {
      const spoken = above.every((link) => this.standingOf(link.certificate, link.issuer, now) !== 'absent');
      return spoken && (!byLists || this.#speakingFor(canonicalSubjectOf(issuer), issuer).length > 0);
    });
  }

  /** Some of those who issue devices' certificates, when there is a list of none of them. */
  silentIssuers(): readonly string[] {
    const heard = this.#lowest.some(
      ({ issuer }) => this.#speakingFor(canonicalSubjectOf(issuer), issuer).length > 0,
    );
    return heard ? [] : this.#lowest.slice(0, 3).map(({ issuer }) => subjectOf(issuer));
  }

  all(): readonly HeldCrl[] {
    return [...this.#held.values()].map(described);
  }

  /**
   * Signed by the key that signed the certificate; without one, by another key of the same name, which is how an authority
   * signs lists with a key of their own, or goes over to a new key.
   */
  #speakingFor(name: string | null, issuer: X509Certificate): readonly Held[] {
    const named = [...this.#held.values()].filter(({ crl }) => crl.issuer === name);
    const key = keyOf(issuer);
    const own = named.filter((held) => held.key === key);
    return own.length > 0 ? own : named.filter((held) => !this.#isRevoked(held.crl.signer));
  }

  /** A signer that the lists of its own issuer name speaks for nobody. */
  #isRevoked(signer: X509Certificate): boolean {
    const name = canonicalIssuerOf(signer);
    const { serial } = fieldsOf(signer);
    return [...this.#held.values()].some(({ crl }) => crl.issuer === name && crl.revoked.has(serial));
  }
}

const inForce = ({ crl }: Held, now: Date): boolean => crl.nextUpdate > now;

const keyOf = ({ publicKey }: X509Certificate): string =>
  publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

const described = ({ crl }: Held): HeldCrl => ({
  issuer: subjectOf(crl.signer),
  number: crl.number.toString(),
  nextUpdate: crl.nextUpdate,
  revoked: crl.revoked.size,
});
