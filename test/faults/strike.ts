// One strike: down, up again, and how long it was away.
import { setTimeout as delay } from 'node:timers/promises';
import { killsOf, type Round, type Strike } from './plan.js';
import { signalAll } from './processes-below.js';
import type { Target } from './targets.js';

export interface Recovery {
  readonly target: string;
  readonly ms: number;
  /** What it may take. */
  readonly limitMs: number;
  /** It was the only one that was down. */
  readonly alone: boolean;
}

export interface Struck {
  readonly kills: Map<string, number>;
  /** How often a process ended at each named place. */
  readonly points: Map<string, number>;
  readonly recoveries: Recovery[];
  stops: number;
}

const stoppedMs = 4_000;
/** A process that does not come by its point for so long is killed where it is. */
const pointLimitMs = 10_000;

export const nothingStruck = (): Struck => ({
  kills: new Map(),
  points: new Map(),
  recoveries: [],
  stops: 0,
});

/** All of a round at the same time. Resolves when all serve again. */
export async function strikeRound(round: Round, targets: readonly Target[], struck: Struck): Promise<void> {
  await Promise.all(
    round.map((strike) => {
      const target = targets.find(({ name }) => name === strike.target);
      if (!target) throw new Error(`there is no ${strike.target}`);
      return strike.how === 'stop' ? halt(target, struck) : kill(target, strike, round.length === 1, struck);
    }),
  );
}

async function halt(target: Target, struck: Struck): Promise<void> {
  const pids = target.pids();
  signalAll(pids, 'SIGSTOP');
  await delay(stoppedMs);
  signalAll(pids, 'SIGCONT');
  struck.stops += 1;
  await target.back(performance.now());
}

async function kill(target: Target, strike: Strike, alone: boolean, struck: Struck): Promise<void> {
  await target.kill();
  if (strike.point !== null) {
    await target.start(strike.point);
    await diesAt(target, strike.point, struck);
  }
  const downAt = performance.now();
  add(struck.kills, target.name, killsOf(strike));
  await target.start();
  await target.back(downAt);
  const ms = Math.round(performance.now() - downAt);
  struck.recoveries.push({ target: target.name, ms, limitMs: target.limitMs, alone });
}

async function diesAt(target: Target, point: string, struck: Struck): Promise<void> {
  const died = await Promise.race([
    target.ended().then(() => true),
    delay(pointLimitMs, false, { ref: false }),
  ]);
  if (died) add(struck.points, point.split(':')[0] ?? point, 1);
  else await target.kill();
}

const add = (counts: Map<string, number>, key: string, more: number): void =>
  void counts.set(key, (counts.get(key) ?? 0) + more);
