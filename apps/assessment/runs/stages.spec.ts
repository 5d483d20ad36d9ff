import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stagesOf, stopReason } from './stages.js';

it('spreads devices over stages and child tasks', () => {
  expect(stagesOf(400, { stages: [5, 25, 100], failedPercentMax: 10 }, 25)).toEqual([
    { stage: 1, low: 0, high: 20, chunk: 1 },
    { stage: 2, low: 20, high: 100, chunk: 2 },
    { stage: 3, low: 100, high: 400, chunk: 6 },
  ]);
  expect(stagesOf(60, null, 25)).toEqual([{ stage: 1, low: 0, high: 60, chunk: 1 }]);
  expect(stagesOf(3, { stages: [5, 10, 100], failedPercentMax: 10 }, 25)).toHaveLength(2);
  expect(stagesOf(0, null, 25)).toEqual([]);
});

it('gives every device one stage, and no child task two', () => {
  const percents = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 9 });
  fc.assert(
    fc.property(fc.nat(5_000), percents, fc.integer({ min: 1, max: 100 }), (devices, some, chunkMax) => {
      const rollout = { stages: [...some.toSorted((a, b) => a - b), 100], failedPercentMax: 0 };
      const stages = stagesOf(devices, rollout, chunkMax);
      const last = stages.reduce(
        (at, { stage, low, high, chunk }, index) => {
          expect([stage, low, chunk]).toEqual([index + 1, at.high, at.chunk]);
          return { high, chunk: chunk + Math.ceil((high - low) / chunkMax) };
        },
        { high: 0, chunk: 1 },
      );
      expect(last.high).toBe(devices);
    }),
  );
});

it('stops when more failed than may, and not before', () => {
  const rollout = { stages: [100], failedPercentMax: 10 };
  expect(stopReason(rollout, 1, { devices: 20, failed: 2 })).toBeNull();
  expect(stopReason(rollout, 1, { devices: 20, failed: 3 })).toContain('3 of the 20 devices of stage 1');
  expect(stopReason({ ...rollout, failedPercentMax: 0 }, 1, { devices: 20, failed: 1 })).not.toBeNull();
  expect(stopReason(null, 1, { devices: 20, failed: 20 })).toBeNull();
});
