// The way to console: every few seconds the process says what it has and hears what operators want. It goes out and nobody
// comes in; what it hears are wishes: that a certificate be revoked, which keys gateways have, and those of wishes.ts.
import type { AuthorityAnswer, AuthorityReport } from '#pki/authority/exchange';
import type { WishKind, WishOutcome } from '#pki/authority/wish';
import type { SealedIdentity } from '#events/certificate';
import { messageOf } from '#events/message-of';
import { AuthorityFault } from '#pki/authority/fault';
import { fingerprintOf } from '#pki/certificate';
import type { Recipient } from '#pki/seal';
import type { Log } from '#runtime/log';
import { addressesOf, newestList, type TrustAuthority } from '../authority.js';
import type { Books } from '../books.js';
import { TrustFault } from '../fault.js';
import { gateways, noteGateways } from '../gateways.js';
import { identities, type Identity } from '../identities.js';
import { bySerial } from '../issued.js';
import { chainOf } from '../keys.js';
import { sealedFor, serves } from '../sealed.js';
import { changesAfter, recordOf } from './changes.js';
import { Records } from './records.js';
import { type ConsoleAddress, ReportRefused, tell } from './to-console.js';
import { fulfil } from './wishes.js';

export interface LinkOptions {
  readonly dir: string;
  readonly books: Books;
  readonly authority: TrustAuthority;
  readonly passphrase: string;
  readonly console: ConsoleAddress;
  /** The identity that EST shows: its key stays here. */
  readonly kept: string | null;
  /** What it does when console asks, beside revoking. */
  readonly does: readonly WishKind[];
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
}

/** In one report: to open a key takes a tenth of a second. */
const identitiesAtOnce = 5;
const revokedAside =
  'it is revoked, and console has not taken the record that says so: see recordAside in the log of the authority';
/** Whoever has console must not end all trust at once. */
const ownHands = 'an authority is revoked by hand, where its folder is: muster ca revoke';

export class Link {
  #heard: AuthorityAnswer | null = null;
  #refused: AuthorityReport['refused'] = [];
  #outcomes: readonly WishOutcome[] = [];
  /** What the last report had in it that console took. */
  #taken: ReadonlySet<string> = new Set();
  #trouble: string | null = null;
  readonly #records = new Records();

  constructor(private readonly on: LinkOptions) {}

