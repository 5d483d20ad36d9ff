// A device whose secrets are settings like others: whether they are those that Muster keeps, and changed to them (R67). A new
// one is kept before the device gets it, and counts once the device has let Muster in by it: whoever dies half-way, one of
// the two opens the device.
import type { CredentialKind } from '#device/credential';
import { settingsCatalogue } from '#device/catalogue';
import type { Credential } from '#device/credential';
import type { DriverName, Outcome, Reading, Setback, Values, Written } from '#device/device';
import type { Speaking, Ways } from '#device/ways/ways';
import type { SettingValue } from '#events/device-setting';
import { wasRight } from './candidates.js';
import type { CredentialEntrances } from './entrances.js';
import type { Candidate, Held } from './held.js';
import { newSecret, type Vault } from './vault.js';

export interface WithSecretsOptions {
  readonly device: Ways;
  readonly entrances: CredentialEntrances;
  readonly held: Held;
  readonly vault: Vault;
  /** What the device is, as a digest: see subjectOf. */
  readonly subject: string;
}

const kindOf = (key: string): CredentialKind | null => settingsCatalogue.get(key)?.credential ?? null;
const driverOf = (kind: CredentialKind): DriverName => (kind === 'admin' ? 'api' : 'snmp');
const notHere =
  'no secret is set on a device that has not proved who it is, nor by SNMP but as a user of SNMPv3';
const noneKept = 'none is kept for it: muster credential set says how';
const notOpened = 'what Muster keeps for it cannot be opened: the log says why';
const letInAsBefore = 'it took the new one, but lets in by the one before';
const notVouched =
  'a password that other devices have as well is not set on one that nobody vouches for: see muster credential set --help';
const answered = <T>(value: T): Outcome<T> => ({ kind: 'answered', value });

export class WithSecrets implements Speaking {
  /** What the device has since this task has changed it. */
  readonly #changed = new Map<CredentialKind, Candidate>();

  /** By key and value: why the device could not be given it; null: it could. */
  readonly #lacking = new Map<string, string | null>();

  /** Made in this task. */
  readonly #made = new Map<CredentialKind, Candidate>();

  constructor(private readonly options: WithSecretsOptions) {}

  identify: Speaking['identify'] = (signal) => this.options.device.identify(signal);
  reach: Speaking['reach'] = (lost, signal) => this.options.device.reach(lost, signal);
  known: Speaking['known'] = () => this.options.device.known();
  ipsec: Speaking['ipsec'] = (signal) => this.options.device.ipsec(signal);
  setIpsec: Speaking['setIpsec'] = (rules, signal) => this.options.device.setIpsec(rules, signal);
  close: Speaking['close'] = () => this.options.device.close();

  get leftAlone(): string | null {
    const { device, entrances } = this.options;
    const refused = entrances.refusedBehind(device.letInBy('snmp'));
    const all = [device.leftAlone, entrances.withheld, refused].filter((one) => one !== null);
    return all.length > 0 ? all.join('; ') : null;
  }

  get isTooSlow(): boolean {
    return this.options.device.isTooSlow;
  }

  by(key: string): DriverName | null {
    const kind = kindOf(key);
    if (!kind) return this.options.device.by(key);
    return this.#valueOf(kind) === undefined ? null : driverOf(kind);
  }

