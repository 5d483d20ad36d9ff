// What the settings let a cause lead to (R51-R54, R60): read where devices are assessed, and where it is kept what was done for them.
import type { Trigger } from '../events/device.js';
import type { Settings } from '../events/settings.js';

/** Causes with a switch of their own: they bring no initial policy. */
const switchOf = {
  discovered: 'autoGroupDiscoveryAutoRemediationEnable',
  refresh: 'autoGroupDailyRefreshAutoRemediationEnable',
  filterEdited: 'autoGroupEditAutoRemediationEnable',
  policyEdited: 'autoGroupEditAutoRemediationEnable',
} as const satisfies Partial<Record<Trigger, keyof Settings>>;

const hasSwitch = (trigger: Trigger): trigger is keyof typeof switchOf => Object.hasOwn(switchOf, trigger);

/** Why nothing follows, whatever groups the device is in; null: what follows is up to its groups. */
export function heldBack(
  settings: Settings,
  trigger: Trigger,
): 'remediationOff' | 'noPolicy' | 'switchOff' | null {
  // An operator may ask for an assessment while nothing is remediated: it is then a report.
  if (!settings.allowRemediation && trigger !== 'requested') return 'remediationOff';
  if (hasSwitch(trigger)) return settings[switchOf[trigger]] ? null : 'switchOff';
  return settings.initialPolicy === null ? 'noPolicy' : null;
}
