// How a device's value is compared with what a policy requires. Pure.
import type { Comparison, SettingValue } from '../events/device-setting.js';
import type { PolicyItem } from '../events/policy.js';
import type { SettingType } from '../device/catalogue/setting.js';
import { compareVersions } from './version.js';

export type Comparing = Pick<PolicyItem, 'required' | 'compare' | 'also'>;

/** Whether a value is what is required. @param type of the setting; undefined: not known, then only the same value is */
export function satisfies(
  value: SettingValue,
  { required, compare = 'equals', also = [] }: Comparing,
  type: SettingType | undefined,
): boolean {
  if (value === required) return true;
  if (compare === 'oneOf') return also.includes(value);
  const order = type && compare !== 'equals' ? orderOf(type, value, required) : null;
  if (order === null) return false;
  return compare === 'atLeast' ? order >= 0 : order <= 0;
}

/** Which comparisons make sense, the first being the usual one. */
export function comparisonsOf(type: SettingType): readonly Comparison[] {
  switch (type.type) {
    case 'boolean':
      return ['equals'];
    case 'number':
      return ['equals', 'atLeast', 'atMost', 'oneOf'];
    case 'choice':
      return type.ordered ? ['equals', 'atLeast', 'atMost', 'oneOf'] : ['equals', 'oneOf'];
    case 'text':
      return type.version ? ['equals', 'atLeast', 'atMost', 'oneOf'] : ['equals', 'oneOf'];
  }
}

/** Negative, zero or positive; null when one cannot be more than the other, or is a value that nobody knows. */
function orderOf(type: SettingType, a: SettingValue, b: SettingValue): number | null {
  if (type.type === 'text')
    return type.version && typeof a === 'string' && typeof b === 'string' ? compareVersions(a, b) : null;
  const [left, right] = [rankOf(type, a), rankOf(type, b)];
  if (left === null || right === null) return null;
  return left === right ? 0 : left < right ? -1 : 1;
}

function rankOf(type: SettingType, value: SettingValue): number | null {
  if (type.type === 'number' && typeof value === 'number') return value === type.endless ? Infinity : value;
  if (type.type !== 'choice' || !type.ordered || typeof value !== 'string') return null;
  const rank = type.values.indexOf(value);
  return rank < 0 ? null : rank;
}
