// Who is struck when: nobody is spared, and a seed says it all.
import { describe, expect, it } from 'vitest';
import { broker, killsOf, planOf, type Strikable } from './plan.js';
import { Random } from './random.js';

const services: readonly Strikable[] = Array.from({ length: 9 }, (_, index) => ({
  name: `service-${index}`,
  points: index < 2 ? ['spooled', 'confirmed'] : ['committed', 'acked'],
}));
const targets: readonly Strikable[] = [
  ...services,
  { name: broker, points: [] },
  { name: 'database', points: [] },
];

describe('a plan of a hundred kills', () => {
  const plans = [1, 2, 3].map((seed) => planOf(targets, 100, new Random(seed)));

  it('kills each target at least eight times, a hundred times in all', () => {
    for (const plan of plans) {
      const strikes = plan.flat();
      const killsIn = (name: string): number =>
        strikes.filter(({ target }) => target === name).reduce((sum, strike) => sum + killsOf(strike), 0);
      expect(Math.min(...targets.map(({ name }) => killsIn(name)))).toBeGreaterThanOrEqual(8);
      expect(strikes.reduce((sum, strike) => sum + killsOf(strike), 0)).toBe(100);
    }
  });

  it('strikes some two at once, never one of them twice, stops some, and ends many at a named place', () => {
    for (const plan of plans) {
      expect(plan.every((round) => new Set(round.map(({ target }) => target)).size === round.length)).toBe(
        true,
      );
      expect(plan.some((round) => round.length === 2)).toBe(true);
      const strikes = plan.flat();
      expect(strikes.some(({ how }) => how === 'stop')).toBe(true);
      expect(strikes.filter(({ point }) => point !== null).length).toBeGreaterThanOrEqual(30);
    }
  });

  it('kills each target alone at least once, whatever is struck together', () => {
    const more = Array.from({ length: 200 }, (_, seed) => planOf(targets, 100, new Random(seed), 0.9));
    for (const plan of [...plans, ...more]) {
      const alone = plan.filter(({ length }) => length === 1).flat();
      const killed = new Set(alone.filter(({ how }) => how !== 'stop').map(({ target }) => target));
      expect(targets.map(({ name }) => name).filter((name) => !killed.has(name))).toEqual([]);
    }
  });

  it('is the same again for the same seed', () => {
    expect(planOf(targets, 100, new Random(2))).toEqual(plans[1]);
    expect(plans[0]).not.toEqual(plans[1]);
  });
});