  /**
   * Resolves to how much there was to tell or do: then it is best done again at once. What was told or done the last time does
   * not count, as console may want it again and again.
   */
  async speak(): Promise<number> {
    const { report, records } = this.#told();
    // What console has is known with its first answer; all there is to tell comes after that.
    const isFirst = this.#heard === null;
    try {
      this.#heard = await tell(this.on.console, report);
    } catch (error) {
      if (error instanceof ReportRefused && records.length > 0) return this.#search(records, error);
      this.#complain(messageOf(error));
      return 0;
    }
    this.#records.taken(records.length);
    const before = this.#taken;
    this.#taken = new Set([...records, ...report.refused.map(({ serial }) => refusalOf(serial))]);
    if (this.#trouble !== null) this.on.log.info({}, 'Console hears the authority again');
    this.#trouble = null;
    this.#refused = [];
    noteGateways(this.on.books, this.#heard.gateways, new Date());
    const revoked = this.#heard.revoke.filter((wish) => this.#revoke(wish));
    this.#outcomes = await this.#fulfil(this.#heard.wishes ?? []);
    const told = records.filter((record) => !before.has(record));
    const untold = this.#outcomes.filter((outcome) => !this.#taken.has(recordOfWish(outcome)));
    // While no record is told, outcomes are not either: there is nothing to hurry for.
    const toTell = Math.min(untold.length, this.#records.atOnce(performance.now()));
    return Number(isFirst) + told.length + revoked.length + toTell;
  }

  /** The report, and what the records in it are called. */
  #told(): { readonly report: AuthorityReport; readonly records: readonly string[] } {
    const { dir, books } = this.on;
    const list = newestList(books, 'issuing');
    const heard = this.#heard;
    const max = this.#records.atOnce(performance.now());
    const outcomes = this.#outcomes.filter((each) => this.#wanted(each)).slice(0, max);
    // Nothing is told before it is known what console has.
    const identities = heard ? this.#identities(heard, max - outcomes.length) : [];
    const portion = { max: max - outcomes.length - identities.length, aside: this.#records.aside };
    const changes = heard ? changesAfter(books, heard.cursor, portion) : { certificates: [], cursor: null };
    const report = {
      chain: chainOf(dir),
      url: addressesOf(books)?.list.replace(/\/issuing\.crl$/, '') ?? null,
      list: list && { number: list.number, until: list.nextUpdate.toISOString() },
      identities: identities.map(({ sealed }) => sealed),
      certificates: [...changes.certificates],
      cursor: changes.cursor,
      refused: this.#refused,
      // A console that knows of no wishes refuses what it does not know.
      ...(heard?.wishes && { does: [...this.on.does], outcomes }),
    };
    const names = [
      ...outcomes.map(recordOfWish),
      ...identities.map(({ record }) => record),
      ...changes.certificates.map(({ serial }) => recordOf(serial)),
    ];
    return { report, records: names };
  }

  /** Those that console lacks, or has with another certificate, or sealed to others than were admitted. */
  #identities({ identities: known }: AuthorityAnswer, max: number): readonly Told[] {
    const { books, kept } = this.on;
    const admitted = gateways(books).flatMap(({ admitted: when, recipient }) => (when ? [recipient] : []));
    const recipientsOf = (identity: Identity) => (identity.name !== kept && serves(identity) ? admitted : []);
    const has = (identity: Identity, fingerprint: string): boolean => {
      const there = known.find(({ name }) => name === identity.name);
      const wanted = recipientsOf(identity).map((recipient) => recipient.fingerprint);
      return (
        there?.fingerprint === fingerprint &&
        String([...there.sealedTo].toSorted()) === String(wanted.toSorted())
      );
    };
    const lacking = identities(books).flatMap((identity) => {
      const [own] = identity.certificates;
      const fingerprint = own && fingerprintOf(own.raw);
      if (fingerprint === undefined || has(identity, fingerprint)) return [];
      const record = `identity "${identity.name}" (${fingerprint})`;
      return this.#records.aside.has(record) ? [] : [{ record, identity }];
    });
    return lacking
      .slice(0, Math.min(identitiesAtOnce, max))
      .flatMap(({ record, identity }) => this.#sealed(record, identity, recipientsOf(identity)));
  }

  /** None where its key cannot be opened: set aside, as what console refuses. */
  #sealed(record: string, identity: Identity, recipients: readonly Recipient[]): readonly Told[] {
    try {
      return [{ record, sealed: sealedFor(identity, recipients, this.on.passphrase) }];
    } catch (error) {
      if (!isFault(error)) throw error;
      this.#records.setAside(record);
      this.#tellAside(record, error.message);
      return [];
    }
  }

  /** True when something new came of it. */
  #revoke({ serial, reason }: AuthorityAnswer['revoke'][number]): boolean {
    const { books, authority, log } = this.on;
    try {
      if (bySerial(books, serial)?.profile === 'authority') throw new TrustFault('usage', ownHands);
      const { certificates, secrets } = authority.revoke(serial, reason);
      const fields = {
        certificate: serial,
        subject: certificates[0]?.subject,
        reason,
        secretsEnded: secrets,
      };
      log.info(fields, 'A certificate was revoked, as an operator wished at console');
      return true;
    } catch (error) {
      if (!isFault(error)) throw error;
      const already = error.code === 'alreadyRevoked';
      // It is so already: console will hear it, unless it did not take the record.
      if (already && !this.#records.aside.has(recordOf(serial))) return false;
      const message = already ? revokedAside : error.message.slice(0, 500);
      this.#refused = [...this.#refused, { serial, message }];
      return !this.#taken.has(refusalOf(serial));
    }
  }

  /** One after the other, in the order in which they were asked. */
  async #fulfil(wishes: NonNullable<AuthorityAnswer['wishes']>): Promise<readonly WishOutcome[]> {
    const outcomes: WishOutcome[] = [];
    for (const wish of wishes.filter((each) => this.#wanted(each))) {
      const outcome = await fulfil(this.on, wish);
      if (outcome) outcomes.push(outcome);
    }
    return outcomes;
  }

  /** Not set aside: then console would not take what became of it. */
  #wanted(wish: { readonly id: string }): boolean {
    return !this.#records.aside.has(recordOfWish(wish));
  }

  /** Which record it is for. Resolves to how many there were: the rest is told at once. */
  #search(records: readonly string[], { message: reason }: ReportRefused): number {
    const outcome = this.#records.refused(records, performance.now());
    if (outcome === 'aside') this.#tellAside(records[0] ?? '', reason);
    if (outcome === 'all')
      this.on.log.warn(
        { code: 'recordsRefused', reason },
        'Console takes no identity or certificate of the authority: they are tried again, and all else goes on',
      );
    return records.length;
  }

  #tellAside(record: string, reason: string): void {
    this.on.log.warn(
      { code: 'recordAside', record, reason },
      'Console cannot be told of this; it is set aside until the next start, and all else goes on',
    );
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

interface Told {
  /** What it is called, if it has to be set aside. */
  readonly record: string;
  readonly sealed: SealedIdentity;
}

const refusalOf = (serial: string): string => `refused revocation of ${serial}`;
const recordOfWish = ({ id }: { readonly id: string }): string => `outcome of the wish ${id}`;

const isFault = (error: unknown): error is TrustFault | AuthorityFault =>
  error instanceof TrustFault || error instanceof AuthorityFault;
