// Sees to it that the device has a certificate and goes on having one (R85): at the start, and then whenever it is due.
//
//   keeper.ts  tries, waits, tries again; tells how it went
//   due.ts     what is to be done, and when (pure)
//   enrol.ts   one try, from the key to the file
//   est.ts     what is said to the server (RFC 7030)
//   secret.ts  by what it enrols, and whether it did already
import { setTimeout as delay } from 'node:timers/promises';
import { backOffMs } from '#events/back-off';
import { messageOf } from '#events/message-of';
import { periodOf } from '#pki/certificate';
import type { Log } from '#runtime/log';
import type { Enrolled } from '../state.js';
import type { Enrolment } from './enrol.js';
import { EstFailed } from './est.js';

export interface KeeperOptions {
  /** One try; null: nothing was due. `now`: though nothing is due. */
  readonly enrol: (signal: AbortSignal, now: boolean) => Promise<Enrolment | null>;
  readonly tell: (how: Enrolled) => Promise<void>;
  /** Another certificate is in force. */
  readonly changed: () => void;
  readonly log: Log;
  readonly pace?: KeeperPace;
}

export interface KeeperPace {
  /** Wait after the first try that failed, doubled after each further one. */
  readonly firstMs: number;
  /** The longest wait, and how often it is looked whether something is due. */
  readonly longestMs: number;
}

const hourlyPace: KeeperPace = { firstMs: 10_000, longestMs: 3_600_000 };

export const detailOf = ({ what, certificate }: Enrolment): string =>
  `${what}, in force until ${periodOf(certificate).notAfter.toUTCString()}`;

export class Keeper {
  readonly #ended = new AbortController();
  #waiting = new AbortController();
  #failures = 0;
  #mayPass = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: KeeperOptions) {}

  /** Resolves when the first try is over; goes on until it is stopped. */
  start(): Promise<unknown> {
    const first = this.now(false);
    void this.#goOn(first);
    return first;
  }

  /** A network that came up may mend what failed. */
  wake(): void {
    if (this.#mayPass) this.#waiting.abort();
  }

  /** One try, after those under way; resolves with how long to wait for the next. */
  now(thoughNotDue: boolean): Promise<number> {
    const turn = this.#last.then(() => this.#try(thoughNotDue));
    this.#last = turn;
    return turn;
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#last;
  }

  async #goOn(first: Promise<number>): Promise<void> {
    for (let waitMs = await first; !this.#ended.signal.aborted; waitMs = await this.now(false)) {
      this.#waiting = new AbortController();
      const signal = AbortSignal.any([this.#ended.signal, this.#waiting.signal]);
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      if (this.#ended.signal.aborted) return;
    }
  }

  async #try(thoughNotDue: boolean): Promise<number> {
    const { enrol, log, pace = hourlyPace } = this.options;
    try {
      const got = await enrol(this.#ended.signal, thoughNotDue);
      this.#failures = 0;
      this.#mayPass = false;
      if (got) await this.#tellOf(got);
      return pace.longestMs;
    } catch (error) {
      if (this.#ended.signal.aborted) return pace.longestMs;
      this.#failures += 1;
      this.#mayPass = !(error instanceof EstFailed && error.refused);
      log.warn({ reason: messageOf(error) }, 'The device could not get its certificate.');
      await this.#keep({ state: 'failed', detail: messageOf(error) });
      const asked = error instanceof EstFailed ? error.retryAfterMs : null;
      return asked ?? (this.#mayPass ? this.#backOff(pace) : pace.longestMs);
    }
  }

  #backOff({ firstMs, longestMs }: KeeperPace): number {
    return backOffMs(this.#failures, { firstMs, maxMs: longestMs }, Math.random());
  }

  async #tellOf({ what, certificate }: Enrolment): Promise<void> {
    const detail = detailOf({ what, certificate });
    this.options.log.info({ subject: certificate.subject }, `The device has its certificate: ${detail}`);
    await this.#keep({ state: 'done', detail });
    this.options.changed();
  }

  async #keep(how: Omit<Enrolled, 'at'>): Promise<void> {
    await this.options.tell({ ...how, at: new Date().toISOString() }).catch((error: unknown) => {
      this.options.log.error({ error }, 'How the enrolment went could not be kept.');
    });
  }
}
