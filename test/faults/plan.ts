// Who is struck when: from a seed, so that a run that found something can be had again.
import type { KillPoint } from '#bus/kill-point';
import type { Random } from './random.js';

/** What can be struck, and at which named places it can be made to end itself: none for a server that is not ours. */
export interface Strikable {
  readonly name: string;
  readonly points: readonly KillPoint[];
}

export interface Strike {
  readonly target: string;
  /** kill: at once. point: at once, then again at a named place, where it ends itself under load. stop: SIGSTOP for a while. */
  readonly how: 'kill' | 'point' | 'stop';
  /** As MUSTER_KILL_POINT has it; null unless at a point. */
  readonly point: string | null;
}

/** Struck together. */
export type Round = readonly Strike[];

/** Name of the target without which a gateway spools. */
export const broker = 'broker';
/** Where a gateway comes only while the broker is away. */
const spooled: KillPoint = 'spooled';
/** Share of the rounds that strike two. */
const usuallyTogether = 0.25;
const stopped = 0.15;
const passesMax = 12;

export const killsOf = ({ how }: Strike): number => ({ stop: 0, kill: 1, point: 2 })[how];

/**
 * Every target is killed as often as the others, give or take one; about half the kills of services are at a point. One that
 * is struck more than once is struck alone at least once: how long it is away says little when others are down as well.
 */
export function planOf(
  targets: readonly Strikable[],
  kills: number,
  random: Random,
  together = usuallyTogether,
): readonly Round[] {
  const strikes = random.shuffled(share(targets, kills, random));
  const alone = new Set(targets.map(({ name }) => oneAlone(strikes.filter(({ target }) => target === name))));
  const rounds: Round[] = [];
  while (strikes.length > 0) {
    const [first, ...others] = strikes;
    if (!first) break;
    const free = alone.has(first) ? [] : others.filter((each) => !alone.has(each));
    const second = companionOf(first, free, random.next() < together);
    rounds.push(second ? [first, second] : [first]);
    strikes.splice(0, 1);
    if (second) strikes.splice(strikes.indexOf(second), 1);
    if (random.next() < stopped)
      rounds.push([{ target: random.pick(targets).name, how: 'stop', point: null }]);
  }
  return rounds;
}

/** Undefined where it has one alone, which may be needed beside another. */
const oneAlone = (own: readonly Strike[]): Strike | undefined =>
  own.length > 1 ? own.find(({ point }) => !point?.startsWith(spooled)) : undefined;

/** A gateway spools only what the broker does not confirm: one that is to end there is struck together with it. */
function companionOf(first: Strike, others: readonly Strike[], wanted: boolean): Strike | undefined {
  if (first.point?.startsWith(spooled)) return others.find(({ target }) => target === broker);
  return wanted
    ? others.find(({ target, point }) => target !== first.target && !point?.startsWith(spooled))
    : undefined;
}

function share(targets: readonly Strikable[], kills: number, random: Random): readonly Strike[] {
  const each = Math.floor(kills / targets.length);
  let extra = kills - each * targets.length;
  return random.shuffled(targets).flatMap((target) => {
    const mine = each + (extra > 0 ? 1 : 0);
    extra -= mine - each;
    const pairs = target.points.length > 0 ? Math.floor(mine / 2) : 0;
    // Of several, one is where it can be struck alone.
    const pointsOf = (pair: number): readonly KillPoint[] =>
      pair === 0 && pairs > 1 ? target.points.filter((point) => point !== spooled) : target.points;
    return [
      ...Array.from({ length: pairs }, (_, pair) => atPoint(target.name, pointsOf(pair), random)),
      ...Array.from({ length: mine - 2 * pairs }, () => ({
        target: target.name,
        how: 'kill' as const,
        point: null,
      })),
    ];
  });
}

function atPoint(target: string, points: readonly KillPoint[], random: Random): Strike {
  return { target, how: 'point', point: `${random.pick(points)}:${random.between(1, passesMax)}` };
}
