// One device as its network interface shows it: who it is, its settings, its administrator's password.
import type { SettingValue } from '#events/device-setting';
import type { Identity } from '#events/identity';
import type { IpsecRule } from '#events/ipsec';
import { passwordHash } from './digest.js';
import { deviceSettings, outOfBox, type Settings } from './setting.js';

/** What a device remembers of its configuration; a cold reset forgets all of it. */
export interface Configuration {
  /** Settings written since the device came from the box. */
  readonly written: Settings;
  /** SHA-256 of `admin:realm:password`; null while no password is set. */
  readonly passwordHash: string | null;
  /** Its rules of IPsec. */
  readonly ipsec: readonly IpsecRule[];
}

export const freshConfiguration: Configuration = { written: {}, passwordHash: null, ipsec: [] };

/** Where a device keeps its configuration. */
export interface Memory {
  read(): Configuration;
  /** Resolves when the configuration survives a power cut; rejects when it was not kept. */
  save(configuration: Configuration): Promise<void>;
}

/** What became of a write, key by key. */
export interface Written {
  readonly applied: Settings;
  readonly refused: Readonly<Record<string, string>>;
}

export interface DeviceOptions {
  readonly identity: Identity;
  readonly memory: Memory;
  /** Settings that this model does not have; `ipsec`: rules of IPsec. */
  readonly missing?: readonly string[];
  /** A reason of this device's own not to take a setting; null when it has none. */
  readonly veto?: (key: string) => string | null;
  /** True when it says that it took the setting, and keeps the old value. */
  readonly ignores?: (key: string) => boolean;
  /** Told after each write that was kept, with what changed by it. */
  readonly onChanged?: (changed: Settings) => void;
}

export class Device {
  /** Replaced whole when address, host name or firmware change. */
  identity: Identity;
  readonly #options: DeviceOptions;
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(options: DeviceOptions) {
    this.identity = options.identity;
    this.#options = options;
  }

  get realm(): string {
    return `muster ${this.identity.serial}`;
  }

  get passwordHash(): string | null {
    return this.#options.memory.read().passwordHash;
  }

  settings(): Settings {
    const { memory, missing } = this.#options;
    const configuration = memory.read();
    return {
      ...outOfBox(missing),
      ...configuration.written,
      'admin.passwordSet': configuration.passwordHash !== null,
    };
  }

  /** Takes what it can of `set`; resolves when that is kept. */
  async write(set: Settings): Promise<Written> {
    return this.#inTurn(async () => {
      const written = this.#judge(set);
      const [before, settings] = [this.#options.memory.read(), this.settings()];
      const kept = Object.entries(written.applied).filter(([key]) => !this.#options.ignores?.(key));
      const changed = kept.filter(([key, value]) => settings[key] !== value);
      if (changed.length > 0) {
        const all = { ...before.written, ...Object.fromEntries(kept) };
        await this.#options.memory.save({ ...before, written: all });
        this.#options.onChanged?.(Object.fromEntries(changed));
      }
      return written;
    });
  }

  async setPassword(password: string): Promise<void> {
    await this.#inTurn(async () => {
      const { memory } = this.#options;
      await memory.save({ ...memory.read(), passwordHash: passwordHash(this.realm, password) });
    });
  }

  /** Its rules of IPsec; null: this model has none. */
  ipsec(): readonly IpsecRule[] | null {
    const { memory, missing } = this.#options;
    return missing?.includes('ipsec') ? null : memory.read().ipsec;
  }

  /** Puts these rules in the place of all that there were. */
  async setIpsec(rules: readonly IpsecRule[]): Promise<void> {
    const { memory } = this.#options;
    await this.#inTurn(() => memory.save({ ...memory.read(), ipsec: rules }));
  }

  /** Forgets settings, rules and password, as a technician's cold reset does (R8); certificates are not its matter. */
  async coldReset(): Promise<void> {
    await this.#inTurn(() => this.#options.memory.save(freshConfiguration));
  }

  #judge(set: Settings): Written {
    const present = this.settings();
    const applied: Record<string, SettingValue> = {};
    const refused: Record<string, string> = {};
    for (const [key, value] of Object.entries(set)) {
      const setting = Object.hasOwn(present, key) ? deviceSettings[key] : undefined;
      const reason = setting
        ? (setting.fault(value) ?? this.#options.veto?.(key) ?? null)
        : 'this device has no such setting';
      if (reason === null) applied[key] = value;
      else refused[key] = reason;
    }
    return { applied, refused };
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastWrite.then(work);
    this.#lastWrite = turn.catch(() => undefined);
    return turn;
  }
}
