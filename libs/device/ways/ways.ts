// Several drivers as one device: which protocol serves what is found out, and remembered.
//
//   ways.ts      the device: identify, read and write through the drivers that it answers
//   way.ts       one of its drivers, and the credentials that it is tried with
//   turns.ts     who is asked after whom, and beside whom
//   patience.ts  how long it may keep a task waiting
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
import { ipsecRulesKey, type SaidRule, type SentRule } from '../ipsec.js';
import type { Entrance, Entrances, Proof } from './entrance.js';
import {
  isAbsent,
  isGone,
  missed,
  nothingKnown,
  sameDevice,
  type Absence,
  type Known,
  type Subject,
} from './known.js';
import { Patience } from './patience.js';
import { inTurn } from './turns.js';
import { Way, type Asking, type Call } from './way.js';

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
  | 'identify'
  | 'read'
  | 'write'
  | 'ipsec'
  | 'setIpsec'
  | 'reach'
  | 'by'
  | 'isWritable'
  | 'byServing'
  | 'known'
  | 'leftAlone'
  | 'isTooSlow'
  | 'close'
>;

/** A device, whatever it speaks. As a driver does, each call rejects only when `signal` is aborted. */
export class Ways {
  readonly #known: Known;
  readonly #ways: readonly Way[];
  /** By key: as this task has found it. */
  readonly #serves = new Map<string, DriverName>();
  /** By key: which way served it in this task, until a write cut that way off. */
  readonly #cutOff = new Map<string, DriverName>();
  readonly #absent = new Map<DriverName, Absence>();
  readonly #patience = new Patience();
  readonly #now: () => Date;
  readonly #catalogue: Catalogue;
  /** See `leftAlone`. */
  readonly #strangers = new Map<DriverName, Setback>();
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
    this.#ways = driverNames.map((name) => new Way({ name, entrances, prove, patience: this.#patience }));
  }

  /** Asks those that it may speak until one names the serial number that is meant, then those that it is remembered not to. */
  async identify(signal: AbortSignal): Promise<Outcome<Identified>> {
    const [likely, absent] = this.#byLikelihood();
    const first = await this.#identifyBy(likely, signal);
    // Whose address is silent has not begun to speak another protocol.
    const silent = first?.kind === 'unreachable' && first.host === 'silent';
    if (first && (first.kind === 'answered' || isOther(first) || silent)) return first;
    const second = await this.#identifyBy(absent, signal);
    if (second && (second.kind === 'answered' || isOther(second))) return second;
    return this.#worst([first, second].filter((said) => said !== null)) ?? notSpoken;
  }

  /** Each setting by the first driver that has it. */
  async read(keys: ReadonlySet<string>, signal: AbortSignal): Promise<Outcome<Reading>> {
    const asked = (way: Way, before: readonly Outcome<Reading>[]): ReadonlySet<string> =>
      new Set([...keys].filter((key) => this.#mayServe(way.name, key) && !before.some(has(key))));
    const said = await inTurn<Way, Outcome<Reading>>(
      {
        whom: this.#byLikelihood()[0],
        isNeeded: (way, before) => !before.some(isOther) && asked(way, before).size > 0,
        ask: (way, before, turn) => {
          const heard = (word: Outcome<Reading>): void => this.#heard(way.name, word);
          const some = asked(way, before);
          return this.#ask(way, (driver, limited) => driver.read(some, limited), turn, { heard });
        },
      },
      signal,
    );
    const words = [...said.values()];
    const other = words.find(isOther);
    if (other) return other;
    // That ports are closed says nothing of a device that nobody has heard, such as one that is booting.
    const spoken = words.some((word) => word.kind === 'answered' && word.value.unspoken !== true);
    const isThere = spoken || (await this.#isThere(said, signal));
    const setbacks = words.filter((word) => word.kind !== 'answered');
    return isThere ? this.#together(keys, said) : (this.#worst(setbacks) ?? notSpoken);
  }

  /** Asked of those that have none of the settings, where nobody else has spoken. */
  async #isThere(said: ReadonlyMap<Way, Outcome<unknown>>, signal: AbortSignal): Promise<boolean> {
    const refusals = [...said.values()].filter(({ kind }) => kind === 'denied' || kind === 'failed');
    if (refusals.some((each) => !this.#isStranger(each))) return false;
    const others = this.#byLikelihood()[0].filter(
      (way) => (said.get(way)?.kind ?? 'answered') === 'answered',
    );
    const who = await this.#identifyBy(others, signal);
    return who?.kind === 'answered';
  }

  #isStranger(said: Outcome<unknown>): boolean {
    return [...this.#strangers.values()].some((stranger) => stranger === said);
  }

  #together(keys: ReadonlySet<string>, said: ReadonlyMap<Way, Outcome<Reading>>): Outcome<Reading> {
    const left = new Set(keys);
    const values = new Map<string, SettingValue>();
    const failed = new Map<string, string>();
    const troubles = new Map<DriverName, Setback>();
    for (const [{ name }, reading] of said) {
      if (reading.kind !== 'answered') {
        troubles.set(name, reading);
        continue;
      }
      const had = [...left].filter((key) => has(key)(reading));
      for (const key of had) {
        left.delete(key);
        this.#serves.set(key, name);
        const value = reading.value.values.get(key);
        if (value === undefined) failed.set(key, reading.value.failed.get(key) ?? '');
        else values.set(key, value);
      }
    }
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
        ? await this.#ask(way, (driver, limited) => driver.write(group, limited), signal)
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

  /** Its rules of IPsec: of all that it may speak, the open device API alone knows of such. */
  async ipsec(signal: AbortSignal): Promise<Outcome<readonly SaidRule[]>> {
    const api = this.#byLikelihood()[0].find(({ name }) => name === 'api');
    if (!api) return noRules;
    const ask: Call<readonly SaidRule[]> = (driver, limited) =>
      driver.ipsec?.(limited) ?? Promise.resolve(noRules);
    const said = await api.ask(ask, signal);
    if (said.kind === 'answered') this.#serves.set(ipsecRulesKey, api.name);
    // Who speaks otherwise, and never spoke the API, has none.
    const silent = said.kind === 'unreachable' || said.kind === 'unsupported';
    return silent && this.#serves.size > 0 && !this.#hasServed(api.name) ? noRules : said;
  }

  /** Puts these in the place of all that it has. Null: it took them; else its reason why not. */
  async setIpsec(rules: readonly SentRule[], signal: AbortSignal): Promise<Outcome<string | null>> {
    const api = this.#ways.find(({ name }) => name === 'api');
    const set: Call<string | null> = (driver, limited) =>
      driver.setIpsec?.(rules, limited) ?? Promise.resolve(noRules);
    return api ? api.ask(set, signal) : noRules;
  }

  /**
   * Null where it can still be spoken with, by whatever protocol and credential is left: asked where a write may have cut
   * off the way that it went by. What served the settings in `lost`, and all that went by a way that is cut off, is found
   * out anew.
   */
  async reach(lost: ReadonlySet<string>, signal: AbortSignal): Promise<Setback | null> {
    const names = new Set([...lost].map((key) => this.by(key)));
    this.#findAnew((key) => lost.has(key));
    const [likely] = this.#byLikelihood();
    const cut = ({ name }: Way): boolean => names.has(name);
    const setbacks: Setback[] = [];
    for (const way of [...likely.filter(cut), ...likely.filter((one) => !cut(one))]) {
      const asked = this.#ask(way, (driver, limited) => driver.identify(limited), signal, {
        whateverEnds: true,
      });
      const said = this.#named(await asked);
      if (said.kind === 'answered') {
        if (!cut(way)) this.#findAnew((_, name) => names.has(name));
        return null;
      }
      if (isOther(said)) return said;
      setbacks.push(said);
    }
    return this.#worst(setbacks) ?? notSpoken;
  }

  #findAnew(which: (key: string, name: DriverName) => boolean): void {
    for (const [key, name] of [...this.#serves].filter((pair) => which(...pair))) {
      this.#serves.delete(key);
      this.#cutOff.set(key, name);
    }
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
    return way.ask(
      (driver, limited) => driver.setSecret?.(secret, limited) ?? Promise.resolve(noSecrets),
      signal,
    );
  }

  /** Whether a protocol that it may speak lets in; null: it does. */
  async confirm(name: DriverName, signal: AbortSignal): Promise<Setback | null> {
    const way = this.#byLikelihood()[0].find((one) => one.name === name);
    const said = await way?.ask((driver, limited) => driver.read(new Set(), limited), signal);
    return said?.kind === 'answered' ? null : (said ?? notSpoken);
  }

  /** The same, with the next credential that is handed out. */
  async reopen(name: DriverName, signal: AbortSignal): Promise<Setback | null> {
    const way = this.#ways.find((one) => one.name === name);
    if (!way) return notSpoken;
    way.reopen();
    const said = await way.ask((driver, limited) => driver.read(new Set(), limited), signal, {
      whateverEnds: name === 'snmp',
    });
    return said.kind === 'answered' ? null : said;
  }

  /** What served a setting when it was read; null: nothing did. */
  by(key: string): DriverName | null {
    return this.#serves.get(key) ?? null;
  }

  /** Whether what serves it could set it so, too. */
  isWritable(key: string, value: SettingValue): boolean {
    const name = this.by(key);
    const { snmp, ipp } = this.#catalogue.get(key)?.by ?? {};
    if (name === 'snmp') return snmp?.writable === true;
    return name === 'api' || (name === 'ipp' && ipp?.sets?.includes(value) === true);
  }

  /** What was asked nothing, as another device may be behind it, and why; null: nothing was. */
  get leftAlone(): string | null {
    const all = [...this.#strangers].map(([name, { reason }]) => `${name}: ${reason}`);
    return all.length > 0 ? all.join('; ') : null;
  }

  /** It has kept its task waiting for longer than any may: it is asked nothing more. */
  get isTooSlow(): boolean {
    return this.#patience.spent;
  }

  byServing(changes: Values): ReadonlyMap<DriverName | null, Values> {
    const groups = Map.groupBy(changes, ([key]) => this.by(key));
    return new Map([...groups].map(([name, pairs]) => [name, new Map(pairs)]));
  }

  /** What was found out, to be remembered. */
  known(): Known {
    const all = Object.entries({ ...this.#known.serves, ...Object.fromEntries(this.#serves) });
    const serves = Object.fromEntries(all.filter(([, name]) => !isGone(this.#absent.get(name))));
    return { of: this.options.subject, serves, absent: Object.fromEntries(this.#absent) };
  }

  close(): void {
    for (const way of this.#ways) way.close();
  }

  /** Those that it may speak, and those that it is remembered not to. */
  #byLikelihood(): readonly [likely: readonly Way[], absent: readonly Way[]] {
    const now = this.#now();
    const absent = this.#ways.filter(({ name }) =>
      isAbsent(this.#absent.get(name), now, this.#hasServed(name)),
    );
    return [this.#ways.filter((way) => !absent.includes(way)), absent];
  }

  /**
   * By all that may say it, the first of them that does. Null: there is none. Who is slow is waited for beside others, so that
   * whoever proves who the device is has the word before who only says so.
   */
  async #identifyBy(ways: readonly Way[], signal: AbortSignal): Promise<Outcome<Identified> | null> {
    const ends = (said: Outcome<Identified>): boolean => said.kind === 'answered' || isOther(said);
    const said = await inTurn<Way, Outcome<Identified>>(
      {
        whom: ways,
        ask: (way, _, turn) => this.#identify(way, turn),
        isNeeded: (_, before) => !before.some(ends),
      },
      signal,
    );
    const words = [...said.values()];
    return words.find(ends) ?? this.#worst(words.filter((word) => word.kind !== 'answered'));
  }

  /**
   * As `Way.ask`. The certificate that is pinned is that of its API: of another protocol that shows another one, only that protocol
   * is left alone, and asked nothing.
   */
  async #ask<T>(way: Way, call: Call<T>, signal: AbortSignal, asking?: Asking<T>): Promise<Outcome<T>> {
    const said = await way.ask(call, signal, asking);
    if (way.name === 'api' || said.kind !== 'failed' || said.other !== true) return said;
    const { reason, mayPass } = said;
    const setback: Setback = { kind: 'failed', reason, mayPass };
    this.#strangers.set(way.name, setback);
    return setback;
  }

  /** What a stranger says counts last: the device itself may be booting. */
  #worst(setbacks: readonly Setback[]): Setback | null {
    return worstOf(setbacks.filter((said) => !this.#isStranger(said))) ?? worstOf(setbacks);
  }

  async #identify(way: Way, signal: AbortSignal): Promise<Outcome<Identified>> {
    const heard = (said: Outcome<Identified>): void => {
      // One that cannot say who the device is may serve settings all the same.
      if (said.kind !== 'unsupported') this.#heard(way.name, said);
    };
    return this.#named(
      await this.#ask(way, (driver, limited) => driver.identify(limited), signal, { heard }),
    );
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

  /** Asks the other ways who the device is, until it is proved enough; of one that is being asked already, its word is waited for. */
  async #prove(proof: Proof, not: DriverName, signal: AbortSignal): Promise<boolean> {
    for (const way of this.#byLikelihood()[0]) {
      if (suffices(this.#proof, proof)) return true;
      if (way.name === not || way.proving) continue;
      if (way.asking) await way.asking;
      else await this.#identify(way, signal);
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
    // Where nobody listens that is said at once, each time: it need not be remembered.
    if (said.kind === 'unreachable' && said.refused) return;
    if (said.kind === 'unsupported' || said.kind === 'unreachable')
      this.#absent.set(name, missed(this.#absent.get(name), said, this.#now()));
    else this.#absent.delete(name);
  }

  /** Who did is not taken as gone for having been silent once. */
  #hasServed(name: DriverName): boolean {
    const all = [Object.values(this.#known.serves), this.#serves.values(), this.#cutOff.values()];
    return all.some((names) => [...names].includes(name));
  }

  /** Why a setting that nobody served is not simply one that the device lacks; null: it lacks it. */
  #troubleWith(key: string, troubles: ReadonlyMap<DriverName, Setback>): string | null {
    for (const [name, { kind, reason }] of troubles) {
      const served = this.#serves.get(key) ?? this.#cutOff.get(key) ?? this.#known.serves[key];
      if (served === name) return `${name}: ${reason}`;
      const silent = kind === 'unsupported' || kind === 'unreachable';
      if (name !== 'api' && !silent && this.#mayServe(name, key)) return `${name}: ${reason}`;
    }
    return null;
  }
}

const notSpoken: Setback = { kind: 'unsupported', reason: 'it speaks no protocol that Muster speaks' };

const noSecrets: Setback = { kind: 'unsupported', reason: 'this protocol changes no secrets' };
const noRules: Setback = {
  kind: 'unsupported',
  reason: 'it speaks no protocol that knows of rules of IPsec',
};

const otherDevice = (serial: string): Setback => ({
  kind: 'failed',
  reason: `another device answers there: ${serial}`,
  mayPass: false,
  other: true,
});

/** Another device answers: nothing more is said to anybody there. */
const isOther = (said: Outcome<unknown>): boolean => said.kind === 'failed' && said.other === true;

const has =
  (key: string) =>
  (said: Outcome<Reading>): boolean =>
    said.kind === 'answered' && (said.value.values.has(key) || said.value.failed.has(key));

const proofs: readonly Proof[] = ['nothing', 'named', 'proved'];
const suffices = (has: Proof, needs: Proof): boolean => proofs.indexOf(has) >= proofs.indexOf(needs);

/** Which of two setbacks says more: what a device says comes before that it says nothing. */
const weight: Readonly<Record<Setback['kind'], number>> = {
  failed: 3,
  denied: 2,
  unreachable: 1,
  unsupported: 0,
};

const worstOf = (setbacks: readonly Setback[]): Setback | null =>
  setbacks.reduce<Setback | null>((one, other) => worse(one, other), null);

/** The first of two equals. */
function worse(one: Setback | null, other: Setback | null): Setback | null {
  if (!one || !other) return one ?? other;
  return weight[other.kind] > weight[one.kind] ? other : one;
}
