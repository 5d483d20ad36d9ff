// The announcement agent of a device, out of the settings that were read (R9).
import type { DeviceAgent } from '../events/assessment.js';
import type { SettingValue } from '../events/device-setting.js';
import type { Values } from './device.js';

/** Settings that say it. */
export const agentSettings: readonly string[] = [
  'announce.enabled',
  'announce.server',
  'announce.requireMutual',
];

export function agentIn(values: Values): DeviceAgent {
  const server = values.get('announce.server');
  return {
    enabled: flag(values.get('announce.enabled')),
    server: typeof server === 'string' ? server : null,
    requireMutual: flag(values.get('announce.requireMutual')),
  };
}

const flag = (value: SettingValue | undefined): boolean | null => (typeof value === 'boolean' ? value : null);
