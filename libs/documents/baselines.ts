// Rows of baselines, and whether they hold for a device (R66). Pure.
//
// A row asks for values of its own, those of the catalogue, and no policy makes it ask for less: a setting is right for it
// where the device has what the catalogue asks for once it was assessed, and wrong where it has anything else, also where the
// policy wanted it so. The policy alone decides on what the catalogue leaves to the site, and on what the device
// lacks. What could not be read is wrong.
import type { SettingResult, SettingValue } from '../events/device-setting.js';
import type { Catalogue } from '../device/catalogue.js';
import { askedOf, type Setting } from '../device/catalogue/setting.js';
import { satisfies, type Comparing } from './comparison.js';
import { verdictOf, type Verdict } from './compliance.js';

/** A setting that answers a row. */
export interface RowSetting extends Pick<SettingResult, 'setting' | 'title' | 'outcome'> {
  readonly verdict: Verdict;
  /** What the device has; null: none, or it could not be read. */
  readonly value: SettingValue | null;
  /** What the row asks for; null: what the policy does. */
  readonly asked: Comparing | null;
}

export interface BaselineRow {
  /** Such as `STIG V-6783`. */
  readonly id: string;
  /** wrong as soon as one of its settings is; leftOut: the device has none of them. */
  readonly verdict: Verdict;
  readonly settings: readonly RowSetting[];
}

/** Each row that a setting of the results answers. */
export function baselinesOf(results: readonly SettingResult[], catalogue: Catalogue): readonly BaselineRow[] {
  const rows = results.flatMap((result) => {
    const known = catalogue.get(result.setting);
    return known ? known.maps.map((id) => ({ id, setting: forRow(result, known) })) : [];
  });
  return [...Map.groupBy(rows, ({ id }) => id)]
    .map(([id, members]): BaselineRow => {
      const settings = members.map(({ setting }) => setting);
      const verdicts = settings.map(({ verdict }) => verdict);
      const verdict = (['wrong', 'right'] as const).find((each) => verdicts.includes(each)) ?? 'leftOut';
      return { id, verdict, settings };
    })
    .toSorted((a, b) => inOrder(a.id, b.id));
}

function forRow(result: SettingResult, known: Setting): RowSetting {
  const { setting, title, outcome, after: value } = result;
  const asked = known.siteDecides ? null : askedOf(known);
  const said = { setting, title, outcome, value, asked };
  if (asked === null || outcome === 'unsupported' || outcome === 'failed')
    return { ...said, verdict: verdictOf(result) };
  const holds = value !== null && satisfies(value, asked, known.type);
  return { ...said, verdict: holds ? 'right' : 'wrong' };
}

/** By baseline, and there by number. */
export const inOrder = (a: string, b: string): number =>
  b.slice(0, 4).localeCompare(a.slice(0, 4)) || natural(a, b);

const natural = new Intl.Collator('en', { numeric: true }).compare;
