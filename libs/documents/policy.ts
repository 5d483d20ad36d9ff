// What operators write, as pure functions: what is wrong with it, and what it means.
//
//   policy.ts       policies (R66): faults of one, several as one, and one against what a device says
//   comparison.ts   a value against what is required     templates.ts    policies of a fresh installation
//   policy-diff.ts  what changed between two versions    policy-of.ts    a policy out of a device's values
//   policy-file.ts  a policy as a YAML file              read-policy-file.ts  such a file read: faults by line and column
//   yaml-document.ts  YAML of others, in bounds
//   compliance.ts   score of a device and of many    baselines.ts    rows of STIG and NIST: which hold for a device
//   shape-faults.ts what is wrong with the shape of what was sent; every-field.ts: all of it must be sent
//   ipsec.ts        rules of IPsec (R68)
//   schedule.ts     when a schedule runs (R63)
//   held-back.ts    which causes lead to nothing, whatever groups a device is in (R51-R54)
//   filter.ts       filters of autogroups (R50, R55)     version.ts      versions of firmware compared
//   licence.ts      signed licence files and their seats (R42)
//   listener.ts     secondary listeners (R70)
//   serial-line.ts  lines of a list of serial numbers (R33)
//   device-list.ts  lists of devices to look for (R35); device-list/ has their formats
import type * as z from 'zod';
import { cut } from '../events/cut.js';
import { detailMax, type SettingResult, type SettingValue } from '../events/device-setting.js';
import { policyItem, type Policy, type PolicyItem } from '../events/policy.js';
import { faultOfValue, settingsCatalogue, type Catalogue } from '../device/catalogue.js';
import type { Setting, SettingType } from '../device/catalogue/setting.js';
import type { Reading } from '../device/device.js';
import { comparisonsOf, satisfies } from './comparison.js';
import { verdictOf } from './compliance.js';

