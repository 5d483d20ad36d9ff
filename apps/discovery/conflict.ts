// What an operator decides of a conflict (R36): keep the known device, or move it to who claims to be it. Pure.
import { createHash } from 'node:crypto';
import { nothing, type Decision } from '#bus/consumer';
import {
  deviceConflictDecided,
  type DeviceConflictDecided,
  type DeviceConflictDecisionRequested,
} from '#events/conflict';
import { announcementFiltered, deviceReconciled, type DeviceAnnounced } from '#events/device';
import type { Draft, Event } from '#events/event';
import { conflictsOf, type Change, type Claim, type Conflict, type Device, type Known } from './known.js';
import { apply, seeCertificate } from './move.js';

/** Names a claim: another one, as soon as something changes of what it says or of how it came. */
export function claimOf({ identity, transport, origin }: DeviceAnnounced): string {
  const { serial, model, mac, ip, hostname, firmware } = identity;
  const said = [serial, model, mac, ip, hostname, firmware];
  const came = [
    transport.peerAddress,
    transport.fingerprint,
    origin?.server ?? null,
    origin?.verified ?? null,
  ];
  return createHash('sha256')
    .update(JSON.stringify([...said, ...came]))
    .digest('hex');
}

/** An operator has decided that the device is not who says so; silence of the known one does not speak for it either. */
export function isDismissed(known: Known, deviceId: string, data: DeviceAnnounced): boolean {
  const conflict = findConflict(known, deviceId, claimOf(data));
  return conflict !== undefined && conflict.dismissedAt !== null;
}

const findConflict = (known: Known, deviceId: string, claim: string): Conflict | undefined =>
  conflictsOf(known, deviceId).find((conflict) => conflict.claim === claim);

/** Open conflicts of one device, as many as a person looks through; and of those, from where one connection came. */
export const openMax = 20;
export const openOfSourceMax = 5;
/** With those dismissed, which an operator did one by one. */
const keptMax = 100;

/** What is kept stays: nobody's claim makes way for a newer one, or whoever claims often would hide all others. */
export function hasRoom(conflicts: readonly Conflict[], data: DeviceAnnounced): boolean {
  const claim = claimOf(data);
  if (conflicts.some((conflict) => conflict.claim === claim)) return true;
  const open = conflicts.filter(({ dismissedAt }) => dismissedAt === null);
  const { peerAddress } = data.transport;
  const ofSource = open.filter((conflict) => conflict.data.transport.peerAddress === peerAddress);
  return conflicts.length < keptMax && open.length < openMax && ofSource.length < openOfSourceMax;
}

export const dismissed = ({ announcement, data: { identity } }: Omit<Claim, 'deviceId'>): Draft =>
  announcementFiltered.draft({ announcement, identity, reason: 'claimDismissed' });

type Asked = Event<DeviceConflictDecisionRequested>;

/** Asked twice, it is decided once. What was dismissed may be moved to after all. */
export function decideConflict(event: Asked, known: Known): Decision<Change> {
  const { deviceId, claim, decision } = event.data;
  const device = [...known.devices.values()].find(({ id }) => id === deviceId);
  if (!device) return nothing;
  const conflict = findConflict(known, deviceId, claim);
  if (!conflict) return tooLate(event, device, known);
  return decision === 'keep'
    ? keep(event, device, conflict, known.now)
    : move(event, device, conflict, known);
}

function keep(event: Asked, device: Device, conflict: Conflict, now: Date): Decision<Change> {
  if (conflict.dismissedAt !== null) return nothing;
  return {
    changes: [{ kind: 'conflict', conflict: { ...conflict, dismissedAt: now } }],
    events: [decided(event, device, 'kept')],
  };
}

/** The claim takes effect with its announcement; the device is taken as fresh from the box: nothing has proved it. */
function move(event: Asked, device: Device, conflict: Conflict, known: Known): Decision<Change> {
  const { data, announcement } = conflict;
  const { changes, certificates } = seeCertificate(data, known.certificates);
  const after = apply(device, { data, proof: 'operator', certificates });
  const acceptedAt =
    after.device.acceptedAt > device.acceptedAt ? after.device.acceptedAt : device.acceptedAt;
  const moved: Device = { ...after.device, acceptedAt, conflictedAt: null };
  const reconciled = deviceReconciled.draft({
    deviceId: device.id,
    identity: moved.identity,
    trigger: 'announced',
    announcements: [announcement],
    fingerprint: moved.fingerprint,
    proof: 'operator',
    fresh: true,
    acceptedAt: data.acceptedAt,
    origin: data.origin,
    probedBy: null,
    changed: after.changed,
  });
  return {
    changes: [
      ...changes,
      { kind: 'device', device: moved },
      { kind: 'conflictsOver', deviceId: device.id, dismissedToo: true },
    ],
    events: [reconciled, decided(event, device, 'moved')],
  };
}

function tooLate(event: Asked, device: Device, known: Known): Decision<Change> {
  const { decision, claimed } = event.data;
  const isDone = decision === 'move' && device.proof === 'operator' && device.identity.ip === claimed.ip;
  if (isDone) return nothing;
  const another = conflictsOf(known, device.id).some(({ dismissedAt }) => dismissedAt === null);
  return { changes: [], events: [decided(event, device, another ? 'another' : 'gone')] };
}

function decided({ data }: Asked, device: Device, outcome: DeviceConflictDecided['outcome']): Draft {
  const { requestedBy: decidedBy, ...asked } = data;
  return deviceConflictDecided.draft({ ...asked, serial: device.identity.serial, outcome, decidedBy });
}

/** Conflicts are over once the device is elsewhere or shows another certificate: what was claimed, was claimed of another state. */
export const overWith = (
  deviceId: string,
  changed: readonly { readonly field: string }[],
): readonly Change[] =>
  changed.some(({ field }) => field === 'ip' || field === 'certificate')
    ? [{ kind: 'conflictsOver', deviceId, dismissedToo: false }]
    : [];
