// Honest devices that announce at a steady rate, each with an address and certificate of its own, and an interface that
// assessment can read. Each comes again with the same announcement until it is accepted, as the agent does.
import { join } from 'node:path';
import type { SecureContext } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import { backOffMs, type Pauses } from '#events/back-off';
import { announce } from '#announce/announce';
import { clientContext } from '#announce/reach';
import type { Acknowledge } from '#announce/announcement';
import { openLog } from '#runtime/log';
import { Addresses } from '../../apps/agent/fleet/addresses.js';
import { gate } from '../../apps/agent/fleet/gate.js';
import { models } from '../../apps/agent/fleet/models.js';
import { Machine } from '../../apps/agent/machine.js';
import type { Accepted } from './verdict.js';

export interface CrowdOptions {
  readonly count: number;
  /** What devices keep. */
  readonly stateDir: string;
  /** Where gateways listen, on loopback. */
  readonly gateways: readonly number[];
  readonly apiPort: number;
  /** Devices are at `<prefix>.x.y`. */
  readonly networkPrefix: string;
  /** Number of the first, of which serial numbers and MAC addresses are made (1). */
  readonly first?: number;
  /** Announcements that one device has under way at a time (1): no device of ours has more. */
  readonly atOnce?: number;
}

interface Device {
  readonly index: number;
  readonly machine: Machine;
  readonly context: SecureContext;
  announcements: number;
  underWay: number;
}

/** Devices wait between attempts from about the first to about the second, doubled each time. */
const waits: Pauses = { firstMs: 250, maxMs: 2_000 };
const attemptLimitMs = 12_000;
const openingMax = 32;
const log = openLog({ level: 'silent', fields: {} });

export class Crowd {
  readonly accepted = new Map<string, Accepted>();
  readonly counts = { retry: 0, unanswered: 0, refused: 0, slowestMs: 0 };
  #watched = { sinceMs: Infinity, attempts: 0 };
  /** When the newest attempt began that each gateway accepted. */
  readonly #ackedSince: number[];
  readonly #underWay = new Set<Promise<void>>();
  #stopping = false;
  #turn = 0;
  #running: Promise<void> = Promise.resolve();

  private constructor(
    private readonly devices: readonly Device[],
    private readonly gateways: readonly number[],
    private readonly atOnce: number,
  ) {
    this.#ackedSince = gateways.map(() => 0);
  }

  static async open(options: CrowdOptions): Promise<Crowd> {
    const addresses = new Addresses(options.networkPrefix);
    const opening = gate(openingMax);
    const numbers = Array.from({ length: options.count }, (_, index) => ({ index, ip: addresses.take() }));
    const opened = numbers.map(({ index, ip }) => opening(() => openDevice(options, index, ip)));
    return new Crowd(await Promise.all(opened), options.gateways, options.atOnce ?? 1);
  }

  get serials(): readonly string[] {
    return this.devices.map(({ machine }) => machine.device.identity.serial);
  }

  /** New announcements from now on, `perSecond` of them, as long as there are devices that do not wait for an answer. */
  start(perSecond: number): void {
    this.#stopping = false;
    this.#running = this.#run(perSecond);
  }

