// Which groups a device belongs to (R50), and the rules that keep it so: pure.
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
import { editGroup, editPolicy } from './edits.js';
import { neverSeen, type Change, type Device, type Groups } from './groups.js';
import { owedAfter } from './owed.js';

export type Heard = DeviceLicensed | DeviceRetired | DocumentChanged<Group> | DocumentChanged<Policy>;

export function decide(event: Event<Heard>, groups: Groups): Decision<Change> {
  if (deviceLicensed.is(event)) return group(event, groups);
  if (groupChanged.is(event)) return editGroup(event.data, groups);
  if (policyChanged.is(event)) return editPolicy(event.data, groups);
  if (deviceRetired.is(event)) return retire(event.data.deviceId, groups);
  return nothing;
}

/** Always told, changed or not: it drives what follows. */
function group({ data, sequence }: Event<DeviceLicensed>, groups: Groups): Decision<Change> {
  const known = groups.devices.get(data.deviceId) ?? neverSeen(data.deviceId);
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
  const known = groups.devices.get(id) ?? neverSeen(id);
  const device: Device = { ...known, identity: null, fingerprint: null, retired: true, groups: [], owed: [] };
  return { changes: [{ kind: 'device', device }], events: [] };
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
