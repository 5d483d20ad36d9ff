// The way to console: every few seconds the process says what it has and hears what operators want. It goes out and nobody
// comes in; what it hears are wishes: that a certificate be revoked, which keys gateways have, and those of wishes.ts.
import {
  authorityAnswer,
  type AuthorityAnswer,
  type AuthorityReport,
  exchangePath,
} from '#pki/authority/exchange';
import type { WishKind, WishOutcome } from '#pki/authority/wish';
import { messageOf } from '#events/message-of';
import { fingerprintOf } from '#pki/certificate';
import type { Log } from '#runtime/log';
import { addressesOf, newestList, type TrustAuthority } from '../authority.js';
import type { Books } from '../books.js';
import { TrustFault } from '../fault.js';
import { gateways, noteGateways } from '../gateways.js';
import { identities, type Identity } from '../identities.js';
import { bySerial } from '../issued.js';
import { chainOf } from '../keys.js';
import { sealedFor, serves } from '../sealed.js';
import { changesAfter } from './changes.js';
import { fulfil } from './wishes.js';

export interface LinkOptions {
  readonly dir: string;
  readonly books: Books;
  readonly authority: TrustAuthority;
  readonly passphrase: string;
  readonly console: { readonly url: string; readonly token: string };
  /** The identity that EST shows: its key stays here. */
  readonly kept: string | null;
  /** What it does when console asks, beside revoking. */
  readonly does: readonly WishKind[];
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
}

/** In one report: to open a key takes a tenth of a second. */
const identitiesAtOnce = 5;
const answerMs = 20_000;
/** Whoever has console must not end all trust at once. */
const ownHands = 'an authority is revoked by hand, where its folder is: muster ca revoke';

export class Link {
  #heard: AuthorityAnswer | null = null;
  #refused: AuthorityReport['refused'] = [];
  #outcomes: readonly WishOutcome[] = [];
  #trouble: string | null = null;

  constructor(private readonly on: LinkOptions) {}

  /** Resolves to how much there was to tell or do: then it is best done again at once. */
  async speak(): Promise<number> {
    const report = this.#report();
    try {
      this.#heard = await this.#exchange(report);
    } catch (error) {
      this.#complain(messageOf(error));
      return 0;
    }
    if (this.#trouble !== null) this.on.log.info({}, 'Console hears the authority again');
    this.#trouble = null;
    this.#refused = [];
    noteGateways(this.on.books, this.#heard.gateways, new Date());
    const revoked = this.#heard.revoke.map((wish) => this.#revoke(wish));
    this.#outcomes = await this.#fulfil(this.#heard.wishes ?? []);
    return report.identities.length + report.certificates.length + revoked.length + this.#outcomes.length;
  }

  #report(): AuthorityReport {
    const { dir, books } = this.on;
    const list = newestList(books, 'issuing');
    const heard = this.#heard;
    // Nothing is told before it is known what console has.
    const changes = heard ? changesAfter(books, heard.cursor) : { certificates: [], cursor: null };
    return {
      chain: chainOf(dir),
      url: addressesOf(books)?.list.replace(/\/issuing\.crl$/, '') ?? null,
      list: list && { number: list.number, until: list.nextUpdate.toISOString() },
      identities: heard ? this.#identities(heard) : [],
      certificates: [...changes.certificates],
      cursor: changes.cursor,
      refused: this.#refused,
      // A console that knows of no wishes refuses what it does not know.
      ...(heard?.wishes && { does: [...this.on.does], outcomes: [...this.#outcomes] }),
    };
  }

  /** Those that console lacks, or has with another certificate, or sealed to others than were admitted. */
  #identities({ identities: known }: AuthorityAnswer): AuthorityReport['identities'] {
    const { books, passphrase, kept } = this.on;
    const admitted = gateways(books).flatMap(({ admitted: when, recipient }) => (when ? [recipient] : []));
    const recipientsOf = (identity: Identity) => (identity.name !== kept && serves(identity) ? admitted : []);
    const has = (identity: Identity): boolean => {
      const there = known.find(({ name }) => name === identity.name);
      const [own] = identity.certificates;
      const wanted = recipientsOf(identity).map(({ fingerprint }) => fingerprint);
      return (
        there !== undefined &&
        own !== undefined &&
        there.fingerprint === fingerprintOf(own.raw) &&
        String([...there.sealedTo].toSorted()) === String(wanted.toSorted())
      );
    };
    return identities(books)
      .filter((identity) => identity.certificates.length > 0 && !has(identity))
      .slice(0, identitiesAtOnce)
      .map((identity) => sealedFor(identity, recipientsOf(identity), passphrase));
  }

  #revoke({ serial, reason }: AuthorityAnswer['revoke'][number]): void {
    const { books, authority, log } = this.on;
    try {
      if (bySerial(books, serial)?.profile === 'authority') throw new TrustFault('usage', ownHands);
      const { subject } = authority.revoke(serial, reason);
      const fields = { certificate: serial, subject, reason };
      log.info(fields, 'A certificate was revoked, as an operator wished at console');
    } catch (error) {
      if (!(error instanceof TrustFault)) throw error;
      // It is so already: console will hear it.
      if (error.code === 'alreadyRevoked') return;
      this.#refused = [...this.#refused, { serial, message: error.message.slice(0, 500) }];
    }
  }

  /** One after the other, in the order in which they were asked. */
  async #fulfil(wishes: NonNullable<AuthorityAnswer['wishes']>): Promise<readonly WishOutcome[]> {
    const outcomes: WishOutcome[] = [];
    for (const wish of wishes) {
      const outcome = await fulfil(this.on, wish);
      if (outcome) outcomes.push(outcome);
    }
    return outcomes;
  }

  async #exchange(report: AuthorityReport): Promise<AuthorityAnswer> {
    const { url, token } = this.on.console;
    const response = await fetch(new URL(exchangePath, url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(report),
      // A token goes to nobody else.
      redirect: 'error',
      signal: AbortSignal.timeout(answerMs),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`console answered ${response.status}: ${text.slice(0, 300)}`);
    return authorityAnswer.parse(JSON.parse(text));
  }

  /** Once for each trouble: it is tried again every few seconds. */
  #complain(trouble: string): void {
    if (this.#trouble === trouble) return;
    this.#trouble = trouble;
    this.on.log.warn(
      { trouble, console: this.on.console.url },
      'Console cannot be told of the authority; it is tried again, and nothing else waits for it',
    );
  }
}
