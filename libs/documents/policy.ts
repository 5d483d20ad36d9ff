// What operators write, as pure functions: what is wrong with it, and what it means.
//
//   policy.ts      policies (R66): faults of one, several as one, and one against what a device says
//   templates.ts   policies that a fresh installation comes with
//   filter.ts      filters of autogroups (R50, R55)
//   licence.ts     signed licence files and their seats (R42)
//   listener.ts    secondary listeners (R70)
//   serial-line.ts lines of a list of serial numbers (R33)
import type { SettingResult, SettingValue } from '../events/assessment.js';
import type { Policy, PolicyItem } from '../events/policy.js';
import { faultOfValue, type Catalogue } from '../device/catalogue.js';
import type { Setting } from '../device/catalogue/setting.js';
import type { Reading } from '../device/device.js';

export interface PolicyFault {
  /** Position in `items`. */
  readonly item: number;
  readonly setting: string;
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** Faults of a policy whose shape is right; empty when it can be used. */
export function validatePolicy({ items }: Policy, catalogue: Catalogue): readonly PolicyFault[] {
  const seen = new Set<string>();
  return items.flatMap(({ setting, required }, item): PolicyFault[] => {
    const known = catalogue.get(setting);
    const again = seen.has(setting);
    seen.add(setting);
    const fault = (message: string): PolicyFault[] => [{ item, setting, message }];
    if (!known) return fault(`${setting} is no setting of the catalogue: remove it, or choose one that is`);
    if (again) return fault(`${setting} is in this policy already: keep one of the two`);
    const wrong = faultOfValue(known.type, required);
    return wrong === null ? [] : fault(`${setting} is ${JSON.stringify(required)}: it must be ${wrong}`);
  });
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
    const { setting: key, required, severity, policyId } = requirement;
    const { title, category } = setting ?? { title: key, category: 'Unknown' };
    const verdict = judge(requirement, setting, before, failed.get(requirement.setting));
    return { setting: key, title, category, severity, policyId, required, before, after: before, ...verdict };
  });
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
    return { outcome: 'failed', detail: `it could not be read: ${failed}`.slice(0, 512) };
  if (before === null) {
    const ignored = requirement.unsupported === 'ignore';
    return {
      outcome: 'unsupported',
      detail: `the device has no such setting${ignored ? '; the policy ignores that' : ', and the policy demands it'}`,
    };
  }
  if (before === requirement.required) return { outcome: 'compliant', detail: null };
  if (setting.readOnly)
    return { outcome: 'nonCompliant', detail: 'it can be assessed, but not set from here' };
  if (!requirement.remediate) return { outcome: 'nonCompliant', detail: 'the policy only reports it' };
  return { outcome: 'nonCompliant', detail: null };
}

/** What to write so that a device complies: first what is safe, then what could cut Muster off. */
export function writesFor(
  requirements: readonly Requirement[],
  results: readonly SettingResult[],
  catalogue: Catalogue,
): readonly ReadonlyMap<string, SettingValue>[] {
  const differs = new Set(
    results.filter(({ outcome }) => outcome === 'nonCompliant').map(({ setting }) => setting),
  );
  const wanted = requirements.filter(({ setting, remediate }) => {
    const known = catalogue.get(setting);
    return remediate && differs.has(setting) && known !== undefined && !known.readOnly;
  });
  const pair = ({ setting, required }: Requirement): [string, SettingValue] => [setting, required];
  const cutsOff = ({ setting }: Requirement): boolean => catalogue.get(setting)?.cutsOff === true;
  const safe = wanted.filter((requirement) => !cutsOff(requirement));
  const last = wanted.filter(cutsOff);
  return [safe, last].filter((part) => part.length > 0).map((part) => new Map(part.map(pair)));
}

/** The results once the device was read again (R61). `refused`: reason by setting; `unwritten`: why the rest was left alone. */
export function verify(
  results: readonly SettingResult[],
  values: ReadonlyMap<string, SettingValue>,
  refused: ReadonlyMap<string, string>,
  unwritten: string | null,
): readonly SettingResult[] {
  return results.map((result) => {
    if (result.outcome !== 'nonCompliant' && result.outcome !== 'compliant') return result;
    const after = values.get(result.setting) ?? null;
    if (after === result.required) {
      const outcome = result.outcome === 'compliant' ? 'compliant' : 'remediated';
      return { ...result, after, outcome, detail: null };
    }
    const reason = refused.get(result.setting);
    const said = reason === undefined ? null : `the device refused it: ${reason}`.slice(0, 512);
    const detail =
      said ?? result.detail ?? unwritten ?? 'the device took it, but says another value when read again';
    return { ...result, after, outcome: 'nonCompliant', detail };
  });
}

/** True when nothing in the results is against the policies. */
export function compliant(requirements: readonly Requirement[], results: readonly SettingResult[]): boolean {
  const ignoring = new Set(
    requirements.filter(({ unsupported }) => unsupported === 'ignore').map(({ setting }) => setting),
  );
  return results.every(
    ({ outcome, setting }) =>
      outcome === 'compliant' ||
      outcome === 'remediated' ||
      (outcome === 'unsupported' && ignoring.has(setting)),
  );
}
