// Which groups a device belongs to (R50), and the rules that keep it so: pure.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { nothing, type Decision } from '#bus/consumer';
import { matches } from '#documents/filter';
import {
  deviceGrouped,
  deviceLicensed,
  deviceRetired,
  type DeviceGrouped,
  type DeviceLicensed,
  type DeviceRetired,
  type Membership,
  type Trigger,
} from '#events/device';
import type { DocumentChanged } from '#events/document';
import type { Draft, Event } from '#events/event';
import { groupChanged, type Group } from '#events/group';
import type { Identity } from '#events/identity';
import { policyChanged, type Policy } from '#events/policy';
import type { Settings } from '#events/settings';
import { owedAfter } from './owed.js';

export type Heard = DeviceLicensed | DeviceRetired | DocumentChanged<Group> | DocumentChanged<Policy>;
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

export function decide(event: Event<Heard>, groups: Groups): Decision<Change> {
  if (deviceLicensed.is(event)) return group(event, groups);
  if (groupChanged.is(event)) return edit(event.data, groups);
  if (policyChanged.is(event)) return editPolicy(event.data, groups);
  if (deviceRetired.is(event)) return retire(event.data.deviceId, groups);
  return nothing;
}

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

/** Always told, changed or not: it drives what follows. */
function group({ data, sequence }: Event<DeviceLicensed>, groups: Groups): Decision<Change> {
  const known = groups.devices.get(data.deviceId) ?? unknown(data.deviceId);
  if (known.retired) return nothing;
  const { trigger, announcements, fresh, proof, identity, fingerprint } = data;
  const late = known.sequence > sequence ? known.identity : null;
  const device = late ? known : { ...known, identity, fingerprint, sequence };
  const placed = place(device, late ?? identity, groups);
  const event = deviceGrouped.draft({
    ...placed.fact,
    ...{ trigger, announcements, fresh },
    ...(proof && { proof }),
  });
  return { changes: [{ kind: 'device', device: owing(placed, trigger, groups) }], events: [event] };
}

/** `told`: why its groups are told; null: they are not. */
function owing({ device, fact }: Placed, told: Trigger | null, { settings }: Groups): Device {
  return { ...device, owed: owedAfter({ owed: device.owed, groups: fact.groups, told, settings }) };
}

interface Placed {
  readonly device: Device;
  readonly fact: Pick<
    DeviceGrouped,
    'deviceId' | 'identity' | 'fingerprint' | 'groups' | 'left' | 'licensedSequence'
  >;
}

/** The device in the groups it belongs to now. */
export function place(device: Device, identity: Identity, groups: Groups): Placed {
  const found = groupsOf(device.id, identity, groups);
  const ids = found.map(({ groupId }) => groupId);
  return {
    device: { ...device, groups: ids, edition: groups.edition },
    fact: {
      deviceId: device.id,
      identity,
      fingerprint: device.fingerprint,
      groups: found.map((member) => ({ ...member, added: !device.groups.includes(member.groupId) })),
      left: device.groups.filter((id) => !ids.includes(id)),
      licensedSequence: device.sequence,
    },
  };
}

/** By priority, then by id. */
function groupsOf(
  deviceId: string,
  identity: Identity,
  groups: Groups,
): readonly Omit<Membership, 'added'>[] {
  const found = [...groups.groups.values()].flatMap(({ id, body }) => {
    if (!body || !belongs(deviceId, identity, body, groups.manual.get(id))) return [];
    const { name, kind, priority, policyId } = body;
    const version = policyId === null ? undefined : groups.policies.get(policyId)?.version;
    const policyVersion = version === undefined ? {} : { policyVersion: version };
    return [{ groupId: id, name, kind, priority, policyId, ...policyVersion }];
  });
  return found
    .toSorted((a, b) => a.priority - b.priority || (a.groupId < b.groupId ? -1 : 1))
    .slice(0, groupsMax);
}

const groupsMax = 1000;

function belongs(
  deviceId: string,
  identity: Identity,
  group: Group,
  members: ReadonlySet<string> | undefined,
): boolean {
  if (group.kind === 'all') return true;
  if (group.kind === 'manual') return members?.has(deviceId) ?? false;
  return group.filter !== null && matches(group.filter, identity);
}

