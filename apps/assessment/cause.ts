// Why a device is to be assessed, and by which policies that would be. Pure.
import { NotYet } from '#bus/consumer';
import { deviceGrouped, type Membership, type Trigger } from '#events/device';
import type { Event } from '#events/event';
import type { Settings } from '#events/settings';
import { choiceFor, type Around, type Choice } from './choose.js';
import type { Device, State } from './devices.js';

/** Why a device may have to be assessed. */
export interface Cause {
  readonly event: Event;
  readonly device: Device;
  readonly state: State;
  readonly trigger: Trigger;
  readonly covers: readonly string[];
  /** The operator who asked for it; null: nobody did. */
  readonly requestedBy: string | null;
  /** Asked for by name; null: as for an announcement. */
  readonly policyId: string | null;
  /** Long enough for a policy that has yet to come: it goes on with those that are here. */
  readonly waited: boolean;
}

/** What is applied; or why nothing is. Throws NotYet. */
export function chosen(cause: Cause): Exclude<Choice, { missing: string }> {
  const { device, state, trigger, policyId, waited } = cause;
  const { settings } = state;
  if (!settings) throw new NotYet('the instant-on settings have not come here yet');
  const lacking = lackingOf(cause, settings);
  if (lacking !== null && !waited) throw new NotYet(lacking);
  const choice = choiceFor(device, around(state, settings), { trigger, policyId });
  if ('missing' in choice) return { skipped: 'policyUnknown' };
  const isNothing = 'skipped' in choice && choice.skipped === null;
  return isNothing && lacking !== null ? { skipped: 'policyUnknown' } : choice;
}

export const around = ({ policies, ownAddresses }: State, settings: Settings): Around => ({
  settings,
  ownAddresses,
  known: new Set(policies.keys()),
});

/**
 * A device that is to get a new policy is not left without, and one that is to get a changed one does not get that from before:
 * what has yet to come of the policies that it would get. Null: nothing.
 */
function lackingOf({ event, device, state, trigger, policyId }: Cause, settings: Settings): string | null {
  const { policies } = state;
  const groups = deviceGrouped.is(event) ? event.data.groups : [];
  const named = [policyId, ...groups.map((group) => group.policyId)].filter((id) => id !== null);
  const known = new Set([...policies.keys(), ...named]);
  const choice = choiceFor(device, { ...around(state, settings), known }, { trigger, policyId });
  const wanted = 'policies' in choice ? choice.policies : 'missing' in choice ? [choice.missing] : [];
  for (const id of wanted) {
    const has = policies.get(id);
    if (!has) return `the policy ${id} has not come here yet`;
    const version = Math.max(0, ...groups.filter((group) => group.policyId === id).map(versionOf));
    if (has.version < version) return `version ${version} of the policy ${id} has not come here yet`;
  }
  return null;
}

const versionOf = ({ policyVersion = 0 }: Membership): number => policyVersion;
