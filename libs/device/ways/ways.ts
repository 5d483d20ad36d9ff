// Several drivers as one device: which protocol serves what is found out, and remembered.
//
//   ways.ts       the device: identify, read and write through the drivers that it answers
//   way.ts        one of its drivers, and the credentials that it is tried with
//   reading.ts    its settings, from all that have some of them; writing.ts: each to the one that serves it
//   who.ts        whether it is the device that is meant, and how surely
//   found-out.ts  who serves what, and which protocols it does not speak; known.ts: what is remembered of that
//   setbacks.ts   which of several reasons is told
//   turns.ts      who is asked after whom, and beside whom
//   patience.ts   how long it may keep a task waiting
//   entrance.ts   where credentials come from, and what must be proved before each
import type { SettingValue } from '../../events/device-setting.js';
import { settingsCatalogue, type Catalogue } from '../catalogue.js';
import type { Credential } from '../credential.js';
import {
  driverNames,
  type DriverName,
  type Identified,
  type Outcome,
  type Reading,
  type Setback,
  type Values,
  type Written,
} from '../device.js';
import { ipsecRulesKey, type SaidRule, type SentRule } from '../ipsec.js';
import type { Entrance, Entrances, Proof } from './entrance.js';
import { FoundOut, type FoundOutOptions } from './found-out.js';
import type { Known } from './known.js';
import { Patience } from './patience.js';
import { readTogether } from './reading.js';
import { isOther, notSpoken } from './setbacks.js';
import { Way, type Call } from './way.js';
import { Who, type WhoOptions } from './who.js';
import { writeApart } from './writing.js';

export interface WaysOptions
  extends Pick<WhoOptions, 'serial' | 'target'>, Pick<FoundOutOptions, 'known' | 'subject'> {
  readonly entrances: Entrances;
  readonly now?: () => Date;
  readonly catalogue?: Catalogue;
}

const locksOut =
  'it is spoken with by a community, and by none any more after that: keep a user of SNMPv3 for it, who is tried first (muster credential set snmpUser)';
const notSettable = 'it can be read on this device, but not set by what serves it';

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
  | 'whyNotSet'
  | 'byServing'
  | 'known'
  | 'leftAlone'
  | 'isTooSlow'
  | 'close'
>;

/** A device, whatever it speaks. As a driver does, each call rejects only when `signal` is aborted. */
export class Ways {
  readonly #ways: readonly Way[];
  readonly #found: FoundOut;
  readonly #who: Who;
  readonly #patience = new Patience();

