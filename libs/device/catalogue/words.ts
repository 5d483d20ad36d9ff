// Values of settings, and what a policy asks of them, as a person reads them.
import type { SettingValue } from '../../events/device-setting.js';
import type { PolicyItem } from '../../events/policy.js';
import type { Setting } from './setting.js';

/** What is needed of a setting to name its values. */
export interface Named {
  readonly labels?: Readonly<Record<string, string>>;
  readonly unit?: string;
}

/** Of a setting of the catalogue. */
export const namedOf = ({ labels, type }: Pick<Setting, 'labels' | 'type'>): Named => ({
  labels,
  ...(type.type === 'number' ? { unit: type.unit } : {}),
});

const whole = new Intl.NumberFormat('en');

/** By the catalogue's word or with its unit, where the catalogue is at hand. */
export function valueWord(value: SettingValue | null, of: Named | null = null): string {
  if (value === null) return '–';
  const { labels = {}, unit } = of ?? {};
  const key = String(value);
  if (Object.hasOwn(labels, key)) return labels[key] ?? key;
  if (typeof value === 'number')
    return unit ? `${whole.format(value)} ${value === 1 ? unit.replace(/s$/, '') : unit}` : key;
  if (value === true) return 'On';
  if (value === false) return 'Off';
  return value === '' ? '(empty)' : value;
}

export type Required = Pick<PolicyItem, 'required' | 'compare' | 'also'>;

/** `Off`, `at least 30 days`, `High or Medium`. */
export function requiredWord(
  { required, compare = 'equals', also = [] }: Required,
  of: Named | null = null,
): string {
  const word = valueWord(required, of);
  if (compare === 'atLeast') return `at least ${word}`;
  if (compare === 'atMost') return `at most ${word}`;
  if (compare === 'oneOf') return [required, ...also].map((value) => valueWord(value, of)).join(' or ');
  return word;
}
