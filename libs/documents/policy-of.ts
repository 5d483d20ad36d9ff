// A policy out of what a device says of itself: set one by hand, and have the others like it. Pure.
import { faultOfValue, type Catalogue } from '../device/catalogue.js';
import { askedOf } from '../device/catalogue/setting.js';
import type { Values } from '../device/device.js';
import type { Policy, PolicyItem } from '../events/policy.js';
import type { Requirement } from './policy.js';

/** Each value that the catalogue knows and takes, required as it is; what cannot be set is reported only. */
export function policyOf(values: Values, name: string, catalogue: Catalogue): Policy {
  const items = [...catalogue.values()].flatMap(({ key, type, severity, readOnly }): PolicyItem[] => {
    const required = values.get(key);
    if (required === undefined || faultOfValue(type, required) !== null) return [];
    return [{ setting: key, required, severity, remediate: !readOnly, unsupported: 'ignore' }];
  });
  return { name, description: '', items };
}

/** What is asked where no policy is: each setting, against what the catalogue recommends, as a report. */
export const everythingIn = (catalogue: Catalogue): readonly Requirement[] =>
  [...catalogue.values()].map((setting) => ({
    setting: setting.key,
    ...askedOf(setting),
    severity: setting.severity,
    remediate: false,
    unsupported: 'ignore',
    policyId: '',
  }));
