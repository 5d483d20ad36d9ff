// The device side: finds the server, announces on every trigger, shows how that went.
//
//   main.ts          the process; command/: what can be typed, and the agent of a real machine
//   machine.ts       a whole device: memory, settings, interface, agent
//   agent.ts         one announcement after the other, each tried until it is answered or given up
//   attempt.ts       what follows from one attempt (pure)
//   exchange.ts      one attempt: the server's addresses in turn, one exchange over TLS
//   credentials.ts   its certificates (R4, R6); enrolment/: how it gets one by itself (R85)
//   state.ts         what it remembers over a restart; closed.ts: a file that is closed to it, in words
//   network/         where the server is (R2, R3), and what makes a device announce (R5)
//   device/          settings and the HTTPS interface to them: DEVICE-API.md
//   fleet.ts fleet/  many devices in one process
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { announceReason } from '#events/announcement';
import type { Log } from '#runtime/log';
import type * as z from 'zod';
import { afterAttempt, patientPace, type Outcome, type Pace } from './attempt.js';
import type { Announcing, StateFolder } from './state.js';

export type AnnounceReason = z.infer<typeof announceReason>;

/** One announcement to be made; the same over all its attempts. */
export interface Occasion {
  readonly reason: AnnounceReason;
  readonly announcementId: string;
  readonly signal: AbortSignal;
}

export interface AgentOptions {
  readonly folder: StateFolder;
  readonly enabled: () => boolean;
  /** One attempt; never rejects but when `signal` is aborted. */
  readonly attempt: (occasion: Occasion) => Promise<Outcome>;
  readonly log: Log;
  readonly pace?: Pace;
  readonly random?: () => number;
}

export class Agent {
  readonly #options: AgentOptions;
  #running: AbortController | null = null;
  #lastRun: Promise<unknown> = Promise.resolve();

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  get shown(): Announcing {
    return this.#options.folder.state.announcing;
  }

  /**
   * Announces for `reason`, and resolves with what is shown when that is answered for good or given up. A newer trigger
   * overtakes it: then with what is shown after that one. Rejects only when the state cannot be kept.
   */
  async announce(reason: AnnounceReason): Promise<Announcing> {
    this.#running?.abort();
    const abort = new AbortController();
    this.#running = abort;
    const run = this.#lastRun.then(() =>
      this.#run({ reason, announcementId: randomUUID(), signal: abort.signal }),
    );
    this.#lastRun = run.catch(() => undefined);
    await run;
    if (abort.signal.aborted) await this.settled();
    return this.shown;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    for (let last: unknown = null; last !== this.#lastRun;) {
      last = this.#lastRun;
      await last;
    }
  }

  /** Ends what is under way. */
  async stop(): Promise<void> {
    this.#running?.abort();
    await this.#lastRun;
  }

  async #run(occasion: Occasion): Promise<void> {
    try {
      await this.#untilAnswered(occasion);
    } catch (error) {
      if (!occasion.signal.aborted) throw error;
    }
  }

  async #untilAnswered(occasion: Occasion): Promise<void> {
    const { enabled, attempt, pace = patientPace, random = Math.random } = this.#options;
    const tell = (part: Partial<Announcing>) => this.#show(occasion, part);
    if (!enabled()) return tell({ state: 'disabled', detail: 'Announcing is switched off on this device.' });
    for (let count = 1; ; count += 1) {
      await tell({ state: 'inProgress', detail: 'Looking for the server.' });
      const outcome = await attempt(occasion);
      const { show, waitMs } = afterAttempt(outcome, count, { pace, random: random() });
      const nextAttemptAt = waitMs === null ? null : new Date(Date.now() + waitMs).toISOString();
      await tell({ ...show, nextAttemptAt });
      if (waitMs === null || !enabled()) return;
      await delay(waitMs, undefined, { signal: occasion.signal });
    }
  }

  async #show({ reason, announcementId, signal }: Occasion, part: Partial<Announcing>): Promise<void> {
    signal.throwIfAborted();
    const { folder, log } = this.#options;
    const at = new Date().toISOString();
    const base = { trigger: reason, announcementId, server: null, answer: null, nextAttemptAt: null, at };
    await folder.change((state) => ({ ...state, announcing: { ...state.announcing, ...base, ...part } }));
    const { state, server, answer, detail } = this.shown;
    log[state === 'failed' ? 'warn' : 'debug']({ announcementId, reason, state, server, answer }, detail);
  }
}
