// Announcements that the broker does not confirm, kept on the disk of a folder that the operator gives until it does.
//
//   spool.ts   what the gateway sees of it: keep, numbers, problem
//   link.ts    orders to the thread         thread.ts  carries them out, so that a slow disk stops nobody
//   slots.ts   one file for each process    file.ts    one file, in SQLite
//   drain.ts   to the broker, in order      fault.ts   what can be wrong with it
//   meters.ts  what an operator sees of it
import type { Event } from '#events/event';
import type { Log } from '#runtime/log';
import { Drain } from './drain.js';
import { remedies, SpoolFault } from './fault.js';
import { Link } from './link.js';
import type { Numbers, Order } from './thread.js';

export interface SpoolOptions {
  readonly dir: string;
  /** Of this process's own file. */
  readonly bytesMax: number;
  /** Resolves when the broker has confirmed it. */
  readonly publish: (event: Event) => Promise<void>;
  readonly log: Log;
  /** How often files that others left are looked for, and a folder that cannot be used is tried. */
  readonly lookMs?: number;
}

/** What an operator wants to know of it. */
export interface SpoolStatus {
  /** Accepted, and not confirmed by the broker yet. */
  readonly announcements: number;
  readonly bytes: number;
  readonly bytesMax: number;
  /** Null when it is empty. */
  readonly oldestAgeMs: number | null;
}

interface Caller {
  readonly event: string;
  readonly done: PromiseWithResolvers<void>;
}

/** Written by one commit. */
const togetherMax = 500;
/** A disk that has not answered by then: the device is sent away, whether or not it will be written. */
export const diskLimitMs = 2_000;

export class Spool {
  readonly #options: SpoolOptions;
  readonly #link: Link;
  readonly #drain: Drain;
  readonly #looking: NodeJS.Timeout;
  readonly #callers: Caller[] = [];
  #writing: Promise<void> | null = null;
  #numbers: Numbers = { own: 0, adopted: 0, bytes: 0, oldestAtMs: null };
  #fault: SpoolFault | null = null;
  /** Why what waits in it cannot be read; null when it can. */
  #unread: string | null = null;
  /** Faults complained of since it could be used last. */
  readonly #told = new Set<SpoolFault['code']>();
  /** Why the last one was kept. */
  #why = 'left by an earlier process';
  /** Since when it is not empty, and how many have left it since. */
  #since: number | null = null;
  #drained = 0;
  #stopped = false;

