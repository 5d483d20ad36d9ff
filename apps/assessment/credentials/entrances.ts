// Credentials for one device in one task, handed out one at a time (R67).
import type { Credential, CredentialOf } from '#device/credential';
import type { Driver, DriverName } from '#device/device';
import type { Entrance, Entrances, Proof } from '#device/ways/entrance';
import { attemptsOf, communitiesOf, knowsUser, refusesUser, type Attempt } from './candidates.js';
import { nameOf, type Candidate, type Held } from './held.js';
import { KeptBack } from './kept-back.js';
import type { Vault } from './vault.js';

/** What is opened with a secret. `write` is null where no community that may write is known. */
export type Opened =
  | { readonly kind: 'admin'; readonly credential: CredentialOf<'admin'> }
  | { readonly kind: 'snmpUser'; readonly credential: CredentialOf<'snmpUser'> }
  | { readonly kind: 'communities'; readonly read: string; readonly write: string | null };

export interface EntrancesOptions {
  readonly held: Held;
  /** What the device is, as a digest: see subjectOf. */
  readonly subject: string;
  /** It has a certificate that is pinned to it, or an authority vouches for: nothing secret goes out before it was seen. */
  readonly provable: boolean;
  /**
   * That it is one of the operator's own says an authority of his, or a person who has admitted it. A certificate that was pinned
   * at the first contact says only that it is the same one as then.
   */
  readonly vouched: boolean;
  /** What everybody may read by SNMP; null: nothing. */
  readonly community: string | null;
  /** Wrong ones that may be tried by each protocol in one task. */
  readonly attemptsMax: number;
  readonly vault: Vault;
  /** Without a secret. */
  readonly openers: Readonly<Partial<Record<DriverName, () => Driver>>>;
  readonly openWith: (opened: Opened) => Driver;
}

interface Made {
  readonly entrance: Entrance;
  /** That with which it is read; null: it is no secret. */
  readonly by: Candidate | null;
  /** What is sent to a proved device alone. */
  readonly needing: readonly Candidate[];
}

interface HandedOut extends Made {
  readonly name: DriverName;
  readonly attempt: Attempt;
}

type Step = { readonly plain: () => Driver } | { readonly attempt: Attempt };

export class CredentialEntrances implements Entrances {
  readonly #steps = new Map<DriverName, Step[]>();
  /** Handed out, and not found right. */
  readonly #spent = new Map<DriverName, Set<Attempt>>();
  readonly #handedOut = new Map<Entrance, HandedOut>();
  readonly #keptBack = new KeptBack();
  #refusedUser: boolean;

  constructor(private readonly options: EntrancesOptions) {
    this.#refusedUser = refusesUser(options.held, options.subject);
  }

  async next(name: DriverName): Promise<Entrance | null> {
    const steps = this.#stepsOf(name);
    for (let step = steps.shift(); step; step = steps.shift()) {
      if ('plain' in step) return { id: name, needs: 'nothing', inClear: false, open: step.plain };
      const spent = this.#spent.get(name) ?? new Set();
      if (spent.size >= this.options.attemptsMax) continue;
      const { attempt } = step;
      const isLast = steps.length === 0;
      const made = await (attempt.kind === 'communities'
        ? this.#byCommunities(attempt, isLast)
        : this.#byPassword(attempt, isLast));
      if (!made) continue;
      this.#spent.set(name, spent.add(attempt));
      this.#handedOut.set(made.entrance, { name, attempt, ...made });
      return made.entrance;
    }
    return null;
  }

  async judged(entrance: Entrance, right: boolean): Promise<void> {
    const found = this.#handedOut.get(entrance);
    if (!found) return;
    const { held, subject, vault } = this.options;
    if (right) this.#spent.get(found.name)?.delete(found.attempt);
    else if (found.attempt.kind === 'snmpUser') this.#refusedUser = true;
    if (found.by) await vault.remember(held, found.by, { subject, isRight: right });
  }

  keptBack(entrance: Entrance): void {
    const found = this.#handedOut.get(entrance);
    if (!found) return;
    // One that was not sent is none of the wrong ones that may be tried.
    this.#spent.get(found.name)?.delete(found.attempt);
    for (const one of found.needing) this.#keptBack.add(one, notShown);
  }

  whyNone(name: DriverName): string | null {
    if (name !== 'snmp' || this.#spent.has(name)) return null;
    return this.#refusedUser ? userLater : this.#keptBack.saying(notUnproved);
  }

  /** What was not sent to it that would have been tried; null: nothing. */
  get withheld(): string | null {
    return this.#keptBack.said;
  }

  /** What of it nobody would see, as it is spoken with all the same; null: nothing. @param by what SNMP let in by */
  refusedBehind(by: Entrance | null): string | null {
    const isForAll = by !== null && this.candidateOf(by) === null;
    return isForAll && this.#refusedUser ? userRefused : null;
  }

  /** Whether the device may get to know it, null being one that is made yet. What others have as well goes to one that somebody vouches for. */
  mayHave({ scope }: Pick<Candidate, 'scope'>, secret: Credential | null): boolean {
    const { vouched, held } = this.options;
    if (vouched) return true;
    // Whoever waited for the real one to be switched off, and is pinned since.
    if (held.moved) return false;
    // SNMPv3 shows no password: who does not know it learns nothing that he could use elsewhere.
    if (scope === 'device' || secret?.kind === 'snmpUser') return true;
    return secret?.unproved === true;
  }

  /** What an entrance was made of; null: of no secret. */
  candidateOf(entrance: Entrance): Candidate | null {
    return this.#handedOut.get(entrance)?.by ?? null;
  }

  /** These and no others are handed out next: what the device has was changed. */
  prefer(name: DriverName, candidates: readonly Candidate[]): void {
    const kind = name === 'api' ? 'admin' : 'snmpUser';
    const steps = candidates.map((one) => ({ attempt: { kind, with: one, writeWith: null } as const }));
    this.#steps.set(name, steps);
    this.#spent.delete(name);
  }

  #stepsOf(name: DriverName): Step[] {
    const found = this.#steps.get(name) ?? this.#plan(name);
    this.#steps.set(name, found);
    return found;
  }

  #plan(name: DriverName): Step[] {
    const { held, subject, openers } = this.options;
    const open = openers[name];
    const plain = open ? [{ plain: open }] : [];
    // What it says to everybody proves who it is: hence first, though the password was right before.
    if (name === 'api')
      return [...plain, ...attemptsOf(held, subject, 'admin').map((attempt) => ({ attempt }))];
    if (name !== 'snmp') return plain;
    const users = attemptsOf(held, subject, 'snmpUser').map((attempt) => ({ attempt }));
    // Never down from SNMPv3 to a community that is a secret, and to none at all once the device has spoken it.
    if (held.candidates.some(({ kind }) => kind === 'snmpUser'))
      return [...users, ...(knowsUser(held) ? [] : plain)];
    return [...communitiesOf(held, subject).map((attempt) => ({ attempt })), ...plain];
  }

