// Every setting there is. A policy may ask for these and no others.
import type { SettingValue } from '../events/device-setting.js';
import { access } from './catalogue/access.js';
import { announcement } from './catalogue/announcement.js';
import { credentials } from './catalogue/credentials.js';
import { deviceControl } from './catalogue/device-control.js';
import { encryption } from './catalogue/encryption.js';
import { management } from './catalogue/management.js';
import { networkServices } from './catalogue/network-services.js';
import { printing } from './catalogue/printing.js';
import { scanning } from './catalogue/scanning.js';
import type { Setting, SettingType } from './catalogue/setting.js';

/** By key, in the order in which categories and settings are shown. */
export type Catalogue = ReadonlyMap<string, Setting>;

export const settingsCatalogue: Catalogue = new Map(
  [
    ...networkServices,
    ...printing,
    ...scanning,
    ...management,
    ...access,
    ...credentials,
    ...encryption,
    ...deviceControl,
    ...announcement,
  ].map((setting) => [setting.key, setting]),
);

/**
 * Those that say whose a password, a community or a user's keys are (`other`, `stored`, `generated`). An undo leaves them out: what one
 * had before is a secret that others may know by now, or that all devices have.
 */
export const secretSettings: ReadonlySet<string> = new Set(
  [...settingsCatalogue.values()].filter(({ credential }) => credential !== null).map(({ key }) => key),
);

/** Why a setting cannot have a value, as words that follow `must be`; null when it can. */
export function faultOfValue(type: SettingType, value: SettingValue): string | null {
  switch (type.type) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'true or false';
    case 'choice':
      return typeof value === 'string' && type.values.includes(value)
        ? null
        : `one of ${type.values.join(', ')}`;
    case 'number':
      return typeof value === 'number' && Number.isInteger(value) && value >= type.min && value <= type.max
        ? null
        : `a whole number of ${type.unit} from ${type.min} to ${type.max}`;
    case 'text':
      return typeof value === 'string' && type.pattern.test(value) ? null : type.rule;
  }
}
