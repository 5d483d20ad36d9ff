// What the regular refresh is for (R53): autogroups that a device has joined while the settings let nothing follow. Pure.
import { heldBack } from '#documents/held-back';
import type { Membership, Trigger } from '#events/device';
import type { Settings } from '#events/settings';

interface Told {
  /** Ids of the autogroups for which nothing was done before. */
  readonly owed: readonly string[];
  /** Those the device is in now; `added`: it is new in them. */
  readonly groups: readonly Membership[];
  /** Why they are told; null: they are not. */
  readonly told: Trigger | null;
  readonly settings: Settings;
}

/** Ids of the autogroups for which nothing is done yet. A group that the device has left is owed nothing. */
export function owedAfter({ owed, groups, told, settings }: Told): readonly string[] {
  const automatic = groups.filter(({ kind }) => kind === 'automatic');
  const isDone = told !== null && heldBack(settings, told) === null;
  if (isDone && told !== 'discovered') return [];
  // A discovery is for the groups that it adds to, and for no other (R52).
  return automatic
    .filter(({ groupId, added }) => (added ? !isDone : owed.includes(groupId)))
    .map(({ groupId }) => groupId);
}