  async #byPassword({ with: by }: Attempt, isLast: boolean): Promise<Made | null> {
    const secret = by && (await this.#opened(by));
    if (!secret || (secret.kind !== 'admin' && secret.kind !== 'snmpUser')) return null;
    const opened = openedBy(secret);
    // A device that speaks no SNMPv3 is silent.
    const ofUser = secret.kind === 'snmpUser' && {
      isUser: true as const,
      ...(!isLast && { ifSilent: 'unknown' as const }),
    };
    const open = (): Driver => this.options.openWith(opened);
    const needs = this.#needs(secret);
    const needing = needs === 'proved' ? [by] : [];
    return { by, needing, entrance: { id: nameOf(by), needs, inClear: false, ...ofUser, open } };
  }

  async #byCommunities({ with: kept, writeWith }: Attempt, isLast: boolean): Promise<Made | null> {
    const first = kept && (await this.#opened(kept));
    if (kept && !first) return null;
    const second = writeWith && (await this.#opened(writeWith));
    // What may write is not said with each question, for all to hear, unless an operator lets it.
    const readsToo = !first && second?.kind === 'snmpWrite' && second.unproved;
    const by = kept ?? (readsToo ? writeWith : null);
    const write = second && communityIn(second);
    const read = first ? communityIn(first) : readsToo ? write : this.options.community;
    if (read === null || (!first && write === null)) return null;
    const of = [
      [kept, first],
      [writeWith, second],
    ] as const;
    const needing = of.flatMap(([one, secret]) =>
      one && secret && this.#needs(secret) === 'proved' ? [one] : [],
    );
    const needs = needing.length > 0 ? 'proved' : 'nothing';
    const id = [by, writeWith].flatMap((one) => (one ? [nameOf(one)] : [])).join('+');
    // Without a secret to read with nothing is judged, and the next would ask the same again.
    const ifSilent = !isLast && by !== null && { ifSilent: 'wrong' as const };
    const opened = { kind: 'communities', read, write } as const;
    const open = (): Driver => this.options.openWith(opened);
    return { by, needing, entrance: { id, needs, inClear: true, ...ifSilent, open } };
  }

  /** Null: it cannot be opened, or must not be sent. */
  async #opened(one: Candidate): Promise<Credential | null> {
    const secret = await this.options.vault.open(one);
    const why = secret && this.#whyKeptBack(one, secret);
    if (why === null) return secret;
    this.#keptBack.add(one, why);
    return null;
  }

  /** Why it goes to this device in no task, as it is; null: it may. */
  #whyKeptBack(one: Candidate, secret: Credential): string | null {
    if (!this.mayHave(one, secret)) return this.options.held.moved ? movedUnproved : notVouched;
    if (this.options.provable || this.#needs(secret) === 'nothing') return null;
    return secret.kind === 'admin' ? noCertificate : notUnproved;
  }

  /** A device without a certificate can prove nothing: a user of SNMPv3 signs and encrypts, and hands out no password. */
  #needs(secret: Credential): Proof {
    if (this.options.provable || secret.kind === 'admin') return 'proved';
    return secret.kind === 'snmpUser' || secret.unproved ? 'nothing' : 'proved';
  }
}

const openedBy = (credential: CredentialOf<'admin' | 'snmpUser'>): Opened =>
  credential.kind === 'admin' ? { kind: 'admin', credential } : { kind: 'snmpUser', credential };

const communityIn = (one: Credential): string | null => ('community' in one ? one.community : null);

const userRefused =
  'snmp: it refuses the user of SNMPv3 that is kept for it, and was asked by the community that everybody may know';
const userLater =
  'it has refused the user of SNMPv3 that is kept for it, and is asked by him again after a while: is he the right one (muster credential set)?';
const movedUnproved =
  'it was taken as moved without a proof, and nobody vouches for who is there now (muster vouch)';
const notVouched = 'nobody vouches that it is one of yours (muster credential set --help)';
const noCertificate = 'no certificate is known by which it could prove itself';
const notUnproved = `${noCertificate}, and it is not set with --unproved (muster credential set --help)`;
const notShown = 'it has not proved itself by its certificate this time';
