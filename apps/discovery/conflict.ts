// What an operator decides of a conflict (R36): keep the known device, or move it to who claims to be it. Pure.
import { createHash } from 'node:crypto';
import { sourceOf } from '#addresses/source';
import { nothing, type Decision } from '#bus/consumer';
import {
  deviceConflictDecided,
  type DeviceConflictDecided,
  type DeviceConflictDecisionRequested,
} from '#events/conflict';
import { announcementFiltered, type DeviceAnnounced } from '#events/announcement';
import { deviceReconciled } from '#events/device';
import type { Draft, Event } from '#events/event';
import {
  conflictsOf,
  type Change,
  type Claim,
  type Conflict,
  type Device,
  type Known,
  type Said,
} from './known.js';
import { apply, seeCertificate } from './move.js';
import { announcementsOf, cameBy } from './arrival.js';

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
export function dismissedAs(known: Known, deviceId: string, data: DeviceAnnounced): Conflict | null {
  const conflict = findConflict(known, deviceId, claimOf(data));
  return conflict?.dismissedAt ? conflict : null;
}

/** Noted no more often: who announces without end writes no row each time. */
const notedAgainMs = 3_600_000;

/** It goes on being claimed, so that it is not forgotten; see makesWay. */
export function heardAgain(conflict: Conflict, { announcement, data }: Said): readonly Change[] {
  const sinceMs = Date.parse(data.acceptedAt) - Date.parse(conflict.data.acceptedAt);
  return sinceMs < notedAgainMs ? [] : [{ kind: 'conflict', conflict: { ...conflict, announcement, data } }];
}

const findConflict = (known: Known, deviceId: string, claim: string): Conflict | undefined =>
  conflictsOf(known, deviceId).find((conflict) => conflict.claim === claim);

/** Open conflicts of one device, as many as a person looks through; and of those, of one source of connections. */
export const openMax = 20;
export const openOfSourceMax = 5;
/** Those dismissed, which an operator did one by one; they take no room from open ones. */
export const dismissedMax = 100;

/** What is kept stays: nobody's claim makes way for a newer one, or whoever claims often would hide all others. */
export function hasRoom(conflicts: readonly Conflict[], data: DeviceAnnounced): boolean {
  const claim = claimOf(data);
  if (conflicts.some((conflict) => conflict.claim === claim)) return true;
  const open = conflicts.filter(({ dismissedAt }) => dismissedAt === null);
  const source = cameFrom(data);
  const ofSource = open.filter((conflict) => cameFrom(conflict.data) === source);
  return open.length < openMax && ofSource.length < openOfSourceMax;
}

const cameFrom = ({ transport }: DeviceAnnounced): string => sourceOf(transport.peerAddress);

/** Of the dismissed ones that which was silent for longest, once there are too many: who goes on claiming stays dismissed. */
function makesWay(conflicts: readonly Conflict[]): Conflict | null {
  const out = conflicts.filter(({ dismissedAt }) => dismissedAt !== null);
  if (out.length < dismissedMax) return null;
  const heardAt = ({ data }: Conflict): number => Date.parse(data.acceptedAt);
  return out.toSorted((a, b) => heardAt(a) - heardAt(b))[0] ?? null;
}

/** Nothing of who was looked for: no announcement was made. */
export const dismissed = (said: Omit<Claim, 'deviceId'>): readonly Draft[] =>
  announcementsOf([said]).map((announcement) =>
    announcementFiltered.draft({ announcement, identity: said.data.identity, reason: 'claimDismissed' }),
  );

type Asked = Event<DeviceConflictDecisionRequested>;

/** Asked twice, it is decided once. What was dismissed may be moved to after all. */
export function decideConflict(event: Asked, known: Known): Decision<Change> {
  const { deviceId, claim, decision } = event.data;
  const device = [...known.devices.values()].find(({ id }) => id === deviceId);
  if (!device) return nothing;
  const conflict = findConflict(known, deviceId, claim);
  if (!conflict) return tooLate(event, device, known);
  return decision === 'keep' ? keep(event, device, conflict, known) : move(event, device, conflict, known);
}

function keep(event: Asked, device: Device, conflict: Conflict, known: Known): Decision<Change> {
  if (conflict.dismissedAt !== null) return nothing;
  const { id: deviceId } = device;
  const { claim = null } = makesWay(conflictsOf(known, deviceId)) ?? {};
  const forgotten: readonly Change[] = claim === null ? [] : [{ kind: 'conflictForgotten', deviceId, claim }];
  return {
    changes: [...forgotten, { kind: 'conflict', conflict: { ...conflict, dismissedAt: known.now } }],
    events: [decided(event, device, { outcome: 'kept', forgotten: claim })],
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
    ...cameBy({ announcement, data }),
    fingerprint: moved.fingerprint,
    proof: 'operator',
    fresh: true,
    changed: after.changed,
  });
  return {
    changes: [
      ...changes,
      { kind: 'device', device: moved },
      { kind: 'conflictsOver', deviceId: device.id, dismissedToo: true },
    ],
    events: [reconciled, decided(event, device, { outcome: 'moved' })],
  };
}

function tooLate(event: Asked, device: Device, known: Known): Decision<Change> {
  const { decision, claimed } = event.data;
  const isDone = decision === 'move' && device.proof === 'operator' && device.identity.ip === claimed.ip;
  if (isDone) return nothing;
  const another = conflictsOf(known, device.id).some(({ dismissedAt }) => dismissedAt === null);
  return { changes: [], events: [decided(event, device, { outcome: another ? 'another' : 'gone' })] };
}

type Became = Pick<DeviceConflictDecided, 'outcome'> & Partial<Pick<DeviceConflictDecided, 'forgotten'>>;

function decided(
  { data }: Asked,
  { identity: { serial } }: Device,
  { outcome, forgotten = null }: Became,
): Draft {
  const { requestedBy: decidedBy, ...asked } = data;
  return deviceConflictDecided.draft({ ...asked, serial, outcome, decidedBy, forgotten });
}

/** Conflicts are over once the device is elsewhere or shows another certificate: what was claimed, was claimed of another state. */
export const overWith = (
  deviceId: string,
  changed: readonly { readonly field: string }[],
): readonly Change[] =>
  changed.some(({ field }) => field === 'ip' || field === 'certificate')
    ? [{ kind: 'conflictsOver', deviceId, dismissedToo: false }]
    : [];
