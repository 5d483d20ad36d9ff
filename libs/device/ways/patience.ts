// How long a device may keep one task waiting by answers that come, and come late. Each answer has its own limit of time; a device
// that is asked much, and answers everything just before that, would hold its task for minutes.
import { performance } from 'node:perf_hooks';
import type { Outcome, Setback } from '../device.js';

/**
 * Of all that is asked of a device in a task. Who answers by SNMP within 200 ms is asked a hundred times in it, more than
 * any assessment needs; 4.5 s an answer is enough for four.
 */
const patienceMs = 20_000;

export const tooSlow: Setback = {
  kind: 'failed',
  reason: `it answers too slowly: it was waited for longer than ${patienceMs / 1000} s in all`,
  mayPass: false,
};

/** In which this process had nothing to do but to wait: what it is busy with itself is no device's fault. */
const idleMs = (): number => performance.eventLoopUtilization().idle;

type Span = readonly [from: number, to: number];

/**
 * Counts the time of what was answered, that of several protocols at a time once. Silence is not counted: a community that is not
 * the device's looks like it, and one that has just been changed may need a while.
 */
export class Patience {
  #spans: readonly Span[] = [];
  #spent = false;

  constructor(
    private readonly clock = idleMs,
    private readonly ms = patienceMs,
  ) {}

  /** Nothing more is asked: the answer is `tooSlow`. */
  get spent(): boolean {
    return this.#spent;
  }

  /** Makes a call that rejects when its signal is aborted, and gives it up when its time is over. */
  async with<T>(
    call: (signal: AbortSignal) => Promise<Outcome<T>>,
    signal: AbortSignal,
  ): Promise<Outcome<T>> {
    if (this.#spent) return tooSlow;
    const from = this.clock();
    const over = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const look = (): void => {
      const left = this.#left([from, this.clock()]);
      if (left <= 0) over.abort(new Error(tooSlow.reason));
      else timer = setTimeout(look, left);
    };
    look();
    try {
      const said = await call(AbortSignal.any([signal, over.signal]));
      if (said.kind !== 'unreachable') this.#count([from, this.clock()]);
      return said;
    } catch (error) {
      if (signal.aborted || !over.signal.aborted) throw error;
      this.#spent = true;
      return tooSlow;
    } finally {
      clearTimeout(timer);
    }
  }

  #count(span: Span): void {
    if (this.#left(span) <= 0) this.#spent = true;
    this.#spans = [...this.#spans, span].toSorted(([a], [b]) => a - b);
  }

  /** With this span besides those that were counted. */
  #left(span: Span): number {
    let until = -Infinity;
    let sum = 0;
    for (const [from, to] of [...this.#spans, span].toSorted(([a], [b]) => a - b)) {
      sum += Math.max(0, to - Math.max(from, until));
      until = Math.max(until, to);
    }
    return this.ms - sum;
  }
}