  private constructor(options: SpoolOptions) {
    this.#options = options;
    const { log, publish, dir, bytesMax, lookMs = 10_000 } = options;
    this.#link = new Link({ dir, bytesMax }, log, (numbers) => this.#count(numbers));
    this.#drain = new Drain({
      link: this.#link,
      publish,
      log,
      drained: (count) => (this.#drained += count),
      read: (fault) => this.#readable(fault),
    });
    this.#looking = setInterval(() => void this.#look(), lookMs).unref();
  }

  /** Resolves when the folder was tried; `problem` says how that went. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await spool.#inTime(spool.#look()).catch(() => undefined);
    return spool;
  }

  /** Something lies in this process's own file: what comes now goes behind it. */
  get holding(): boolean {
    return this.#numbers.own > 0 || this.#writing !== null;
  }

  /** Whether the broker confirmed what it was given from here last. */
  get flowing(): boolean {
    return this.#drain.flowing;
  }

  /** Why nothing can be kept now, or nothing of what is kept can be read; null when it can. */
  get problem(): string | null {
    if (this.#fault) return `the spool is ${this.#fault.code}: ${this.#fault.message}`;
    return this.#unread === null ? null : `the spool cannot be read: ${this.#unread}`;
  }

  get status(): SpoolStatus {
    const { own, adopted, bytes, oldestAtMs } = this.#numbers;
    return {
      announcements: own + adopted,
      bytes,
      bytesMax: this.#options.bytesMax,
      oldestAgeMs: oldestAtMs === null ? null : Math.max(0, Date.now() - oldestAtMs),
    };
  }

  /**
   * Resolves when it is on the disk. Rejects with SpoolFault, within two seconds.
   * @param why the broker has not got it, for the log
   */
  async keep(event: Event, why: string): Promise<void> {
    if (this.#stopped) throw new SpoolFault('broken', 'it is closed');
    const done = Promise.withResolvers<void>();
    this.#why = why;
    this.#callers.push({ event: JSON.stringify(event), done });
    this.#writing ??= this.#write().finally(() => (this.#writing = null));
    await this.#inTime(done.promise);
  }

  /** What it holds stays. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#looking);
    await this.#drain.stop();
    await this.#writing;
    await this.#link.ask({ do: 'close' }).catch(() => undefined);
  }

  /** Announcements that come while others are written share the next commit. */
  async #write(): Promise<void> {
    // Those of the same turn of the event loop go together.
    await Promise.resolve();
    while (this.#callers.length > 0) {
      const group = this.#callers.splice(0, togetherMax);
      try {
        await this.#ask({ do: 'append', events: group.map(({ event }) => event) });
        for (const { done } of group) done.resolve();
      } catch (error) {
        for (const { done } of group) done.reject(error);
      }
      this.#drain.wake();
    }
  }

  async #look(): Promise<void> {
    // A fault was complained of.
    await this.#ask({ do: 'look', write: this.#fault !== null }).catch(() => undefined);
    this.#drain.wake();
  }

  async #ask(order: Order): Promise<void> {
    try {
      await this.#link.ask(order);
    } catch (error) {
      throw this.#failed(error);
    }
    // One that fits in says little of room for the next.
    if (this.#fault && !(this.#fault.code === 'full' && order.do === 'append')) {
      this.#fault = null;
      this.#told.clear();
      this.#options.log.info({ dir: this.#options.dir }, 'The spool can be used again');
    }
  }

  async #inTime(work: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(this.#failed(new SpoolFault('late', `the disk has not answered in ${diskLimitMs} ms`)));
    }, diskLimitMs);
    await Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
  }

  /** What lies there waits for a person, or for the disk; it is tried again with each look. */
  #readable(fault: SpoolFault | null): void {
    const { dir, log } = this.#options;
    const before = this.#unread;
    this.#unread = fault?.message ?? null;
    if (this.#stopped || (before === null) === (this.#unread === null)) return;
    if (this.#unread === null) log.info({ dir }, 'The spool can be read again');
    else
      log.error(
        { dir, problem: this.#unread, remedy: remedies.broken },
        'The spool cannot be read: what it holds waits, what comes goes to RabbitMQ',
      );
  }

  /** Complained of once, until it is mended. */
  #failed(error: unknown): SpoolFault {
    const fault = error instanceof SpoolFault ? error : new SpoolFault('broken', String(error));
    const { code, message } = fault;
    if (!this.#told.has(code)) {
      this.#told.add(code);
      const { dir, log } = this.#options;
      const what = `The spool is ${code}: announcements that RabbitMQ does not confirm are answered with retry`;
      log.error({ dir, problem: message, remedy: remedies[code] }, what);
    }
    this.#fault = fault;
    return fault;
  }

  #count(numbers: Numbers): void {
    this.#numbers = numbers;
    const { log } = this.#options;
    const announcements = numbers.own + numbers.adopted;
    if (announcements > 0 && this.#since === null) {
      this.#since = performance.now();
      this.#drained = 0;
      log.warn({ announcements, problem: this.#why }, 'Announcements wait in the spool for RabbitMQ');
    }
    if (announcements === 0 && this.#since !== null) {
      const seconds = Math.round((performance.now() - this.#since) / 1000);
      this.#since = null;
      log.info({ announcements: this.#drained, seconds }, 'The spool is empty again: RabbitMQ has all of it');
    }
  }
}