export interface PolicyFault {
  /** Position in `items`. */
  readonly item: number;
  readonly setting: string;
  readonly field: 'setting' | 'required' | 'compare' | 'also';
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** What the fields of an item are looked at together for: whatever else is wrong with it, these may be right. */
const looked = {
  setting: policyItem.pick({ setting: true }).strip(),
  required: policyItem.pick({ required: true }).strip(),
  also: policyItem.pick({ also: true }).strip(),
  comparison: policyItem.pick({ compare: true, also: true }).strip(),
};

/** Faults of the items beside those of their shape, which may be wrong; empty for such as can be used. */
export function validatePolicy(
  { items }: { readonly items: readonly unknown[] },
  catalogue: Catalogue,
): readonly PolicyFault[] {
  const seen = new Set<string>();
  return items.flatMap((each, item): PolicyFault[] => {
    const named = looked.setting.safeParse(each).data;
    if (!named) return [];
    const { setting } = named;
    const again = seen.has(setting);
    seen.add(setting);
    return faultsOf(each, catalogue.get(setting), again).map(([field, message]) => ({
      item,
      setting,
      field,
      message: `${setting} ${message}`,
    }));
  });
}

type Fault = readonly [field: PolicyFault['field'], message: string];

function faultsOf(item: unknown, known: Setting | undefined, again: boolean): readonly Fault[] {
  if (!known) return [['setting', 'is no setting of the catalogue: remove it, or choose one that is']];
  const required = looked.required.safeParse(item).data;
  const also = looked.also.safeParse(item).data?.also ?? [];
  const values = [
    ...(required ? [['required', required.required] as const] : []),
    ...also.map((value) => ['also', value] as const),
  ];
  const compared = looked.comparison.safeParse(item).data;
  return [
    ...(again ? [['setting', 'is in this policy already: keep one of the two'] as const] : []),
    ...values.flatMap(([field, value]): Fault[] => {
      const wrong = faultOfValue(known.type, value);
      return wrong === null ? [] : [[field, `is ${JSON.stringify(value)}: it must be ${wrong}`]];
    }),
    ...(compared ? faultsOfComparison(compared, known.type) : []),
  ];
}

function faultsOfComparison(
  { compare = 'equals', also = [] }: z.infer<typeof looked.comparison>,
  type: SettingType,
): readonly Fault[] {
  const possible = comparisonsOf(type);
  if (!possible.includes(compare))
    return [['compare', `cannot be compared by ${compare}, only by ${possible.join(', ')}`]];
  if (compare === 'oneOf' && also.length === 0)
    return [
      ['also', 'is compared by oneOf: name in `also` what is as good as `required`, or leave oneOf out'],
    ];
  if (compare !== 'oneOf' && also.length > 0)
    return [
      ['also', 'has values in `also`, which only oneOf looks at: write compare: oneOf, or leave them out'],
    ];
  return [];
}

/** A policy as it is applied. */
export interface AppliedPolicy {
  readonly policyId: string;
  readonly version: number;
  readonly body: Policy;
}

/** What one setting must be, and which policy says so. */
export interface Requirement extends PolicyItem {
  readonly policyId: string;
}

/** Several policies as one: for each setting the last policy that names it decides, so that it is written once. */
export function combine(policies: readonly AppliedPolicy[]): readonly Requirement[] {
  const bySetting = new Map<string, Requirement>();
  for (const { policyId, body } of policies) {
    for (const item of body.items) bySetting.set(item.setting, { ...item, policyId });
  }
  return [...bySetting.values()];
}

/** What a device said before anything was changed, against what is required of it. */
export function compare(
  requirements: readonly Requirement[],
  { values, failed }: Reading,
  catalogue: Catalogue,
): readonly SettingResult[] {
  return requirements.map((requirement) => {
    const setting = catalogue.get(requirement.setting);
    const before = values.get(requirement.setting) ?? null;
    const { setting: key, severity, policyId } = requirement;
    const { title, category } = setting ?? { title: key, category: 'Unknown' };
    const verdict = judge(requirement, setting, before, failed.get(requirement.setting));
    const asked = askedBy(requirement);
    return { setting: key, title, category, severity, policyId, ...asked, before, after: before, ...verdict };
  });
}

/** As it is told: what says nothing new is left out, since there are many results. */
function askedBy({ required, compare = 'equals', also = [], unsupported }: Requirement) {
  return {
    required,
    ...(compare === 'equals' ? {} : { compare }),
    ...(also.length === 0 ? {} : { also }),
    ...(unsupported === 'ignore' ? {} : { unsupported }),
  };
}

type Verdict = Pick<SettingResult, 'outcome' | 'detail'>;

function judge(
  requirement: Requirement,
  setting: Setting | undefined,
  before: SettingValue | null,
  failed: string | undefined,
): Verdict {
  if (!setting) return { outcome: 'failed', detail: 'this Muster does not know the setting' };
  if (failed !== undefined)
    return { outcome: 'failed', detail: cut(`it could not be read: ${failed}`, detailMax) };
  if (before === null) {
    const ignored = requirement.unsupported === 'ignore';
    return {
      outcome: 'unsupported',
      detail: `the device has no such setting${ignored ? '; the policy ignores that' : ', and the policy demands it'}`,
    };
  }
  if (satisfies(before, requirement, setting.type)) return { outcome: 'compliant', detail: null };
  if (setting.readOnly)
    return { outcome: 'nonCompliant', detail: 'it can be assessed, but not set from here' };
  if (!requirement.remediate) return { outcome: 'nonCompliant', detail: 'the policy only reports it' };
  return { outcome: 'nonCompliant', detail: null };
}

/** What to write so that a device complies. */
export function writesFor(
  requirements: readonly Requirement[],
  results: readonly SettingResult[],
  catalogue: Catalogue,
): ReadonlyMap<string, SettingValue> {
  const differs = new Set(
    results.filter(({ outcome }) => outcome === 'nonCompliant').map(({ setting }) => setting),
  );
  const wanted = requirements.filter(({ setting, remediate }) => {
    const known = catalogue.get(setting);
    return remediate && differs.has(setting) && known !== undefined && !known.readOnly;
  });
  return new Map(wanted.map(({ setting, required }) => [setting, required]));
}

export interface Again {
  /** What the device says now. */
  readonly reading: Reading;
  /** Reason by setting. */
  readonly refused: ReadonlyMap<string, string>;
  /** Reason by setting: it was silent to it, or was not asked for it since it was silent to another. */
  readonly unanswered: ReadonlyMap<string, string>;
  /** Why the rest was left alone; null: all was written. */
  readonly unwritten: string | null;
}

/** The results once the device was read again (R61). */
export function verify(
  results: readonly SettingResult[],
  again: Again,
  catalogue: Catalogue = settingsCatalogue,
): readonly SettingResult[] {
  return results.map((result) => {
    if (result.outcome !== 'nonCompliant' && result.outcome !== 'compliant') return result;
    const { values, failed } = again.reading;
    const after = values.get(result.setting) ?? null;
    if (after !== null && satisfies(after, result, catalogue.get(result.setting)?.type)) {
      const outcome = result.outcome === 'compliant' ? 'compliant' : 'remediated';
      return { ...result, after, outcome, detail: null };
    }
    const unread = failed.get(result.setting);
    if (unread !== undefined) {
      return {
        ...result,
        after,
        outcome: 'failed',
        detail: cut(`it could not be read again: ${unread}`, detailMax),
      };
    }
    const detail = whyStill(result, after, again);
    return { ...result, after, outcome: 'nonCompliant', detail };
  });
}

function whyStill(
  { setting, detail }: SettingResult,
  after: SettingValue | null,
  { refused, unanswered, unwritten }: Again,
): string {
  const reason = refused.get(setting);
  if (reason !== undefined) return cut(`the device refused it: ${reason}`, detailMax);
  const silence = unanswered.get(setting);
  if (silence !== undefined) return cut(silence, detailMax);
  const says = after === null ? 'has no such setting' : `says ${JSON.stringify(after)}`;
  return detail ?? unwritten ?? cut(`it took it, but ${says} when read again`, detailMax);
}

/** True when nothing in the results is against the policies. */
export const compliant = (results: readonly SettingResult[]): boolean =>
  results.every((result) => verdictOf(result) !== 'wrong');
