// Groups, and the devices in them, as the rules see them; and what a change makes of them.
import type { Group } from '#events/group';
import type { Identity } from '#events/identity';
import type { Settings } from '#events/settings';

export type Edit = 'filterEdited' | 'policyEdited';

export interface GroupRow {
  readonly id: string;
  readonly version: number;
  /** Null: deleted. */
  readonly body: Group | null;
  /** Edition of its last edit, and what was edited. */
  readonly editedIn: number;
  readonly edited: Edit;
}

export interface PolicyRow {
  readonly id: string;
  readonly version: number;
  /** Stands for what it asks of a device: its name and description do not count. */
  readonly content: string;
}

export interface Device {
  readonly id: string;
  /** Null until it was licensed. */
  readonly identity: Identity | null;
  readonly fingerprint: string | null;
  readonly retired: boolean;
  readonly sequence: number;
  /** Ids of the groups it was found in last, as of `edition`. */
  readonly groups: readonly string[];
  readonly edition: number;
  /** Autogroups among them for which nothing was done since it joined: the next refresh is for them. */
  readonly owed: readonly string[];
  /** Number of the last refresh in which it was looked at. */
  readonly refreshed: number;
}

export interface Groups {
  readonly settings: Settings;
  /** Grows with each edit of a group, or of a policy that groups have. */
  edition: number;
  readonly groups: Map<string, GroupRow>;
  /** Members of manual groups, as far as the batch's devices go. */
  readonly manual: Map<string, ReadonlySet<string>>;
  readonly devices: Map<string, Device>;
  readonly policies: Map<string, PolicyRow>;
}

export type Change =
  | { readonly kind: 'device'; readonly device: Device }
  | { readonly kind: 'group'; readonly group: GroupRow; readonly edition: number }
  | { readonly kind: 'policy'; readonly policy: PolicyRow }
  /** What these groups ask of their devices is something else now. */
  | { readonly kind: 'edited'; readonly groupIds: readonly string[]; readonly edition: number };

export function evolve(groups: Groups, change: Change): void {
  if (change.kind === 'device') {
    groups.devices.set(change.device.id, change.device);
    return;
  }
  if (change.kind === 'policy') {
    groups.policies.set(change.policy.id, change.policy);
    return;
  }
  if (change.kind === 'edited') {
    groups.edition = change.edition;
    for (const id of change.groupIds) {
      const group = groups.groups.get(id);
      if (group) groups.groups.set(id, { ...group, editedIn: change.edition, edited: 'policyEdited' });
    }
    return;
  }
  groups.edition = change.edition;
  groups.groups.set(change.group.id, change.group);
  groups.manual.set(change.group.id, new Set(change.group.body?.members));
}

/** A device of which nothing was heard. */
export const neverSeen = (id: string): Device => ({
  id,
  identity: null,
  fingerprint: null,
  retired: false,
  sequence: 0,
  groups: [],
  edition: 0,
  owed: [],
  refreshed: 0,
});