/** What discovery or licensing says late of a retired device changes nothing. */
function retire(id: string, groups: Groups): Decision<Change> {
  const known = groups.devices.get(id) ?? unknown(id);
  const device: Device = { ...known, identity: null, fingerprint: null, retired: true, groups: [], owed: [] };
  return { changes: [{ kind: 'device', device }], events: [] };
}

/** Says nothing of devices: all of them are looked at again by regroup.ts. */
function edit({ id, version, body }: DocumentChanged<Group>, groups: Groups): Decision<Change> {
  const known = groups.groups.get(id);
  if (known && known.version >= version) return nothing;
  const edited = editBetween(known?.body ?? null, body);
  const edition = edited ? groups.edition + 1 : groups.edition;
  const last = { editedIn: edition, edited: edited ?? 'filterEdited' };
  const group: GroupRow = { id, version, body, ...(edited || !known ? last : pastEdit(known)) };
  return { changes: [{ kind: 'group', group, edition }], events: [] };
}

const pastEdit = ({ editedIn, edited }: GroupRow) => ({ editedIn, edited });

/** Null when only the name or the like changed. */
function editBetween(before: Group | null, after: Group | null): Edit | null {
  const who = ({ kind, filter, members }: Group) => ({ kind, filter, members });
  if (!before || !after) return before === after ? null : 'filterEdited';
  if (!isDeepStrictEqual(who(before), who(after))) return 'filterEdited';
  return before.policyId === after.policyId && before.priority === after.priority ? null : 'policyEdited';
}

/**
 * What a policy asks for is a part of the groups that carry it (R54). One that was not heard of before is new when it is its
 * first version: a later one was edited since this build knows of policies.
 */
function editPolicy({ id, version, body }: DocumentChanged<Policy>, groups: Groups): Decision<Change> {
  const known = groups.policies.get(id);
  if (known && known.version >= version) return nothing;
  const policy: PolicyRow = { id, version, content: contentOf(body) };
  const isSame = known ? known.content === policy.content : version === 1;
  const carrying = [...groups.groups.values()].filter(
    (group) => group.body?.kind === 'automatic' && group.body.policyId === id,
  );
  const changes: Change[] = [{ kind: 'policy', policy }];
  if (!isSame && body && carrying.length > 0) {
    const groupIds = carrying.map((group) => group.id);
    changes.push({ kind: 'edited', groupIds, edition: groups.edition + 1 });
  }
  return { changes, events: [] };
}

/** In whatever order its items stand: that means nothing. Rules of IPsec are in the order in which they hold. */
function contentOf(body: Policy | null): string {
  if (!body) return '';
  const items = body.items.toSorted((a, b) => (a.setting < b.setting ? -1 : 1));
  const { ipsec } = body;
  return createHash('sha256')
    .update(JSON.stringify(ipsec ? [items, ipsec] : items))
    .digest('hex');
}

/**
 * The device as the newest edition has it. What groups it is in is told whenever that is something else now, as everybody goes by it;
 * that a group of it was edited, when the switch is on (R54).
 */
export function regroup(device: Device, groups: Groups): Decision<Change> {
  if (!device.identity) return nothing;
  const placed = place(device, device.identity, groups);
  const edits = placed.device.groups.flatMap((id) => groups.groups.get(id) ?? []);
  const news = edits
    .filter(({ editedIn }) => editedIn > device.edition)
    .toSorted((a, b) => b.editedIn - a.editedIn);
  const [last] = news;
  const { left, groups: found } = placed.fact;
  const moved = left.length > 0 || found.some(({ added }) => added);
  const isNews = moved || (groups.settings.autoGroupEditAutoRemediationEnable && last !== undefined);
  // Who only left a group is in none that was edited: nothing follows, as of a refresh that adds it to none.
  const told = isNews ? (last?.edited ?? 'refresh') : null;
  const change: Change = { kind: 'device', device: owing(placed, told, groups) };
  if (told === null) return { changes: [change], events: [] };
  const event: Draft = deviceGrouped.draft({
    ...placed.fact,
    trigger: told,
    announcements: [],
    fresh: false,
  });
  return { changes: [change], events: [event] };
}

const unknown = (id: string): Device => ({
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
