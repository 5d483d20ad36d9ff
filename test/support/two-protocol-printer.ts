// A printer of two protocols: its card speaks SNMP, by a real snmpd, the rest of it the device API. It can die in the midst of
// anything, with what it has just been told or without it, and come back.
import { randomUUID, X509Certificate } from 'node:crypto';
import { exampleIdentity } from '#events/identity';
import { fingerprintOf, type Credentials } from '#pki/certificate';
import { freePort } from '../../scripts/free-port.mjs';
import { startApi, type Api } from '../../apps/agent/device/api.js';
import { Device, freshConfiguration, type Configuration } from '../../apps/agent/device/device.js';
import { passwordHash } from '../../apps/agent/device/digest.js';
import type { Known } from './assessing.js';
import { somePlace, startRelay, versionOf, type Peer, type Place } from './snmp-peer.js';
import { startSnmpd, type Snmpd, type SnmpdObject } from './snmpd.js';

export const oids = {
  access: '1.3.6.1.4.1.11.2.4.3.7.27.0',
  snmpWrite: '1.3.6.1.4.1.11.2.15.1.1.0',
  snmpRead: '1.3.6.1.4.1.11.2.15.1.2.0',
  telnet: '1.3.6.1.4.1.11.2.4.3.7.19.0',
} as const;

export const user = {
  name: 'muster',
  auth: 'SHA-256',
  authPassword: 'authentication-1',
  priv: 'AES',
  privPassword: 'privacy-pass-1',
  access: 'rw',
} as const;
export const factoryPassword = 'the factory one';

/** What it says yes to, and keeps as it is. */
export type Stays = 'admin' | 'snmpWrite' | 'snmpRead';

export interface PrinterOptions {
  /** Of its device API. */
  readonly shown: Credentials;
  readonly serial?: string;
  /** Where it is asked by SNMP; the port of its API. Absent: anywhere. */
  readonly place?: Place;
  readonly apiPort?: number;
  readonly stays?: Stays;
  /** Told after each thing that it has kept, and before it says so: whether it dies of it. */
  readonly diesOf?: (kept: Kept) => boolean;
  /** Asked before each answer by SNMP: whether it has gone back to its users' keys of before by then. */
  readonly goesBack?: () => boolean;
}

export interface Kept {
  readonly objects: ReadonlyMap<string, string>;
  readonly passwordHash: string | null;
}

export class TwoProtocolPrinter {
  /** Nothing that it says comes through. */
  silent = false;
  died = false;
  #api: Api | null = null;
  #kept: Configuration = freshConfiguration;
  #relay: Peer | null = null;
  /** It is as it came from the factory, and lives. */
  #made = false;

  private constructor(
    private readonly options: PrinterOptions,
    readonly known: Known,
    readonly snmpd: Snmpd,
    readonly ports: { readonly device: number; readonly snmp: number },
  ) {}

  static async start(options: PrinterOptions): Promise<TwoProtocolPrinter> {
    const { shown, serial = exampleIdentity.serial, stays } = options;
    const [agent, place] = [await somePlace(), options.place ?? (await somePlace())];
    const text = (oid: string, own: Stays): SnmpdObject => ({
      ...{ oid, type: 'string', value: 'NOT_SET' },
      access: own === stays ? 'stays' : 'rw',
    });
    const objects: readonly SnmpdObject[] = [
      { oid: oids.access, type: 'integer', value: 1, access: 'rw', range: [1, 5] },
      { oid: oids.telnet, type: 'integer', value: 1, access: 'rw', range: [0, 1] },
      text(oids.snmpWrite, 'snmpWrite'),
      text(oids.snmpRead, 'snmpRead'),
    ];
    const said = { serial, model: exampleIdentity.model, name: 'printer', mac: '3c5282aa0001' };
    const snmpd = await startSnmpd(agent.address, agent.port, { ...said, objects, users: [user] });
    // Keys of a user whom it has just made net-snmp does not change (cloneFrom is unset), of one whom it has kept it does.
    await snmpd.restart();
    const fingerprint = fingerprintOf(new X509Certificate(shown.certificate).raw);
    const identity = { ...exampleIdentity, serial, ip: place.address };
    const ports = { device: options.apiPort ?? (await freePort()), snmp: place.port };
    const known = { deviceId: randomUUID(), identity, fingerprint };
    const printer = new TwoProtocolPrinter(options, known, snmpd, ports);
    printer.#relay = await startRelay(agent, (answer, request) => printer.#answer(answer, request), place);
    await printer.device.setPassword(factoryPassword);
    printer.#made = true;
    await printer.#up();
    return printer;
  }

  get device(): Device {
    const save = (configuration: Configuration): Promise<void> => {
      const { passwordHash } = this.#kept;
      const stays = this.#made && this.options.stays === 'admin';
      this.#kept = stays ? { ...configuration, passwordHash } : configuration;
      return this.#dies() ? new Promise(() => undefined) : Promise.resolve();
    };
    // What its card has, SNMP says.
    const missing = ['snmp.access', 'svc.telnet'];
    return new Device({ identity: this.known.identity, memory: { read: () => this.#kept, save }, missing });
  }

  get place(): Place {
    return { address: this.known.identity.ip, port: this.ports.snmp };
  }

  /** Whether this is its administrator's password. */
  isOpenedBy(password: string): boolean {
    const { realm, passwordHash: its } = this.device;
    return passwordHash(realm, password) === its;
  }

  /** What it would come back with, if it forgot what it hears from now on. */
  get memory(): Memory {
    return { configuration: this.#kept, objects: this.snmpd.values() };
  }

  /** Switched on again. @param as what it has forgotten all since; null: it has kept all */
  async comeBack(as: Memory | null): Promise<void> {
    await this.#down();
    if (as) this.#kept = as.configuration;
    await (as ? this.snmpd.crash(as.objects) : this.snmpd.restart());
    this.silent = false;
    await this.#up();
  }

  async stop(): Promise<void> {
    await this.#down();
    this.#relay?.stop();
    await this.snmpd.stop();
  }

  /** As its card is set: where SNMPv3 alone is let in, nobody else gets an answer. snmpd keeps that, and does not obey it. */
  #answer(answer: Buffer, request: Buffer): readonly Buffer[] | Promise<readonly Buffer[]> {
    if (versionOf(request) < 3 && this.snmpd.values().get(oids.access) === '3') return [];
    if (this.options.goesBack?.()) return this.snmpd.crash(this.snmpd.values()).then(() => [answer]);
    return this.#dies() || this.silent ? [] : [answer];
  }

  /** Once. */
  #dies(): boolean {
    if (this.died || !this.#made) return false;
    const kept = { objects: this.snmpd.values(), passwordHash: this.#kept.passwordHash };
    this.died = this.options.diesOf?.(kept) ?? false;
    if (this.died) {
      this.silent = true;
      void this.#down();
    }
    return this.died;
  }

  async #up(): Promise<void> {
    const { device, known, ports } = this;
    const served = { device, identity: this.options.shown, host: known.identity.ip, port: ports.device };
    this.#api = await startApi(served);
  }

  async #down(): Promise<void> {
    const api = this.#api;
    this.#api = null;
    await api?.stop();
  }
}

export interface Memory {
  readonly configuration: Configuration;
  readonly objects: ReadonlyMap<string, string>;
}
