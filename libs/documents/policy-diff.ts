// What changed between two versions of a policy, for a person to read. Pure.
import type { Catalogue } from '../device/catalogue.js';
import { namedOf, requiredWord } from '../device/catalogue/words.js';
import type { Policy, PolicyItem } from '../events/policy.js';
import { diffIpsec } from './ipsec/diff.js';

export interface PolicyChange {
  /** Null: of the policy itself. */
  readonly setting: string | null;
  /** item: it came or went · rule: one of IPsec came, went or changed. */
  readonly field:
    'name' | 'description' | 'item' | 'required' | 'severity' | 'remediate' | 'unsupported' | 'rule';
  /** In words; null: it was not there, or is not any more. */
  readonly from: string | null;
  readonly to: string | null;
  /** All of it in one line. */
  readonly text: string;
}

/** In the order of the newer one; what went comes last. An order of settings that changed alone is no change: it means nothing. */
export function diffPolicies(before: Policy, after: Policy, catalogue: Catalogue): readonly PolicyChange[] {
  const old = new Map(before.items.map((item) => [item.setting, item]));
  const young = new Set(after.items.map(({ setting }) => setting));
  const whole = (['name', 'description'] as const).flatMap((field) =>
    before[field] === after[field] ? [] : [{ setting: null, field, from: before[field], to: after[field] }],
  );
  const kept = after.items.flatMap((item) => changesOf(old.get(item.setting) ?? null, item, catalogue));
  const gone = before.items
    .filter(({ setting }) => !young.has(setting))
    .map((item) => ({
      setting: item.setting,
      field: 'item' as const,
      from: requiredOf(item, catalogue),
      to: null,
    }));
  const settings = [...whole, ...kept, ...gone].map((change) => ({
    ...change,
    text: textOf(change, catalogue),
  }));
  return [...settings, ...diffIpsec(before.ipsec, after.ipsec)];
}

type Field = Exclude<PolicyChange['field'], 'rule'>;
interface Change extends Omit<PolicyChange, 'text' | 'field'> {
  readonly field: Field;
}

function changesOf(before: PolicyItem | null, after: PolicyItem, catalogue: Catalogue): readonly Change[] {
  const { setting } = after;
  const young = wordsOf(after, catalogue);
  if (!before) return [{ setting, field: 'item', from: null, to: young.required }];
  const old = wordsOf(before, catalogue);
  return (['required', 'severity', 'remediate', 'unsupported'] as const).flatMap((field) =>
    old[field] === young[field] ? [] : [{ setting, field, from: old[field], to: young[field] }],
  );
}

const wordsOf = (item: PolicyItem, catalogue: Catalogue) => ({
  required: requiredOf(item, catalogue),
  severity: item.severity,
  remediate: item.remediate ? 'remediate' : 'report only',
  unsupported: item.unsupported,
});

function requiredOf(item: PolicyItem, catalogue: Catalogue): string {
  const known = catalogue.get(item.setting);
  return requiredWord(item, known ? namedOf(known) : null);
}

const fields: Readonly<Record<Field, string>> = {
  name: 'name',
  description: 'description',
  item: 'setting',
  required: 'required value',
  severity: 'severity',
  remediate: 'when it differs',
  unsupported: 'when not supported',
};

function textOf({ setting, field, from, to }: Change, catalogue: Catalogue): string {
  if (setting === null) return `${fields[field]}: ${quoted(from)} → ${quoted(to)}`;
  const subject = `${catalogue.get(setting)?.title ?? setting} (${setting})`;
  if (field !== 'item') return `${subject}: ${fields[field]} ${from} → ${to}`;
  return to === null ? `${subject}: taken out, was ${from}` : `${subject}: added, required ${to}`;
}

const quoted = (text: string | null): string => (text ? `“${text}”` : '(empty)');
