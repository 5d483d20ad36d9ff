// Several drivers as one device: which protocol serves what is found out, and remembered.
//
//   ways.ts      the device: identify, read and write through the drivers that it answers
//   way.ts       one of its drivers, and the credentials that it is tried with
//   entrance.ts  where credentials come from, and what must be proved before each
//   known.ts     what is remembered of a device
import type { SettingValue } from '../../events/assessment.js';
import { settingsCatalogue, type Catalogue } from '../catalogue.js';
import type { Credential } from '../credential.js';
import {
  driverNames,
  type DriverName,
  type Identified,
  type Outcome,
  type Reading,
  type Setback,
  type Target,
  type Values,
  type Written,
} from '../device.js';
import type { Entrance, Entrances, Proof } from './entrance.js';
import {
  isAbsent,
  missed,
  nothingKnown,
  sameDevice,
  type Absence,
  type Known,
  type Subject,
} from './known.js';
import { Way } from './way.js';

export interface WaysOptions {
  /** Serial number of the device that is meant. */
  readonly serial: string;
  readonly target: Pick<Target, 'fingerprint' | 'mutual'>;
  /** What is remembered of it; null: nothing. */
  readonly known: Known | null;
  /** As it is known now: what was remembered of another firmware, model, address or certificate counts no more. */
  readonly subject: Subject;
  readonly entrances: Entrances;
  readonly now?: () => Date;
  readonly catalogue?: Catalogue;
}

/** What whoever assesses a device needs of it. */
export type Speaking = Pick<
  Ways,
  'identify' | 'read' | 'write' | 'reach' | 'by' | 'isWritable' | 'byServing' | 'known' | 'close'
>;

/** A device, whatever it speaks. As a driver does, each call rejects only when `signal` is aborted. */
export class Ways {
  readonly #known: Known;
  readonly #ways: readonly Way[];
  /** By key: as this task has found it. */
  readonly #serves = new Map<string, DriverName>();
  readonly #absent = new Map<DriverName, Absence>();
  readonly #now: () => Date;
  readonly #catalogue: Catalogue;
  #proof: Proof = 'nothing';

  constructor(private readonly options: WaysOptions) {
    const { known, subject, entrances, now = () => new Date() } = options;
    this.#now = now;
    this.#catalogue = options.catalogue ?? settingsCatalogue;
    this.#known = known && sameDevice(known.of, subject) ? known : nothingKnown(subject);
    for (const name of driverNames) {
      const absence = this.#known.absent[name];
      if (absence) this.#absent.set(name, absence);
    }
    const prove = (proof: Proof, not: DriverName, signal: AbortSignal): Promise<boolean> =>
      this.#prove(proof, not, signal);
    this.#ways = driverNames.map((name) => new Way({ name, entrances, prove }));
  }

  /** Asks one after another until one names the serial number that is meant. */
  async identify(signal: AbortSignal): Promise<Outcome<Identified>> {
    const [likely, absent] = this.#byLikelihood();
    const first = await this.#identifyBy(likely, signal);
    // Whose address is silent has not begun to speak another protocol.
    const silent = first?.kind === 'unreachable' && first.host === 'silent';
    if (first && (first.kind === 'answered' || isOther(first) || silent)) return first;
    const second = await this.#identifyBy(absent, signal);
    if (second && (second.kind === 'answered' || isOther(second))) return second;
    return worse(first, second) ?? notSpoken;
  }

