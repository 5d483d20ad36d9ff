// Whether a device is assessed, and which policies it gets (R51-R54, R60, R62).
import { mayConnect } from '#device/address';
import { heldBack } from '#documents/held-back';
import type { Membership, Trigger } from '#events/device';
import type { Identity } from '#events/identity';
import type { Settings } from '#events/settings';

export interface Situation {
  readonly settings: Settings;
  readonly trigger: Trigger;
  /** Asked for by name; null: as for an announcement. */
  readonly policyId?: string | null;
  readonly groups: readonly Membership[];
  /** Of this device's last assessment; null before the first. */
  readonly lastPolicy: string | null;
  /** Ids of the policies there are. A policy that was deleted counts as none. */
  readonly known: ReadonlySet<string>;
}

/** Ordered: of two policies that name one setting, the later decides. */
export type Choice =
  | { readonly policies: readonly string[] }
  /** Null: nothing was to be done for the device, whatever the switches are; nobody is told of that. */
  | { readonly skipped: 'remediationOff' | 'noPolicy' | 'policyUnknown' | 'switchOff' | Refusal | null }
  /** The initial policy is chosen, but has not come here yet. */
  | { readonly missing: string };

/** Of a device's groups, those that a cause is about. */
type About = (groups: readonly Membership[]) => readonly Membership[];

/** R52, R53: those that it is new in. */
const joined: About = (groups) => groups.filter(({ added }) => added);
/** R54: all of them, new in them or not. */
const edited: About = (groups) => groups;

/** Null: the cause brings the initial policy, too (R51). A freed seat ends the wait of an announcement. */
const aboutOf: Readonly<Record<Trigger, About | null>> = {
  announced: null,
  seatFreed: null,
  requested: null,
  discovered: joined,
  refresh: joined,
  filterEdited: edited,
  policyEdited: edited,
};

export type Standing = 'active' | 'unlicensed' | 'retired';

export const leftReasons = { unlicensed: 'notLicensed', retired: 'deviceDeleted' } as const;

/** Why a device is not spoken with, whatever is asked of it. */
export type Refusal = (typeof leftReasons)[keyof typeof leftReasons] | 'outsideNetworks';

/** Why it is not assessed any more; null: it is. One that is not known was deleted long ago. */
export const leftReason = (standing: Standing | undefined): Exclude<Refusal, 'outsideNetworks'> | null =>
  standing === 'active' ? null : leftReasons[standing ?? 'retired'];

/** What is to be known of a device. */
export interface Candidate extends Pick<Situation, 'groups' | 'lastPolicy'> {
  readonly standing: Standing;
  readonly identity: Pick<Identity, 'ip'> | null;
}

/** What is to be known besides. */
export interface Around extends Pick<Situation, 'settings' | 'known'> {
  readonly ownAddresses: readonly string[];
}

/** Why it may not be spoken with; null: it may. */
export function refusalOf(
  { standing, identity }: Pick<Candidate, 'standing' | 'identity'>,
  { settings, ownAddresses }: Pick<Around, 'settings' | 'ownAddresses'>,
): Refusal | null {
  const reachable = identity !== null && mayConnect(identity.ip, settings.deviceNetworks, ownAddresses);
  return leftReason(standing) ?? (reachable ? null : 'outsideNetworks');
}

/** For each cause and each schedule alike: what a device gets, or why it gets nothing. */
export function choiceFor(
  device: Candidate,
  around: Around,
  cause: Pick<Situation, 'trigger' | 'policyId'>,
): Choice {
  const left = leftReason(device.standing);
  if (left) return { skipped: left };
  const choice = choosePolicies({ ...around, ...device, ...cause });
  if ('skipped' in choice) return choice;
  const refusal = refusalOf(device, around);
  return refusal ? { skipped: refusal } : choice;
}

export function choosePolicies(situation: Situation): Choice {
  const { settings, trigger, policyId = null, known } = situation;
  if (policyId !== null) return known.has(policyId) ? { policies: [policyId] } : { skipped: 'policyUnknown' };
  const about = aboutOf[trigger];
  const policies = about && policiesOf(about(situation.groups), known);
  // Known by the search of every night and new in no group: there is nothing that a switch could hold back.
  if (policies?.length === 0) return { skipped: null };
  const skipped = heldBack(settings, trigger);
  if (skipped) return { skipped };
  return policies ? { policies } : instantOn(situation);
}

/** R51: the initial policy, then those of the autogroups; or only the latter, where there are any and the switch says so. */
function instantOn(situation: Situation): Choice {
  const { settings, groups, lastPolicy, known } = situation;
  if (settings.initialPolicy === null) return { skipped: 'noPolicy' };
  const ofGroups = policiesOf(groups, known);
  if (settings.skipInstantOnPolicy && ofGroups.length > 0) return { policies: ofGroups };
  const last =
    settings.policyMode === 'last' && lastPolicy !== null && known.has(lastPolicy) ? lastPolicy : null;
  const first = last ?? settings.initialPolicy;
  if (!known.has(first)) return { missing: first };
  return { policies: lastOfEach([first, ...ofGroups]) };
}

/** Of the autogroups alone: manual groups and All Devices carry none for instant-on. */
function policiesOf(groups: readonly Membership[], known: ReadonlySet<string>): readonly string[] {
  const order = (a: Membership, b: Membership): number =>
    a.priority - b.priority || (a.groupId < b.groupId ? -1 : 1);
  const ids = groups
    .filter(({ kind }) => kind === 'automatic')
    .toSorted(order)
    .flatMap(({ policyId }) => (policyId !== null && known.has(policyId) ? [policyId] : []));
  return lastOfEach(ids);
}

/** Each once, where it stood last: the same effect, since the later decides. */
const lastOfEach = (ids: readonly string[]): readonly string[] => [...new Set(ids.toReversed())].toReversed();
