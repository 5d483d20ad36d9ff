// Why a device is to be assessed, and by which policies that would be. Pure.
import { NotYet } from '#bus/consumer';
import { deviceGrouped, type Trigger } from '#events/device';
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
}

/** What is applied; or why nothing is. Throws NotYet. */
export function chosen({
  event,
  device,
  state,
  trigger,
  policyId,
}: Cause): Exclude<Choice, { missing: string }> {
  const { settings } = state;
  if (!settings) throw new NotYet('the instant-on settings have not come here yet');
  awaitPolicies(event, state, policyId);
  const choice = choiceFor(device, around(state, settings), { trigger, policyId });
  if ('missing' in choice)
    throw new NotYet(`the policy ${choice.missing} is chosen, but has not come here yet`);
  return choice;
}

export const around = ({ policies, ownAddresses }: State, settings: Settings): Around => ({
  settings,
  ownAddresses,
  known: new Set(policies.keys()),
});

/** A device that is to get a new policy is not left without, and one that is to get a changed one does not get that from before. */
function awaitPolicies(event: Event, { policies, deletedPolicies }: State, named: string | null): void {
  const groups = deviceGrouped.is(event) ? event.data.groups : [];
  for (const { policyId, policyVersion = 0 } of [{ policyId: named }, ...groups]) {
    if (policyId === null || deletedPolicies.has(policyId)) continue;
    const known = policies.get(policyId);
    if (!known) throw new NotYet(`the policy ${policyId} has not come here yet`);
    if (known.version < policyVersion)
      throw new NotYet(`version ${policyVersion} of the policy ${policyId} has not come here yet`);
  }
}
