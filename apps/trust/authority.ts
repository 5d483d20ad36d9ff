// The authority at work: it issues, revokes and publishes. Each of these is one transaction of its books.
import type { KeyObject, X509Certificate } from 'node:crypto';
import { parseAlternativeNames, type AlternativeName } from '#pki/authority/alternative-names';
import { type Addresses, issue, type Issuer } from '#pki/authority/issue';
import { namesFor, type Profile } from '#pki/authority/profile';
import { makeList, type RevocationReason } from '#pki/authority/revocation-list';
import type { Subject } from '#pki/authority/subject';
import { backdated, type Validity } from '#pki/certificate';
import type { Books } from './books.js';
import { TrustFault } from './fault.js';
import {
  bySerial,
  type Issued,
  type IssuerName,
  markRevoked,
  ofDevice,
  record,
  revokedBy,
} from './issued.js';
import { openIssuer } from './keys.js';
import { endSecrets } from './secrets.js';

/** How long a list holds: the process makes the next when half of it is over. The root's key is rarely at hand. */
const listHoldsMs: Readonly<Record<IssuerName, number>> = { issuing: 24 * 3_600_000, root: 180 * 86_400_000 };

export interface Wanted {
  readonly profile: Profile;
  readonly subject: Subject;
  readonly names: readonly AlternativeName[];
  readonly publicKey: KeyObject;
  readonly validity: Validity;
}

export interface PublishedList {
  readonly der: Buffer;
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/** What a revocation did. */
export interface Revoked {
  readonly certificates: readonly Issued[];
  /** How many their device has in force still. */
  readonly others: number;
  /** The device that has no certificate in force any more by it; null: it has, had none before, or it was no device's. */
  readonly device: string | null;
  /** User names of the secrets of that device to enrol, which ended with it. */
  readonly secrets: readonly string[];
}

export class TrustAuthority {
  readonly #opened = new Map<IssuerName, Issuer>();

  /** Throws AuthorityFault, TrustFault. */
  constructor(
    private readonly dir: string,
    private readonly books: Books,
    private readonly passphrase: string,
  ) {}

  /** The issuing authority, with its key. */
  get issuer(): Issuer {
    return this.#issuer('issuing');
  }

  /** Certified, and in the books before anybody gets it. Throws AuthorityFault, TrustFault. */
  issue(wanted: Wanted): X509Certificate {
    const addresses = addressesOf(this.books);
    const certificate = issue(this.issuer, { ...wanted, addresses });
    const names = namesFor(wanted.profile, wanted.subject, wanted.names);
    record(this.books, certificate, {
      issuer: 'issuing',
      profile: wanted.profile,
      subject: wanted.subject,
      names,
    });
    return certificate;
  }

  /**
   * On the list when it returns. With the last certificate that a device has in force its secrets to enrol end, or it would undo
   * that itself; not with one that was over: the secret may be what the device is to come back by. Throws AuthorityFault, TrustFault.
   */
  revoke(serial: string, reason: RevocationReason): Revoked {
    const issuer = this.#issuer(bySerial(this.books, serial)?.issuer ?? 'issuing');
    return this.books.transaction(() => {
      const at = new Date();
      const revoked = markRevoked(this.books, serial, { at, reason });
      publish(this.books, revoked.issuer, issuer);
      const others = revoked.device === null ? 0 : ofDevice(this.books, revoked.device, at).length;
      const device = others === 0 && revoked.until > at ? revoked.device : null;
      const secrets = device === null ? [] : endSecrets(this.books, device, at);
      return { certificates: [revoked], others, device, secrets };
    });
  }

  /** All that it has in force, and its secrets to enrol: nothing is given to it in between. Throws AuthorityFault, TrustFault. */
  revokeDevice(device: string, reason: RevocationReason): Revoked {
    return this.books.transaction(() => {
      const at = new Date();
      const secrets = endSecrets(this.books, device, at);
      const held = ofDevice(this.books, device, at);
      if (held.length + secrets.length === 0)
        throw new TrustFault(
          'unknownCertificate',
          `no certificate of the device ${device} is in force, and no secret of its own lets it enrol`,
        );
      const certificates = held.map(({ serial }) => markRevoked(this.books, serial, { at, reason }));
      const issuers = new Set(certificates.map(({ issuer }) => issuer));
      for (const name of issuers) publish(this.books, name, this.#issuer(name));
      return { certificates, others: 0, device, secrets };
    });
  }

  /** A new list, with a higher number. Throws AuthorityFault, TrustFault. */
  publish(name: IssuerName): PublishedList {
    const issuer = this.#issuer(name);
    return this.books.transaction(() => publish(this.books, name, issuer));
  }

  #issuer(name: IssuerName): Issuer {
    const opened = this.#opened.get(name) ?? openIssuer(this.dir, name, this.passphrase);
    if (opened) {
      // To open it takes a tenth of a second.
      this.#opened.set(name, opened);
      return opened;
    }
    throw new TrustFault(
      'noAuthority',
      `the key of the ${name} authority is not in ${this.dir}: bring it back for this`,
    );
  }
}

/** To be called inside a transaction. */
export function publish(books: Books, name: IssuerName, issuer: Issuer): PublishedList {
  const now = new Date();
  const number = (newestList(books, name)?.number ?? 0) + 1;
  const thisUpdate = backdated(now);
  const nextUpdate = new Date(now.getTime() + listHoldsMs[name]);
  const der = makeList(issuer, { number, thisUpdate, nextUpdate, revoked: revokedBy(books, name) });
  books.run(
    `insert into list values (?, ?, ?, ?, ?) on conflict (issuer) do update set number = excluded.number,
       der = excluded.der, this_ms = excluded.this_ms, next_ms = excluded.next_ms`,
    name,
    number,
    der,
    thisUpdate.getTime(),
    nextUpdate.getTime(),
  );
  return { der, number, thisUpdate, nextUpdate };
}

export function newestList(books: Books, name: IssuerName): PublishedList | null {
  const row = books.one('select * from list where issuer = ?', name);
  const der = row?.['der'];
  if (!row || !(der instanceof Uint8Array)) return null;
  return {
    der: Buffer.from(der),
    number: Number(row['number']),
    thisUpdate: new Date(Number(row['this_ms'])),
    nextUpdate: new Date(Number(row['next_ms'])),
  };
}

/** Where the process publishes, as it is written into certificates; null: nobody said where. */
export function addressesOf(books: Books): Addresses | null {
  const base = books.fact('url');
  if (base === null) return null;
  return { list: `${base}/issuing.crl`, ocsp: `${base}/ocsp`, issuer: `${base}/issuing.cer` };
}

/** Of text that was typed, or that a secret allows. Throws AuthorityFault. */
export const namesIn = (text: string | undefined): readonly AlternativeName[] =>
  parseAlternativeNames(text ?? '');