  /** As it was when the device was read last. By SNMP over SNMPv3 alone: a community is as good as said aloud. */
  whyNotSet(key: string, value: SettingValue): string | null {
    const kind = kindOf(key);
    const { device } = this.options;
    if (!kind) return device.whyNotSet(key, value);
    const isOpen = kind === 'admin' ? device.isProved : this.#letIn('snmp')?.kind === 'snmpUser';
    return isOpen ? (this.#lacking.get(`${key} ${String(value)}`) ?? null) : notHere;
  }

  byServing(changes: Values): ReadonlyMap<DriverName | null, Values> {
    const groups = Map.groupBy(changes, ([key]) => this.by(key));
    return new Map([...groups].map(([name, pairs]) => [name, new Map(pairs)]));
  }

  async read(keys: ReadonlySet<string>, signal: AbortSignal): Promise<Outcome<Reading>> {
    const { device } = this.options;
    const kinds = [...keys].flatMap((key) => kindOf(key) ?? []);
    const others = new Set([...keys].filter((key) => kindOf(key) === null));
    const said = await (others.size > 0 ? device.read(others, signal) : this.#stillLetIn(kinds, signal));
    if (said.kind !== 'answered') return said;
    // What lets in is found out also where nothing else is asked by it.
    for (const name of new Set(kinds.map(driverOf)))
      if (!device.letInBy(name)) await device.confirm(name, signal);
    for (const kind of kinds)
      for (const to of ['stored', 'generated'])
        this.#lacking.set(`credential.${kind} ${to}`, await this.#whyLacking(kind, to));
    const own = kinds.flatMap((kind): [string, SettingValue][] => {
      const value = this.#valueOf(kind);
      return value === undefined ? [] : [[`credential.${kind}`, value]];
    });
    return answered({ values: new Map([...said.value.values, ...own]), failed: said.value.failed });
  }

  async write(changes: Values, signal: AbortSignal): Promise<Outcome<Written>> {
    const { device } = this.options;
    const [[key, to] = ['', '']] = changes;
    const kind = kindOf(key);
    // What could cut Muster off is written alone.
    if (!kind || changes.size !== 1) return device.write(changes, signal);
    const refusal = this.whyNotSet(key, to) ?? (await this.#change(kind, to, signal));
    if (refusal !== null && typeof refusal !== 'string') return refusal;
    const refused = refusal === null ? [] : [[key, refusal] as const];
    return answered({ applied: new Set(refusal === null ? [key] : []), refused: new Map(refused) });
  }

  async #stillLetIn(kinds: readonly CredentialKind[], signal: AbortSignal): Promise<Outcome<Reading>> {
    for (const name of new Set(kinds.map(driverOf))) {
      const setback = await this.options.device.confirm(name, signal);
      if (setback) return setback;
    }
    return answered({ values: new Map(), failed: new Map() });
  }

  /** Undefined: what has such a secret is not spoken. */
  #valueOf(kind: CredentialKind): SettingValue | undefined {
    const { device, held } = this.options;
    const name = driverOf(kind);
    if (!device.letInBy(name)) return undefined;
    const used = this.#letIn(name);
    if (used?.kind === kind) return this.#wordFor(used);
    // A community of a device that is spoken with by SNMPv3 is not tried, only remembered.
    const changed =
      this.#changed.get(kind) ?? held.candidates.find((one) => one.kind === kind && wasRight(held, one));
    return used?.kind === 'snmpUser' && changed ? this.#wordFor(changed) : 'other';
  }

  #wordFor(used: Candidate): SettingValue {
    const is = (one: Candidate | null): boolean => one?.place === used.place && one.version === used.version;
    if (is(this.#changed.get(used.kind) ?? null)) return used.generated ? 'generated' : 'stored';
    if (is(this.#first(used.kind, true))) return 'generated';
    return is(this.#first(used.kind, false)) ? 'stored' : 'other';
  }

  /** The one that the device should have. */
  #first(kind: CredentialKind, generated: boolean): Candidate | null {
    const { candidates } = this.options.held;
    const made = generated ? this.#made.get(kind) : undefined;
    if (made) return made;
    return (
      candidates.find((one) => one.kind === kind && one.age === 0 && one.generated === generated) ?? null
    );
  }

  #letIn(name: DriverName): Candidate | null {
    const { device, entrances } = this.options;
    const entrance = device.letInBy(name);
    return entrance && entrances.candidateOf(entrance);
  }

  /** Null: it has it now. Else why not, or what hinders it. */
  async #change(
    kind: CredentialKind,
    to: SettingValue,
    signal: AbortSignal,
  ): Promise<string | Setback | null> {
    const { device, vault, held, subject } = this.options;
    const name = driverOf(kind);
    const before = this.#letIn(name);
    const next = await this.#wanted(kind, to, before);
    if (typeof next === 'string') return next;
    const secret = await vault.open(next);
    if (!secret) return notOpened;
    if (!this.#mayHave(kind, next, secret)) return notVouched;
    await vault.giving(held, next, subject);
    const said = await device.setSecret(name, secret, signal);
    if (said.kind !== 'answered' && said.kind !== 'unreachable') return said.reason;
    if (kind === 'snmpRead' || kind === 'snmpWrite') {
      if (said.kind !== 'answered') return said;
    } else {
      const refusal = await this.#verify(name, { before, next }, signal);
      if (refusal === letInAsBefore && said.kind === 'unreachable') return said;
      if (refusal !== null) return refusal;
    }
    this.#changed.set(kind, next);
    await vault.remember(held, next, { subject, isRight: true });
    return null;
  }

  /** What would keep it from getting this one: found out before anything is written, so that a dry run says the same. */
  async #whyLacking(kind: CredentialKind, to: string): Promise<string | null> {
    const kept = this.#first(kind, to === 'generated');
    if (!kept && to === 'stored') return noneKept;
    const secret = kept && (await this.options.vault.open(kept));
    if (kept && !secret) return notOpened;
    // One that is made yet is the device's own.
    return this.#mayHave(kind, kept ?? { scope: 'device' }, secret) ? null : notVouched;
  }

  /** By SNMPv3 it goes to who has shown that he knows a user's password. */
  #mayHave(kind: CredentialKind, one: Pick<Candidate, 'scope'>, secret: Credential | null): boolean {
    return driverOf(kind) !== 'api' || this.options.entrances.mayHave(one, secret);
  }

  /** What the device is to have, kept for good before it gets it; else why there is none. */
  async #wanted(
    kind: CredentialKind,
    to: SettingValue,
    before: Candidate | null,
  ): Promise<Candidate | string> {
    const { vault, held } = this.options;
    if (to === 'stored') return this.#first(kind, false) ?? noneKept;
    if (to !== 'generated') return 'a secret that Muster does not keep cannot be put back';
    // One that the device may have taken without a word is not given up for another.
    const known = this.#first(kind, true);
    if (known) return known;
    const model = before && (await vault.open(before));
    const made = await vault.keep(kind, held.owner, newSecret(kind, model));
    this.#made.set(kind, made);
    return made;
  }

  /** By the new one, or by the one before: null where it is the new one. */
  async #verify(
    name: DriverName,
    { before, next }: { readonly before: Candidate | null; readonly next: Candidate },
    signal: AbortSignal,
  ): Promise<string | Setback | null> {
    const { device, entrances } = this.options;
    entrances.prefer(name, before ? [next, before] : [next]);
    const setback = await device.reopen(name, signal);
    if (setback) return setback;
    if (this.#letIn(name)?.version !== next.version || this.#letIn(name)?.place !== next.place)
      return letInAsBefore;
    if (name !== 'api') return null;
    const key = 'admin.passwordSet';
    const read = await device.read(new Set([key]), signal);
    if (read.kind !== 'answered') return read;
    return read.value.values.get(key) === true ? null : 'it took a password, but asks for none';
  }
}
