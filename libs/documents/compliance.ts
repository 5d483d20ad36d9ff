// How far a device is from what its policies require (R66), as one number. Pure.
//
// The score is the part of the weight of its settings that is right, in percent, rounded down: 100 means all of it. A setting
// of severity high weighs 5, medium 3, low 1. Right is what was compliant or was made so; wrong is what differs, what could
// not be read, and what the device lacks although the policy demands it. What it lacks and the policy ignores weighs nothing.
// Of many devices it is the mean of their scores, rounded down, each device counting the same, however many settings it
// has; a device without a score (not assessed, or put back since; did not answer; nothing that counts) is left out, and
// told apart.
import type { SettingResult } from '../events/device-setting.js';

const weights: Readonly<Record<SettingResult['severity'], number>> = { high: 5, medium: 3, low: 1 };

export type Verdict = 'right' | 'wrong' | 'leftOut';

/** By what the policy requires. What the rows of baselines ask for is another matter: baselines.ts. */
export function verdictOf({
  outcome,
  unsupported = 'ignore',
}: Pick<SettingResult, 'outcome' | 'unsupported'>): Verdict {
  if (outcome === 'compliant' || outcome === 'remediated') return 'right';
  return outcome === 'unsupported' && unsupported === 'ignore' ? 'leftOut' : 'wrong';
}

/** From 0 to 100; null when nothing counts. */
export function scoreOf(
  results: readonly Pick<SettingResult, 'outcome' | 'unsupported' | 'severity'>[],
): number | null {
  const weight = (of: Verdict): number =>
    results
      .filter((result) => verdictOf(result) === of)
      .reduce((sum, { severity }) => sum + weights[severity], 0);
  return percent(weight('right'), weight('right') + weight('wrong'));
}

/** Of a group, or of all: how many devices have which score. */
export function meanScore(
  counts: readonly { readonly score: number; readonly devices: number }[],
): number | null {
  const devices = counts.reduce((sum, count) => sum + count.devices, 0);
  const points = counts.reduce((sum, count) => sum + count.score * count.devices, 0);
  return percent(points / 100, devices);
}

const percent = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.floor((part / whole) * 100 + 1e-9);
