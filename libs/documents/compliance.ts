// How far a device is from what its policies require (R66): one number, and row by row of the baselines. Pure.
//
// The score is the part of the weight of its settings that is right, in percent, rounded down: 100 means all of it. A setting
// of severity high weighs 5, medium 3, low 1. Right is what was compliant or was made so; wrong is what differs, what could
// not be read, and what the device lacks although the policy demands it. What it lacks and the policy ignores weighs nothing.
// Of many devices it is the mean of their scores, rounded down, each device counting the same, however many settings it
// has; a device without a score (not assessed, or put back since; did not answer; nothing that counts) is left out, and
// told apart.
import type { SettingResult } from '../events/device-setting.js';
import type { Catalogue } from '../device/catalogue.js';

const weights: Readonly<Record<SettingResult['severity'], number>> = { high: 5, medium: 3, low: 1 };

export type Verdict = 'right' | 'wrong' | 'leftOut';

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

/** What a baseline's row asks of a device, and whether it is so. */
export interface BaselineRow {
  /** Such as `STIG V-6783`. */
  readonly id: string;
  /** wrong as soon as one of its settings is; leftOut: the device has none of them. */
  readonly verdict: Verdict;
  readonly settings: readonly Pick<SettingResult, 'setting' | 'title' | 'outcome'>[];
}

/** Each row that a setting of the results answers. */
export function baselinesOf(results: readonly SettingResult[], catalogue: Catalogue): readonly BaselineRow[] {
  const rows = results.flatMap((result) =>
    (catalogue.get(result.setting)?.maps ?? []).map((id) => ({ id, result })),
  );
  return [...Map.groupBy(rows, ({ id }) => id)]
    .map(([id, members]): BaselineRow => {
      const verdicts = members.map(({ result }) => verdictOf(result));
      const verdict = (['wrong', 'right'] as const).find((each) => verdicts.includes(each)) ?? 'leftOut';
      const settings = members.map(({ result: { setting, title, outcome } }) => ({
        setting,
        title,
        outcome,
      }));
      return { id, verdict, settings };
    })
    .toSorted((a, b) => inOrder(a.id, b.id));
}

/** By baseline, and there by number. */
export const inOrder = (a: string, b: string): number =>
  b.slice(0, 4).localeCompare(a.slice(0, 4)) || natural(a, b);

const natural = new Intl.Collator('en', { numeric: true }).compare;
