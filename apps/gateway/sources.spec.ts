import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sources, type SourceLimits } from './sources.js';

function at(limits: Partial<SourceLimits>) {
  const clock = { nowMs: 1_000_000 };
  const all = { perAddressMax: 1_000, perNetworkMax: 1_000, burst: 1_000, perSecond: 10, ...limits };
  const sources = new Sources(all, () => clock.nowMs);
  /** How many of `count` connections get in; they stay. */
  const enter = (address: string, count: number) =>
    Array.from({ length: count }, () => sources.enter(address)).filter((refusal) => refusal === null).length;
  return { sources, clock, enter };
}

describe('new connections of a source', () => {
  it('are as many at once as its bucket holds, then as many a second as flow into it', () => {
    const { sources, clock, enter } = at({ burst: 5, perSecond: 2 });
    expect(enter('10.0.0.1', 9)).toBe(5);
    expect(sources.enter('10.0.0.1')).toBe('tooOftenFromSource');
    expect(enter('10.0.0.2', 9)).toBe(5);
    clock.nowMs += 1_000;
    expect(enter('10.0.0.1', 9)).toBe(2);
    clock.nowMs += 60_000;
    expect(enter('10.0.0.1', 9)).toBe(5);
  });

  it('never are more than that in any stretch of time', () => {
    const limits = { burst: 7, perSecond: 30 };
    fc.assert(
      fc.property(fc.array(fc.nat(30), { minLength: 50, maxLength: 200 }), (pauses) => {
        const { clock, sources } = at(limits);
        const startedAt = clock.nowMs;
        let taken = 0;
        for (const pause of pauses) {
          clock.nowMs += pause;
          if (sources.enter('10.0.0.1') === null) taken += 1;
          const allowed = limits.burst + ((clock.nowMs - startedAt) * limits.perSecond) / 1000;
          expect(taken).toBeLessThanOrEqual(allowed + 0.01);
        }
      }),
    );
  });

  it('are counted for the /64 of IPv6, and for nobody else', () => {
    const { enter } = at({ burst: 3 });
    expect(enter('2001:db8:1:2::1', 2) + enter('2001:db8:1:2:ffff::9', 2)).toBe(3);
    expect(enter('2001:db8:1:3::1', 4)).toBe(3);
    expect(enter('::1', 4)).toBe(3);
  });

  it('are remembered of a bounded number of sources, and of none for longer than it matters', () => {
    const { sources, clock } = at({ burst: 2, perSecond: 1 });
    for (let n = 0; n < 100_000; n += 1) sources.enter(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    expect(sources.size).toBeLessThanOrEqual(65_536);
    for (const source of ['192.0.2.1', '192.0.2.2']) {
      clock.nowMs += 2_000;
      sources.enter(source);
    }
    expect(sources.size).toBe(2);
  });

  it('cannot be had anew by hiding among others', () => {
    const { sources, enter } = at({ burst: 2, perSecond: 0.001 });
    let taken = 0;
    for (let n = 0; n < 100_000; n += 1) {
      if (n % 1_000 === 0) taken += enter('192.0.2.1', 1);
      sources.enter(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    }
    // Only who stays away while some 32,768 others come is forgotten, and then has what a newcomer has.
    expect(taken).toBeLessThanOrEqual(2 * Math.ceil(100_000 / 32_768));
  });
});

describe('open connections', () => {
  it('are limited by address, and make room when they end', () => {
    const { sources, enter } = at({ perAddressMax: 2 });
    expect(enter('10.0.0.1', 3)).toBe(2);
    expect(sources.enter('10.0.0.1')).toBe('tooManyFromSource');
    sources.leave('10.0.0.1');
    expect(enter('10.0.0.1', 3)).toBe(1);
  });

  it('are limited by network for IPv6 as well', () => {
    const { sources, enter } = at({ perAddressMax: 2, perNetworkMax: 3 });
    expect(enter('fd00::1', 3) + enter('fd00::2', 3)).toBe(3);
    expect(sources.enter('fd00::3')).toBe('tooManyFromNetwork');
    expect(sources.enter('fd00:0:0:1::3')).toBe(null);
    sources.leave('fd00::2');
    expect(sources.enter('fd00::3')).toBe(null);
  });
});