  /** No new ones; resolves when all that were begun are accepted. */
  async settle(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await Promise.all(this.#underWay);
  }

  /** Whether a gateway accepted something that a device began to say after `sinceMs` (performance.now). */
  ackedBy(gateway: number, sinceMs: number): boolean {
    return (this.#ackedSince[gateway] ?? 0) > sinceMs;
  }

  /** Counts the attempts of announcements that begin from now on. */
  watch(): void {
    this.#watched = { sinceMs: performance.now(), attempts: 0 };
  }

  /** The most that any announcement needed since then. */
  get attemptsMost(): number {
    return this.#watched.attempts;
  }

  async close(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await Promise.all(this.devices.map(({ machine }) => machine.down()));
  }

  async #run(perSecond: number): Promise<void> {
    const startedAt = performance.now();
    for (let number = 0; !this.#stopping; number += 1) {
      const waitMs = startedAt + (number * 1000) / perSecond - performance.now();
      if (waitMs > 0) await delay(waitMs);
      const device = this.#free();
      if (!device) continue;
      const done = this.#untilAccepted(device).finally(() => this.#underWay.delete(done));
      this.#underWay.add(done);
    }
  }

  #free(): Device | null {
    for (let tries = 0; tries < this.devices.length; tries += 1) {
      this.#turn = (this.#turn + 1) % this.devices.length;
      const device = this.devices[this.#turn];
      if (device && device.underWay < this.atOnce) return device;
    }
    return null;
  }

  async #untilAccepted(device: Device): Promise<void> {
    device.underWay += 1;
    device.announcements += 1;
    const { serial } = device.machine.device.identity;
    const announcementId = `${serial}-${device.announcements}`;
    const beganAt = performance.now();
    let attempts = 0;
    for (;;) {
      attempts += 1;
      const answer = await this.#attempt(device, announcementId);
      if (answer?.result === 'accepted' && answer.event !== null) {
        this.accepted.set(answer.event, { id: answer.event, serial, announcementId });
        break;
      }
      if (answer === null) this.counts.unanswered += 1;
      else if (answer.result === 'retry') this.counts.retry += 1;
      else this.counts.refused += 1;
      await delay(backOffMs(attempts, waits));
    }
    if (beganAt > this.#watched.sinceMs) this.#watched.attempts = Math.max(this.#watched.attempts, attempts);
    this.counts.slowestMs = Math.max(this.counts.slowestMs, performance.now() - beganAt);
    device.underWay -= 1;
  }

  /** The gateways in turn, until one answers; null when none does. */
  async #attempt(device: Device, announcementId: string): Promise<Acknowledge | null> {
    const first = (device.index + device.announcements) % this.gateways.length;
    for (let tried = 0; tried < this.gateways.length; tried += 1) {
      const gateway = (first + tried) % this.gateways.length;
      const beganAt = performance.now();
      const answer = await this.#say(device, announcementId, this.gateways[gateway] ?? 0);
      if (!answer) continue;
      if (answer.result === 'accepted') {
        this.#ackedSince[gateway] = Math.max(this.#ackedSince[gateway] ?? 0, beganAt);
      }
      return answer;
    }
    return null;
  }

  async #say(
    { machine, context }: Device,
    announcementId: string,
    port: number,
  ): Promise<Acknowledge | null> {
    const { identity } = machine.device;
    const signal = AbortSignal.timeout(attemptLimitMs);
    const to = {
      host: '127.0.0.1',
      port,
      localAddress: identity.ip,
      context,
      requireVerified: false,
      signal,
    };
    const what = { identity, reason: 'linkUp' as const, announcementId, traceparent: null, origin: null };
    return announce(to, what).then(
      ({ acknowledge }) => acknowledge,
      () => null,
    );
  }
}

async function openDevice(options: CrowdOptions, index: number, ip: string): Promise<Device> {
  const model = models[index % models.length];
  if (!model) throw new RangeError('there is no model');
  const number = (options.first ?? 1) + index;
  const serial = `CROWD${String(number).padStart(5, '0')}`;
  const hex = number.toString(16).padStart(6, '0');
  const machine = await Machine.open({
    stateDir: join(options.stateDir, serial),
    durable: false,
    identity: {
      serial,
      model: model.name,
      mac: `02:00:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`,
      ip,
      hostname: serial.toLowerCase(),
      firmware: model.firmware,
    },
    missing: model.missing,
    server: {
      address: '127.0.0.1',
      port: options.gateways[0] ?? 0,
      name: 'localhost',
      localDomain: null,
      searchDomains: [],
      ipv6: false,
      dnsServers: null,
    },
    apiPort: options.apiPort,
    apiHost: () => ip,
    from: () => ip,
    log,
  });
  await machine.up();
  const { key, certificate } = await machine.credentials();
  return { index, machine, context: clientContext({ key, certificate }), announcements: 0, underWay: 0 };
}
