// A virtual fleet: many whole devices in one process, each with an address, serial number and certificate of its own.
//
//   fleet/printer.ts    one of them, with faults on demand
//   fleet/models.ts     what they are
//   fleet/addresses.ts  where they are: 127.8.0.0/16 unless told otherwise (Linux answers on all of it)
//   fleet/fault.ts      what is wrong with some from the start
//   fleet/gate.ts       how many announce at a time
import { join } from 'node:path';
import type { Log } from '#runtime/log';
import type { Outcome, Pace } from './attempt.js';
import type { Settings } from './device/setting.js';
import type { ServerSettings } from './network/find-server.js';
import { Addresses } from './fleet/addresses.js';
import { inflict, type FaultyPrinter } from './fleet/fault.js';
import { gate } from './fleet/gate.js';
import { models as allModels, type Model } from './fleet/models.js';
import { Printer, type PrinterOptions } from './fleet/printer.js';
import type { Announcing } from './state.js';
import { everyPeriod } from './network/triggers.js';

export interface FleetOptions {
  readonly count: number;
  /** Certificates, settings and states: a fleet started there again is the same fleet. */
  readonly stateDir: string;
  readonly server: { readonly host: string; readonly port: number };
  /** Printers are at `<prefix>.x.y`. */
  readonly networkPrefix?: string;
  /** The same for all, each on its own address. */
  readonly apiPort?: number;
  /** Printer n is `<prefix>` and n in five digits. */
  readonly serialPrefix?: string;
  readonly models?: readonly Model[];
  readonly faults?: readonly FaultyPrinter[];
  /** The first `count` come with these settings instead of those from the box. */
  readonly compliant?: { readonly count: number; readonly settings: Settings };
  readonly announcingMax?: number;
  readonly pace?: Pace;
  readonly log: Log;
}

/** How the printers stand, and how often any of them was told to come again. */
export interface FleetCounts {
  readonly printers: number;
  readonly accepted: number;
  readonly refused: number;
  readonly failed: number;
  /** Has not announced, or is about to. */
  readonly pending: number;
  readonly retries: number;
}

const openingMax = 32;

/** Starts the printers, resolves when their interfaces are open; they announce meanwhile: see `settled`. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { count, faults = [] } = options;
  const unknown = faults.find(({ printer }) => printer < 1 || printer > count);
  if (unknown) throw new RangeError(`There is no printer ${unknown.printer} of ${count} to have a fault.`);
  const tally = { retries: 0 };
  const opening = gate(openingMax);
  const plans = plan(options, (outcome) => {
    if (outcome.kind === 'answered' && outcome.result === 'retry') tally.retries += 1;
  });
  const printers = await Promise.all(plans.map((each) => opening(() => Printer.open(each))));
  const fleet = new Fleet(printers, { tally, log: options.log });
  try {
    await Promise.all(printers.map((printer, index) => opening(() => prepare(printer, index, options))));
  } catch (error) {
    await fleet.stop();
    throw error;
  }
  fleet.boot((index) => !isUnplugged(index, faults));
  return fleet;
}

async function prepare(
  printer: Printer,
  index: number,
  { compliant, faults = [] }: FleetOptions,
): Promise<void> {
  if (compliant && index < compliant.count) await printer.device.write(compliant.settings);
  for (const fault of faults) if (fault.printer === index + 1) await inflict(fault, printer);
  if (!isUnplugged(index, faults)) await printer.up();
}

const isUnplugged = (index: number, faults: readonly FaultyPrinter[]): boolean =>
  faults.some(({ kind, printer }) => kind === 'unplugged' && printer === index + 1);

export class Fleet {
  #stops: readonly (() => void)[] = [];
  #booting: Promise<unknown> = Promise.resolve();

  constructor(
    /** Printer n is at n - 1. */
    readonly printers: readonly Printer[],
    private readonly parts: { readonly tally: { readonly retries: number }; readonly log: Log },
  ) {}

  /** Called once, by startFleet. */
  boot(plugged: (index: number) => boolean): void {
    const booting = this.printers.filter((_, index) => plugged(index)).map((printer) => printer.boot());
    this.#booting = Promise.allSettled(booting);
    this.#stops = this.printers.map((printer) => everyPeriod(() => this.#announcePeriodically(printer)));
  }

  /** Resolves when every printer was answered for good or gave up. */
  async settled(): Promise<FleetCounts> {
    await this.#booting;
    await Promise.all(this.printers.map((printer) => printer.settled()));
    return this.counts();
  }

  counts(): FleetCounts {
    const shown = this.printers.map((printer) => printer.shown);
    const count = (test: (each: Announcing) => boolean) => shown.filter(test).length;
    return {
      printers: shown.length,
      accepted: count(({ state, answer }) => state === 'success' && answer === 'accepted'),
      refused: count(({ answer }) => answer?.startsWith('refused') ?? false),
      failed: count(({ state, answer }) => state === 'failed' && !answer?.startsWith('refused')),
      pending: count(({ state }) => state === 'inProgress'),
      retries: this.parts.tally.retries,
    };
  }

  #announcePeriodically(printer: Printer): void {
    printer.announce('periodic').catch((error: unknown) => {
      this.parts.log.error(
        { error, printer: printer.identity.serial },
        'The announcement could not be made.',
      );
    });
  }

  /** Switches all printers off. */
  async stop(): Promise<void> {
    for (const stop of this.#stops) stop();
    await Promise.all(this.printers.map((printer) => printer.unplug()));
    await this.#booting;
  }
}

/** What each printer is to be; `heard` is told how each attempt to announce ended. */
function plan(options: FleetOptions, heard: (outcome: Outcome) => void): readonly PrinterOptions[] {
  const { count, stateDir, apiPort = 7627, networkPrefix = '127.8', log, pace } = options;
  const { serialPrefix = 'VNB3F', models = allModels, announcingMax = 50 } = options;
  const addresses = new Addresses(networkPrefix);
  const announcing = gate(announcingMax);
  const counted = async (attempt: () => Promise<Outcome>) => {
    const outcome = await announcing(attempt);
    heard(outcome);
    return outcome;
  };
  return Array.from({ length: count }, (_, index) => {
    const model = models[index % models.length];
    if (!model) throw new RangeError('A fleet needs at least one model.');
    const identity = identityOf(model, index + 1, { serialPrefix, ip: addresses.take() });
    const server = serverAt(options.server);
    const parts = { identity, missing: model.missing, server, apiPort, pace, gate: counted, addresses };
    return {
      ...parts,
      stateDir: join(stateDir, identity.serial),
      log: log.child({ printer: identity.serial }),
    };
  });
}

function identityOf(
  model: Model,
  number: number,
  { serialPrefix, ip }: { serialPrefix: string; ip: string },
) {
  const hex = number.toString(16).padStart(6, '0');
  return {
    serial: `${serialPrefix}${String(number).padStart(5, '0')}`,
    model: model.name,
    mac: `${model.macPrefix}:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`,
    ip,
    hostname: `printer-${String(number).padStart(4, '0')}`,
    firmware: model.firmware,
  };
}

const serverAt = ({ host, port }: { readonly host: string; readonly port: number }): ServerSettings => ({
  address: host,
  port,
  name: 'hp-print-mgmt',
  localDomain: null,
  searchDomains: [],
  ipv6: false,
  dnsServers: null,
});
