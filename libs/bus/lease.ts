// Leases of the tasks that run in this process: renewed together, and given up in time when they cannot be.
import { setTimeout as delay } from 'node:timers/promises';
import { gathered } from '../store/gathered.js';
import { look, renew, type Claim } from '../store/task-claims.js';
import type { Store } from '../store/store.js';
import type { Grip } from './worker.js';

/** Thrown by Grip.check, and the signal's reason: another instance may have the task; nothing more may be written. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** Thrown by Grip.check, and the signal's reason: the task was cancelled; `message` says why. */
export class TaskCancelled extends Error {
  override readonly name = 'TaskCancelled';
}

/** The signal's reason when the process stops: the task is another instance's at once, and this run does not count. */
export class Stopping extends Error {
  override readonly name = 'Stopping';
}

/** The signal's reason when a run took longer than any may: it counts as failed. */
export class RunTooLong extends Error {
  override readonly name = 'RunTooLong';
}

export interface LeaseTimes {
  readonly renewEveryMs: number;
  /** Without renewal for so long, I/O is aborted: well before the lease ends and somebody else begins. */
  readonly giveUpAfterMs: number;
}
const renewTriesMax = 3;
export const leaseTimes: LeaseTimes = { renewEveryMs: 10_000, giveUpAfterMs: 20_000 };

interface Held {
  readonly claim: Claim;
  readonly aborter: AbortController;
  readonly limit: NodeJS.Timeout;
  giveUp: NodeJS.Timeout;
}

export class Leases {
  readonly #held = new Map<string, Held>();
  readonly #timer: NodeJS.Timeout;
  readonly #look: (claim: Claim) => Promise<{ readonly cancelledBecause: string | null } | undefined>;
  #renewing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Store,
    private readonly times: LeaseTimes,
  ) {
    this.#timer = setInterval(() => {
      this.#renewing = this.#renew();
    }, times.renewEveryMs);
    this.#look = gathered(async (claims: readonly Claim[]) => {
      const leases = await look(store, store.schema, claims);
      return ({ token }) => leases.get(token);
    });
  }

  /** A grip on a task claimed just now, aborted when `runMaxMs` have passed; `letGo` ends its renewal. */
  grip(claim: Claim, runMaxMs: number): { readonly grip: Grip; readonly letGo: () => void } {
    const aborter = new AbortController();
    const tooLong = (): void => aborter.abort(new RunTooLong(`it ran for more than ${runMaxMs} ms`));
    const limit = setTimeout(tooLong, runMaxMs);
    const held: Held = { claim, aborter, limit, giveUp: this.#clock(aborter) };
    this.#held.set(claim.token, held);
    const check = async (): Promise<void> => {
      aborter.signal.throwIfAborted();
      this.#judge(aborter, await this.#look(claim));
      aborter.signal.throwIfAborted();
    };
    const letGo = (): void => {
      clearTimeout(held.giveUp);
      clearTimeout(held.limit);
      this.#held.delete(claim.token);
    };
    return { grip: { signal: aborter.signal, check }, letGo };
  }

  /** Aborts what still runs. */
  abort(reason: Error): void {
    for (const { aborter } of this.#held.values()) aborter.abort(reason);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
  }

  #clock(aborter: AbortController): NodeJS.Timeout {
    const { giveUpAfterMs } = this.times;
    const reason = new LeaseLost(`the lease could not be renewed for ${giveUpAfterMs} ms`);
    return setTimeout(() => aborter.abort(reason), giveUpAfterMs);
  }

  #judge(aborter: AbortController, lease: { readonly cancelledBecause: string | null } | undefined): void {
    if (!lease) aborter.abort(new LeaseLost('another instance may have the task'));
    else if (lease.cancelledBecause !== null) aborter.abort(new TaskCancelled(lease.cancelledBecause));
  }

  /** A renewal that fails, as a row is locked, is tried again well before the leases are given up. */
  async #renew(): Promise<void> {
    for (let tries = 1; tries <= renewTriesMax && !(await this.#renewOnce()); tries += 1) {
      await delay(this.times.renewEveryMs / 10, null, { ref: false });
    }
  }

  /** False: the database is away, or a lock is in the way. Then each lease's own clock decides. */
  async #renewOnce(): Promise<boolean> {
    const held = [...this.#held.values()];
    if (held.length === 0) return true;
    try {
      const sentAt = performance.now();
      const renewed = await renew(
        this.store,
        this.store.schema,
        held.map(({ claim }) => claim),
      );
      // An answer that took long proves nothing about now.
      if (performance.now() - sentAt > this.times.renewEveryMs) return true;
      for (const one of held) {
        if (!this.#held.has(one.claim.token)) continue;
        this.#judge(one.aborter, renewed.get(one.claim.token));
        clearTimeout(one.giveUp);
        one.giveUp = this.#clock(one.aborter);
      }
      return true;
    } catch {
      return false;
    }
  }
}
