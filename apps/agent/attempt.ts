// What follows from one attempt to announce: what the device shows, and when it tries again of itself.
import { backOffMs } from '#events/back-off';
import type { Announcing } from './state.js';

/** How an attempt ended. */
export type Outcome =
  /** The server answered. */
  | {
      readonly kind: 'answered';
      readonly server: string;
      readonly result: 'accepted' | 'refused' | 'retry';
      readonly authentication: 'anonymous' | 'verified' | 'failed';
      readonly reason: string | null;
      readonly message: string;
      readonly retryAfterMs: number | null;
    }
  /** No server was found, or none could be talked with. */
  | { readonly kind: 'unreachable'; readonly detail: string }
  /** Mutual authentication is required and cannot be had; nothing was sent (R6). */
  | {
      readonly kind: 'untrusted';
      /** The one that was reached; null: none was tried. */
      readonly server: string | null;
      readonly detail: string;
    };

/** How patiently an agent tries again of itself. */
export interface Pace {
  /** Wait after the first failed attempt; doubled after each further one. */
  readonly firstMs: number;
  readonly longestMs: number;
  readonly attemptsMax: number;
}

/** Goes on for about two hours. */
export const patientPace: Pace = { firstMs: 1_000, longestMs: 15 * 60_000, attemptsMax: 16 };

export interface Next {
  readonly show: Pick<Announcing, 'state' | 'server' | 'answer' | 'detail'>;
  /** Null: done until the next trigger. */
  readonly waitMs: number | null;
}

/** `attempt` counts from 1; `random` from 0 to 1 spreads the waits of a fleet. */
export function afterAttempt(
  outcome: Outcome,
  attempt: number,
  { pace, random }: { pace: Pace; random: number },
): Next {
  if (outcome.kind === 'untrusted') return { show: failed(outcome.server, outcome.detail), waitMs: null };
  const waitMs =
    attempt < pace.attemptsMax
      ? backOffMs(attempt, { firstMs: pace.firstMs, maxMs: pace.longestMs }, random)
      : null;
  if (outcome.kind === 'unreachable') return { show: failed(null, outcome.detail), waitMs };
  const { server, result, reason, message } = outcome;
  const answer = reason === null ? result : `${result}: ${reason}`;
  if (result === 'accepted')
    return { show: { state: 'success', server, answer, detail: message }, waitMs: null };
  if (result === 'refused') {
    // A server was found and talked with, which is success on the device, unless it does not believe this device.
    const state = outcome.authentication === 'failed' ? 'failed' : 'success';
    return { show: { state, server, answer, detail: message }, waitMs: null };
  }
  if (waitMs === null)
    return { show: failed(server, `The server was busy ${attempt} times.`, answer), waitMs };
  const askedMs = Math.min(outcome.retryAfterMs ?? 0, pace.longestMs);
  return {
    show: { state: 'inProgress', server, answer, detail: message },
    waitMs: outcome.retryAfterMs === null ? waitMs : Math.round(askedMs * (1 + random / 4)),
  };
}

const failed = (server: string | null, detail: string, answer: string | null = null): Next['show'] => ({
  state: 'failed',
  server,
  answer,
  detail,
});
