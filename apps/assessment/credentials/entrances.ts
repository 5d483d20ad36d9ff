// Credentials for one device in one task, handed out one at a time (R67).
import type { Credential, CredentialOf } from '#device/credential';
import type { Driver, DriverName } from '#device/device';
import type { Entrance, Entrances, Proof } from '#device/ways/entrance';
import { attemptsOf, communitiesOf, knowsUser, type Attempt } from './candidates.js';
import { nameOf, type Candidate, type Held } from './held.js';
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
  /** Wrong ones that may be tried by each protocol in one task. */
  readonly attemptsMax: number;
  readonly vault: Vault;
  /** Without a secret. */
  readonly openers: Readonly<Partial<Record<DriverName, () => Driver>>>;
  readonly openWith: (opened: Opened) => Driver;
}

type Step = { readonly plain: () => Driver } | { readonly attempt: Attempt };

export class CredentialEntrances implements Entrances {
  readonly #steps = new Map<DriverName, Step[]>();
  /** Handed out, and not found right. */
  readonly #spent = new Map<DriverName, Set<Attempt>>();
  readonly #handedOut = new Map<Entrance, { readonly name: DriverName; readonly attempt: Attempt }>();

  constructor(private readonly options: EntrancesOptions) {}

  async next(name: DriverName): Promise<Entrance | null> {
    const steps = this.#stepsOf(name);
    for (let step = steps.shift(); step; step = steps.shift()) {
      if ('plain' in step) return { id: name, needs: 'nothing', inClear: false, open: step.plain };
      const spent = this.#spent.get(name) ?? new Set();
      if (spent.size >= this.options.attemptsMax) continue;
      const entrance = await this.#entranceOf(step.attempt, steps.length === 0);
      if (!entrance) continue;
      this.#spent.set(name, spent.add(step.attempt));
      this.#handedOut.set(entrance, { name, attempt: step.attempt });
      return entrance;
    }
    return null;
  }

  async judged(entrance: Entrance, right: boolean): Promise<void> {
    const found = this.#handedOut.get(entrance);
    if (!found) return;
    const { held, subject, vault } = this.options;
    if (right) this.#spent.get(found.name)?.delete(found.attempt);
    await vault.remember(held, found.attempt.with, { subject, isRight: right });
  }

  /** What an entrance was made of; null: of no secret. */
  candidateOf(entrance: Entrance): Candidate | null {
    return this.#handedOut.get(entrance)?.attempt.with ?? null;
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

  async #entranceOf(attempt: Attempt, isLast: boolean): Promise<Entrance | null> {
    const { vault, openWith } = this.options;
    const first = await vault.open(attempt.with);
    if (!first) return null;
    const id = nameOf(attempt.with);
    if (first.kind === 'admin' || first.kind === 'snmpUser') {
      const opened = openedBy(first);
      const needs = this.#needs(first);
      // A device that speaks no SNMPv3 is silent.
      const ifSilent = !isLast && first.kind === 'snmpUser' && { ifSilent: 'unknown' as const };
      return { id, needs, inClear: false, ...ifSilent, open: () => openWith(opened) };
    }
    const second = attempt.writeWith && (await vault.open(attempt.writeWith));
    const read = communityIn(first);
    if (read === null) return null;
    const opened = { kind: 'communities', read, write: second && communityIn(second) } as const;
    const needs = strictest(this.#needs(first), second ? this.#needs(second) : 'nothing');
    const ifSilent = !isLast && { ifSilent: 'wrong' as const };
    return { id, needs, inClear: true, ...ifSilent, open: () => openWith(opened) };
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

const strictest = (one: Proof, other: Proof): Proof => (one === 'proved' ? one : other);
