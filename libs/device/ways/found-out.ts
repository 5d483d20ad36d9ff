// What is found out about a device as it is spoken with, beside what was remembered of it: which protocol serves a setting, and
// which ones it does not speak.
import type { SettingValue } from '../../events/device-setting.js';
import type { Catalogue } from '../catalogue.js';
import { driverNames, type DriverName, type Outcome, type Setback, type Values } from '../device.js';
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

interface Named {
  readonly name: DriverName;
}

export interface FoundOutOptions {
  /** What is remembered of it; null: nothing. */
  readonly known: Known | null;
  /** As it is known now: what was remembered of another counts no more. */
  readonly subject: Subject;
  readonly catalogue: Catalogue;
  readonly now: () => Date;
}

export class FoundOut {
  readonly #known: Known;
  /** By key: as this task has found it. */
  readonly #serves = new Map<string, DriverName>();
  /** By key: why it cannot be set, as what serves it has said. */
  readonly #fixed = new Map<string, string | null>();
  /** By key: which way served it in this task, until a write cut that way off. */
  readonly #cutOff = new Map<string, DriverName>();
  readonly #absent = new Map<DriverName, Absence>();

  constructor(private readonly options: FoundOutOptions) {
    const { known, subject } = options;
    this.#known = known && sameDevice(known.of, subject) ? known : nothingKnown(subject);
    for (const name of driverNames) {
      const absence = this.#known.absent[name];
      if (absence) this.#absent.set(name, absence);
    }
  }

  /** What served a setting when it was read; null: nothing did. */
  by(key: string): DriverName | null {
    return this.#serves.get(key) ?? null;
  }

  /** @param fixed why it would not let it be set, as it says itself; null: it does not say so */
  serve(key: string, name: DriverName, fixed: string | null = null): void {
    this.#serves.set(key, name);
    this.#fixed.set(key, fixed);
  }

  /** Why what serves it says that it could not be set; null: it does not say so. */
  fixed(key: string): string | null {
    return this.#fixed.get(key) ?? null;
  }

  /** Forgets who served these: what they went by may be cut off. */
  findAnew(which: (key: string, name: DriverName) => boolean): void {
    for (const [key, name] of [...this.#serves].filter((pair) => which(...pair))) {
      this.#serves.delete(key);
      this.#cutOff.set(key, name);
    }
  }

  /** Once a setting was read, it is asked of what served it alone. */
  mayServe(name: DriverName, key: string): boolean {
    const serving = this.#serves.get(key);
    if (serving !== undefined) return serving === name;
    return name === 'api' || this.options.catalogue.get(key)?.by[name] !== undefined;
  }

  /** Whether what serves it could set it so, too. */
  isWritable(key: string, value: SettingValue): boolean {
    const name = this.by(key);
    const { snmp, ipp } = this.options.catalogue.get(key)?.by ?? {};
    if (name === 'snmp') return snmp?.writable === true;
    return name === 'api' || (name === 'ipp' && ipp?.sets?.includes(value) === true);
  }

  /** Whether SNMP serves it, and lets no community in any more once it is set so. */
  endsCommunities(key: string, value: SettingValue): boolean {
    const { endsCommunities = [] } = this.options.catalogue.get(key) ?? {};
    return this.by(key) === 'snmp' && endsCommunities.includes(value);
  }

  byServing(changes: Values): ReadonlyMap<DriverName | null, Values> {
    const groups = Map.groupBy(changes, ([key]) => this.by(key));
    return new Map([...groups].map(([name, pairs]) => [name, new Map(pairs)]));
  }

  /** Who did is not taken as gone for having been silent once. */
  hasServed(name: DriverName): boolean {
    const all = [Object.values(this.#known.serves), this.#serves.values(), this.#cutOff.values()];
    return all.some((names) => [...names].includes(name));
  }

  heard(name: DriverName, said: Outcome<unknown>): void {
    // Where nobody listens that is said at once, each time: it need not be remembered.
    if (said.kind === 'unreachable' && said.refused) return;
    if (said.kind === 'unsupported' || said.kind === 'unreachable')
      this.#absent.set(name, missed(this.#absent.get(name), said, this.options.now()));
    else this.#absent.delete(name);
  }

  /** Those that it may speak, and those that it is remembered not to. */
  byLikelihood<Who extends Named>(
    all: readonly Who[],
  ): readonly [likely: readonly Who[], absent: readonly Who[]] {
    const now = this.options.now();
    const absent = all.filter(({ name }) => isAbsent(this.#absent.get(name), now, this.hasServed(name)));
    return [all.filter((who) => !absent.includes(who)), absent];
  }

  /** Why a setting that nobody served is not simply one that the device lacks; null: it lacks it. */
  troubleWith(key: string, troubles: ReadonlyMap<DriverName, Setback>): string | null {
    for (const [name, { kind, reason }] of troubles) {
      const served = this.#serves.get(key) ?? this.#cutOff.get(key) ?? this.#known.serves[key];
      if (served === name) return `${name}: ${reason}`;
      const silent = kind === 'unsupported' || kind === 'unreachable';
      if (name !== 'api' && !silent && this.mayServe(name, key)) return `${name}: ${reason}`;
    }
    return null;
  }

  /** To be remembered. */
  known(): Known {
    const all = Object.entries({ ...this.#known.serves, ...Object.fromEntries(this.#serves) });
    const serves = Object.fromEntries(all.filter(([, name]) => !isGone(this.#absent.get(name))));
    return { of: this.options.subject, serves, absent: Object.fromEntries(this.#absent) };
  }
}