  constructor(options: WaysOptions) {
    const { entrances, now = () => new Date(), catalogue = settingsCatalogue } = options;
    this.#found = new FoundOut({ ...options, now, catalogue });
    this.#who = new Who({
      ...options,
      likely: () => this.#likely,
      hasServed: (name) => this.#found.hasServed(name),
      heard: (name, said) => this.#heard(name, said),
    });
    const prove = (proof: Proof, not: DriverName, signal: AbortSignal): Promise<boolean> =>
      this.#who.prove(proof, not, signal);
    this.#ways = driverNames.map((name) => new Way({ name, entrances, prove, patience: this.#patience }));
  }

  /** Asks those that it may speak until one names the serial number that is meant, then those that it is remembered not to. */
  async identify(signal: AbortSignal): Promise<Outcome<Identified>> {
    const [likely, absent] = this.#found.byLikelihood(this.#ways);
    const first = await this.#who.identifyBy(likely, signal);
    // Whose address is silent has not begun to speak another protocol.
    const silent = first?.kind === 'unreachable' && first.host === 'silent';
    if (first && (first.kind === 'answered' || isOther(first) || silent)) return first;
    const second = await this.#who.identifyBy(absent, signal);
    if (second && (second.kind === 'answered' || isOther(second))) return second;
    return this.#who.worst([first, second].filter((said) => said !== null)) ?? notSpoken;
  }

  /** Each setting by the first driver that has it. */
  read(keys: ReadonlySet<string>, signal: AbortSignal): Promise<Outcome<Reading>> {
    const [who, found, likely] = [this.#who, this.#found, this.#likely];
    const heard = (name: DriverName, said: Outcome<unknown>): void => this.#heard(name, said);
    return readTogether({ who, found, likely, heard }, keys, signal);
  }

  /** Each setting by the driver that serves it. What hinders one of several is told as refused. */
  write(changes: Values, signal: AbortSignal): Promise<Outcome<Written>> {
    const way = (name: DriverName | null): Way | undefined => this.#way(name);
    return writeApart({ who: this.#who, way }, this.byServing(changes), signal);
  }

  /** Its rules of IPsec: of all that it may speak, the open device API alone knows of such. */
  async ipsec(signal: AbortSignal): Promise<Outcome<readonly SaidRule[]>> {
    const api = this.#likely.find(({ name }) => name === 'api');
    if (!api) return noRules;
    const ask: Call<readonly SaidRule[]> = (driver, limited) =>
      driver.ipsec?.(limited) ?? Promise.resolve(noRules);
    const said = await api.ask(ask, signal);
    if (said.kind === 'answered') this.#found.serve(ipsecRulesKey, api.name);
    // Who has said otherwise who he is, and is not known to have spoken the API, has none.
    const silent = said.kind === 'unreachable' || said.kind === 'unsupported';
    const speaksIt = this.#who.isNamedBy(api.name) || this.#found.hasServed(api.name);
    return silent && !speaksIt && this.#who.isNamed ? noRules : said;
  }

  /** Puts these in the place of all that it has. Null: it took them; else its reason why not. */
  async setIpsec(rules: readonly SentRule[], signal: AbortSignal): Promise<Outcome<string | null>> {
    const api = this.#way('api');
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
    this.#found.findAnew((key) => lost.has(key));
    const likely = this.#likely;
    const cut = ({ name }: Way): boolean => names.has(name);
    const setbacks: Setback[] = [];
    for (const way of [...likely.filter(cut), ...likely.filter((one) => !cut(one))]) {
      const said = await this.#who.identifyAnew(way, signal);
      if (said.kind === 'answered') {
        if (!cut(way)) this.#found.findAnew((_, name) => names.has(name));
        return null;
      }
      if (isOther(said)) return said;
      setbacks.push(said);
    }
    return this.#who.worst(setbacks) ?? notSpoken;
  }

  /** Whether its certificate was seen, in this task. */
  get isProved(): boolean {
    return this.#who.isProved;
  }

  /** By what a protocol let Muster in; null: it did not so far. */
  letInBy(name: DriverName): Entrance | null {
    return this.#way(name)?.entrance ?? null;
  }

  /** Puts a secret in the place of the one that it has. The way stays as it is: see `reopen`. */
  async setSecret(name: DriverName, secret: Credential, signal: AbortSignal): Promise<Outcome<null>> {
    const set: Call<null> = (driver, limited) =>
      driver.setSecret?.(secret, limited) ?? Promise.resolve(noSecrets);
    return this.#way(name)?.ask(set, signal) ?? notSpoken;
  }

  /** Whether a protocol that it may speak lets in; null: it does. */
  async confirm(name: DriverName, signal: AbortSignal): Promise<Setback | null> {
    const way = this.#likely.find((one) => one.name === name);
    const said = await way?.ask((driver, limited) => driver.read(new Set(), limited), signal);
    return said?.kind === 'answered' ? null : (said ?? notSpoken);
  }

  /** The same, with the next credential that is handed out. */
  async reopen(name: DriverName, signal: AbortSignal): Promise<Setback | null> {
    const way = this.#way(name);
    if (!way) return notSpoken;
    way.reopen();
    const said = await way.ask((driver, limited) => driver.read(new Set(), limited), signal, {
      whateverEnds: name === 'snmp',
    });
    return said.kind === 'answered' ? null : said;
  }

  /** What served a setting when it was read; null: nothing did. */
  by(key: string): DriverName | null {
    return this.#found.by(key);
  }

  /** Why what serves it could not set it so, too; null: it could. */
  whyNotSet(key: string, value: SettingValue): string | null {
    if (!this.#found.isWritable(key, value)) return notSettable;
    const fixed = this.#found.fixed(key);
    if (fixed !== null) return fixed;
    return this.#found.endsCommunities(key, value) && !this.letInBy('snmp')?.isUser ? locksOut : null;
  }

  /** What was asked nothing, as another device may be behind it, and why; null: nothing was. */
  get leftAlone(): string | null {
    return this.#who.leftAlone;
  }

  /** It has kept its task waiting for longer than any may: it is asked nothing more. */
  get isTooSlow(): boolean {
    return this.#patience.spent;
  }

  byServing(changes: Values): ReadonlyMap<DriverName | null, Values> {
    return this.#found.byServing(changes);
  }

  /** What was found out, to be remembered. */
  known(): Known {
    return this.#found.known();
  }

  close(): void {
    for (const way of this.#ways) way.close();
  }

  #way(name: DriverName | null): Way | undefined {
    return this.#ways.find((one) => one.name === name);
  }

  /** Those that it may speak. */
  get #likely(): readonly Way[] {
    return this.#found.byLikelihood(this.#ways)[0];
  }

  #heard(name: DriverName, said: Outcome<unknown>): void {
    this.#who.heard(name, said);
    this.#found.heard(name, said);
  }
}

const noSecrets: Setback = { kind: 'unsupported', reason: 'this protocol changes no secrets' };
const noRules: Setback = {
  kind: 'unsupported',
  reason: 'it speaks no protocol that knows of rules of IPsec',
};