  /** Each setting by the first driver that has it. */
  async read(keys: ReadonlySet<string>, signal: AbortSignal): Promise<Outcome<Reading>> {
    const left = new Set(keys);
    const values = new Map<string, SettingValue>();
    const failed = new Map<string, string>();
    const troubles = new Map<DriverName, Setback>();
    let answered = false;
    for (const way of this.#byLikelihood()[0]) {
      const asked = new Set([...left].filter((key) => this.#mayServe(way.name, key)));
      if (asked.size === 0) continue;
      const heard = (word: Outcome<Reading>): void => this.#heard(way.name, word);
      const said = await way.ask((driver) => driver.read(asked, signal), signal, { heard });
      if (said.kind !== 'answered') {
        if (isOther(said)) return said;
        troubles.set(way.name, said);
        continue;
      }
      answered = true;
      for (const [key, value] of said.value.values) if (left.delete(key)) values.set(key, value);
      for (const [key, reason] of said.value.failed) if (left.delete(key)) failed.set(key, reason);
      for (const key of asked) if (!left.has(key)) this.#serves.set(key, way.name);
    }
    if (!answered) return [...troubles.values()].reduce<Setback | null>(worse, null) ?? notSpoken;
    for (const key of left) {
      const trouble = this.#troubleWith(key, troubles);
      if (trouble) failed.set(key, trouble);
    }
    return { kind: 'answered', value: { values, failed } };
  }

  /** Each setting by the driver that serves it. A setback is of all of them: part of it is told as refused. */
  async write(changes: Values, signal: AbortSignal): Promise<Outcome<Written>> {
    const applied = new Set<string>();
    const refused = new Map<string, string>();
    const groups = this.byServing(changes);
    for (const [name, group] of groups) {
      const way = this.#ways.find((one) => one.name === name);
      const said = way
        ? await way.ask((driver) => driver.write(group, signal), signal)
        : ({ kind: 'unsupported', reason: 'no protocol that it speaks serves this setting' } as const);
      if (said.kind !== 'answered') {
        if (groups.size === 1) return said;
        for (const key of group.keys()) refused.set(key, said.reason);
        continue;
      }
      for (const key of said.value.applied) applied.add(key);
      for (const [key, reason] of said.value.refused) refused.set(key, reason);
    }
    return { kind: 'answered', value: { applied, refused } };
  }

  /**
   * Null where it can still be spoken with, by whatever protocol and credential is left: asked where a write may have cut
   * off the way that it went by. What served the settings in `lost` is found out anew.
   */
  async reach(lost: ReadonlySet<string>, signal: AbortSignal): Promise<Setback | null> {
    const names = new Set([...lost].map((key) => this.by(key)));
    for (const key of lost) this.#serves.delete(key);
    const [likely] = this.#byLikelihood();
    const cut = ({ name }: Way): boolean => names.has(name);
    let last: Setback | null = null;
    for (const way of [...likely.filter(cut), ...likely.filter((one) => !cut(one))]) {
      const asked = way.ask((driver) => driver.identify(signal), signal, { whateverEnds: true });
      const said = this.#named(await asked);
      if (said.kind === 'answered') return null;
      if (isOther(said)) return said;
      last = worse(last, said);
    }
    return last ?? notSpoken;
  }

  /** Whether its certificate was seen, in this task. */
  get isProved(): boolean {
    return this.#proof === 'proved';
  }

  /** By what a protocol let Muster in; null: it did not so far. */
  letInBy(name: DriverName): Entrance | null {
    return this.#ways.find((way) => way.name === name)?.entrance ?? null;
  }

  /** Puts a secret in the place of the one that it has. The way stays as it is: see `reopen`. */
  async setSecret(name: DriverName, secret: Credential, signal: AbortSignal): Promise<Outcome<null>> {
    const way = this.#ways.find((one) => one.name === name);
    if (!way) return notSpoken;
    return way.ask((driver) => driver.setSecret?.(secret, signal) ?? Promise.resolve(noSecrets), signal);
  }

  /** Whether a protocol still lets in; null: it does. */
  async confirm(name: DriverName, signal: AbortSignal): Promise<Setback | null> {
    const way = this.#ways.find((one) => one.name === name);
    const said = await way?.ask((driver) => driver.read(new Set(), signal), signal);
    return said?.kind === 'answered' ? null : (said ?? notSpoken);
  }

  /** The same, with the next credential that is handed out. */
  async reopen(name: DriverName, signal: AbortSignal): Promise<Setback | null> {
    const way = this.#ways.find((one) => one.name === name);
    if (!way) return notSpoken;
    way.reopen();
    const said = await way.ask((driver) => driver.read(new Set(), signal), signal, {
      whateverEnds: name === 'snmp',
    });
    return said.kind === 'answered' ? null : said;
  }

  /** What served a setting when it was read; null: nothing did. */
  by(key: string): DriverName | null {
    return this.#serves.get(key) ?? null;
  }

  /** Whether what serves it could set it, too. */
  isWritable(key: string): boolean {
    const name = this.by(key);
    return name === 'api' || (name === 'snmp' && this.#catalogue.get(key)?.by.snmp?.writable === true);
  }

  byServing(changes: Values): ReadonlyMap<DriverName | null, Values> {
    const groups = Map.groupBy(changes, ([key]) => this.by(key));
    return new Map([...groups].map(([name, pairs]) => [name, new Map(pairs)]));
  }

  /** What was found out, to be remembered. */
  known(): Known {
    const serves = { ...this.#known.serves, ...Object.fromEntries(this.#serves) };
    return { of: this.options.subject, serves, absent: Object.fromEntries(this.#absent) };
  }

  close(): void {
    for (const way of this.#ways) way.close();
  }

  /** Those that it may speak, and those that it is remembered not to. */
  #byLikelihood(): readonly [likely: readonly Way[], absent: readonly Way[]] {
    const now = this.#now();
    const absent = this.#ways.filter(({ name }) => isAbsent(this.#absent.get(name), now));
    return [this.#ways.filter((way) => !absent.includes(way)), absent];
  }

  async #identifyBy(ways: readonly Way[], signal: AbortSignal): Promise<Outcome<Identified> | null> {
    let last: Setback | null = null;
    for (const way of ways) {
      const said = await this.#identify(way, signal);
      if (said.kind === 'answered' || isOther(said)) return said;
      last = worse(last, said);
    }
    return last;
  }

  async #identify(way: Way, signal: AbortSignal): Promise<Outcome<Identified>> {
    const heard = (said: Outcome<Identified>): void => {
      // One that cannot say who the device is may serve settings all the same.
      if (said.kind !== 'unsupported') this.#heard(way.name, said);
    };
    return this.#named(await way.ask((driver) => driver.identify(signal), signal, { heard }));
  }

  #named(said: Outcome<Identified>): Outcome<Identified> {
    if (said.kind !== 'answered') return said;
    const { identity, fingerprint } = said.value;
    if (identity.serial !== this.options.serial) return otherDevice(identity.serial);
    const { target } = this.options;
    const pinned = target.fingerprint !== null && fingerprint === target.fingerprint;
    const vouched = target.mutual !== null && fingerprint !== null;
    if (pinned || vouched) this.#proof = 'proved';
    else if (this.#proof === 'nothing') this.#proof = 'named';
    return said;
  }

  /** Asks the other ways who the device is, until it is proved enough. */
  async #prove(proof: Proof, not: DriverName, signal: AbortSignal): Promise<boolean> {
    for (const way of this.#byLikelihood()[0]) {
      if (suffices(this.#proof, proof)) return true;
      if (way.name !== not && !way.asking) await this.#identify(way, signal);
    }
    return suffices(this.#proof, proof);
  }

  /** Once a setting was read, it is asked of what served it alone. */
  #mayServe(name: DriverName, key: string): boolean {
    const serving = this.#serves.get(key);
    if (serving !== undefined) return serving === name;
    return name === 'api' || this.#catalogue.get(key)?.by[name] !== undefined;
  }

  #heard(name: DriverName, said: Outcome<unknown>): void {
    // Whatever it says, it says over a connection that was judged before a byte was sent: see exchange.ts.
    const { fingerprint, mutual } = this.options.target;
    const spoke = said.kind === 'answered' || said.kind === 'denied';
    if (name === 'api' && spoke && (fingerprint ?? mutual) !== null) this.#proof = 'proved';
    if (said.kind === 'unsupported' || said.kind === 'unreachable') {
      const serves = [...Object.values(this.#known.serves), ...this.#serves.values()].includes(name);
      // Who served settings before is not taken as gone for having been silent once.
      if (said.kind === 'unsupported' || !serves)
        this.#absent.set(name, missed(this.#absent.get(name), said, this.#now()));
    } else {
      this.#absent.delete(name);
    }
  }

  /** Why a setting that nobody served is not simply one that the device lacks; null: it lacks it. */
  #troubleWith(key: string, troubles: ReadonlyMap<DriverName, Setback>): string | null {
    for (const [name, { kind, reason }] of troubles) {
      if ((this.#serves.get(key) ?? this.#known.serves[key]) === name) return `${name}: ${reason}`;
      const silent = kind === 'unsupported' || kind === 'unreachable';
      if (name !== 'api' && !silent && this.#mayServe(name, key)) return `${name}: ${reason}`;
    }
    return null;
  }
}

const notSpoken: Setback = { kind: 'unsupported', reason: 'it speaks no protocol that Muster speaks' };

const noSecrets: Setback = { kind: 'unsupported', reason: 'this protocol changes no secrets' };

const otherDevice = (serial: string): Setback => ({
  kind: 'failed',
  reason: `another device answers there: ${serial}`,
  mayPass: false,
  other: true,
});

const isOther = (said: Setback): boolean => said.kind === 'failed' && said.other === true;

const proofs: readonly Proof[] = ['nothing', 'named', 'proved'];
const suffices = (has: Proof, needs: Proof): boolean => proofs.indexOf(has) >= proofs.indexOf(needs);

/** Which of two setbacks says more: what a device says comes before that it says nothing. */
const weight: Readonly<Record<Setback['kind'], number>> = {
  failed: 3,
  denied: 2,
  unreachable: 1,
  unsupported: 0,
};

/** The first of two equals. */
function worse(one: Setback | null, other: Setback | null): Setback | null {
  if (!one || !other) return one ?? other;
  return weight[other.kind] > weight[one.kind] ? other : one;
}
