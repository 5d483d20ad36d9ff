// One virtual printer: a whole device with an address of its own, and faults on demand.
import type { Identity } from '#events/identity';
import type { AnnounceReason } from '../agent.js';
import { makeOwnCertificate } from '../credentials.js';
import type { Device } from '../device/device.js';
import { Machine, type MachineOptions } from '../machine.js';
import type { Announcing } from '../state.js';
import type { Addresses } from './addresses.js';

export type PrinterOptions = Pick<
  MachineOptions,
  'stateDir' | 'identity' | 'missing' | 'server' | 'apiPort' | 'log' | 'pace' | 'gate'
> & { readonly addresses: Addresses };

export class Printer {
  readonly #machine: Machine;
  readonly #addresses: Addresses;
  readonly #refused: Set<string>;
  readonly #ignored: Set<string>;
  readonly #slowness: { delayMs: number };

  private constructor(parts: {
    readonly machine: Machine;
    readonly addresses: Addresses;
    readonly refused: Set<string>;
    readonly ignored: Set<string>;
    readonly slowness: { delayMs: number };
  }) {
    this.#machine = parts.machine;
    this.#addresses = parts.addresses;
    this.#refused = parts.refused;
    this.#ignored = parts.ignored;
    this.#slowness = parts.slowness;
  }

  static async open({ addresses, ...options }: PrinterOptions): Promise<Printer> {
    const refused = new Set<string>();
    const ignored = new Set<string>();
    const slowness = { delayMs: 0 };
    const address = () => machine.device.identity.ip;
    const machine: Machine = await Machine.open({
      ...options,
      durable: false,
      apiHost: address,
      from: address,
      veto: (key) => (refused.has(key) ? 'this printer refuses to change it' : null),
      ignores: (key) => ignored.has(key),
      delayMs: () => slowness.delayMs,
    });
    return new Printer({ machine, addresses, refused, ignored, slowness });
  }

  get identity(): Identity {
    return this.#machine.device.identity;
  }

  get device(): Device {
    return this.#machine.device;
  }

  /** What its panel shows about announcing. */
  get shown(): Announcing {
    return this.#machine.shown;
  }

  /** What it announces with, PEM. */
  async certificate(): Promise<string> {
    return (await this.#machine.credentials()).certificate;
  }

  /** Resolves when it neither announces nor waits to. */
  settled(): Promise<void> {
    return this.#machine.agent.settled();
  }

  /** Opens its interface, without announcing. */
  async up(): Promise<void> {
    await this.#machine.up();
  }

  async boot(): Promise<Announcing> {
    await this.up();
    return this.#machine.boot();
  }

  announce(reason: AnnounceReason): Promise<Announcing> {
    return this.#machine.announce(reason);
  }

  /** As pressed by a technician: settings and password are as from the box, certificates stay (R8). */
  coldReset(): Promise<Announcing> {
    return this.#machine.coldReset();
  }

  /** Off and on again; settings stay. */
  async powerCycle(): Promise<Announcing> {
    await this.unplug();
    return this.boot();
  }

  /** The network hands it another address. */
  async newAddress(): Promise<Announcing> {
    await this.unplug();
    this.#machine.device.identity = { ...this.identity, ip: this.#addresses.take() };
    await this.up();
    return this.announce('ipChanged');
  }

  /** Its host name is changed. */
  async rename(hostname: string): Promise<Announcing> {
    this.#machine.device.identity = { ...this.identity, hostname };
    return this.announce('hostnameChanged');
  }

  /** The cable is pulled: connections break, nothing answers, nothing is announced. */
  async unplug(): Promise<void> {
    await this.#machine.down();
  }

  async replug(): Promise<Announcing> {
    await this.up();
    return this.announce('linkUp');
  }

  /** From now on it takes every write but those of `setting`. */
  refuseWrite(setting: string): void {
    this.#refused.add(setting);
  }

  allowWrite(setting: string): void {
    this.#refused.delete(setting);
  }

  /** From now on it says that it took writes of `setting`, and keeps the value it has. */
  ignoreWrite(setting: string): void {
    this.#ignored.add(setting);
  }

  /** From now on each answer of its interface takes this long; 0 ends it. */
  slow(delayMs: number): void {
    this.#slowness.delayMs = delayMs;
  }

  /** Its interface shows another certificate than the one it announces with. */
  async wrongCertificate(): Promise<void> {
    await this.#machine.present(await makeOwnCertificate(this.identity.serial));
  }

  async rightCertificate(): Promise<void> {
    await this.#machine.present(null);
  }
}
