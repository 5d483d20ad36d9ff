// What follows from what happened to a device: a task, or the reason why not. Pure.
import { randomUUID } from 'node:crypto';
import { nothing, type Decision } from '#bus/consumer';
import { assessmentCancelRequested, assessmentQueued, assessmentRequested } from '#events/assessment';
import { assessmentUndoRequested } from '#events/undo';
import {
  deviceFlapping,
  deviceGrouped,
  deviceRetired,
  deviceUnlicensed,
  type DeviceGrouped,
} from '#events/device';
import type { Draft, Event } from '#events/event';
import type { TaskRequest } from '#store/tasks';
import { calledOff, cancelled, left, unlicensed } from './called-off.js';
import { around, chosen, type Cause } from './cause.js';
import { choosePolicies, leftReasons, type Choice } from './choose.js';
import type { Device, State } from './devices.js';
import { tell, type Change } from './evolve.js';
import { notesOf } from './notes.js';
import { namesOf } from './policies.js';
import { askers, budget, inOrder, kind, spacedUntil, stronger, type Payload } from './task.js';
import { skip } from './told.js';
import { dryRun, readAll, undo } from './wishes.js';

/** What overtook a policy waits for it so many tries, of which there is one each second. */
const policyTries = 60;

/** @param tries before this one */
export function decide(event: Event, state: State, tries: number): Decision<Change> {
  const decision = follows(event, state, tries >= policyTries);
  const changed = decision.changes.flatMap((change) => (change.type === 'device' ? [change.device] : []));
  const serialOf = (id: string): string | null =>
    (changed.find((device) => device.id === id) ?? state.devices.get(id))?.identity?.serial ?? null;
  return { ...decision, notes: notesOf(decision.events, serialOf) };
}

function follows(event: Event, state: State, waited: boolean): Decision<Change> {
  if (deviceGrouped.is(event)) return grouped(event, state, waited);
  if (assessmentRequested.is(event)) return calledOff(event, state) ?? requested(event, state, waited);
  if (assessmentUndoRequested.is(event)) return calledOff(event, state) ?? undo(event, state);
  if (assessmentCancelRequested.is(event)) return cancelled(event, state);
  if (deviceFlapping.is(event)) {
    const device = state.devices.get(event.data.deviceId);
    return device ? keep({ ...device, flappingAt: state.now }) : nothing;
  }
  if (deviceUnlicensed.is(event)) return unlicensed(event, state);
  if (deviceRetired.is(event)) return left(event.data.deviceId, { standing: 'retired' }, state);
  return nothing;
}

const keep = (device: Device): Decision<Change> => ({ changes: [{ type: 'device', device }], events: [] });

function grouped(event: Event<DeviceGrouped>, state: State, waited: boolean): Decision<Change> {
  const { data } = event;
  const before = state.devices.get(data.deviceId);
  if (!before) return nothing;
  const licensed = data.licensedSequence;
  const stale = licensed !== 0 && licensed < before.licensingSequence;
  if (before.standing === 'retired' || (before.standing === 'unlicensed' && stale)) {
    return tell(skip(data.deviceId, data.announcements, leftReasons[before.standing]));
  }
  // One that comes late does not say who the device is now; its announcements still have their effect.
  const late = event.sequence <= before.groupedSequence;
  const device: Device = {
    ...before,
    standing: 'active',
    licensingSequence: Math.max(licensed, before.licensingSequence),
    movedAt: movedAt(data, before, { now: state.now, late }),
    ...(late
      ? {}
      : {
          identity: data.identity,
          fingerprint: data.fingerprint,
          groups: data.groups,
          groupedSequence: event.sequence,
        }),
  };
  const follows = assess({
    event,
    device,
    state,
    trigger: data.trigger,
    covers: data.announcements,
    requestedBy: null,
    policyId: null,
    waited,
  });
  return { changes: [{ type: 'device', device }, ...follows.changes], events: follows.events };
}

/**
 * When it was moved by the silence of its old address, or showed another certificate at its own: it may be anybody. One that
 * is pinned since then is the pin of whoever that is; only an authority or an operator says more.
 */
function movedAt(
  { fresh, proof }: DeviceGrouped,
  before: Device,
  { now, late }: { readonly now: Date; readonly late: boolean },
): Date | null {
  if (fresh && (proof === 'oldAddressSilent' || proof === 'sameAddress')) return now;
  const vouched = proof === 'verified' || proof === 'operator';
  return vouched && !late ? null : before.movedAt;
}

type Requested = (typeof assessmentRequested)['example'];

function requested(event: Event<Requested>, state: State, waited: boolean): Decision<Change> {
  const { deviceId, policyId, mode, everything, requestedBy } = event.data;
  const device = state.devices.get(deviceId);
  if (device?.standing !== 'active' || !device.identity)
    return tell(skip(deviceId, [], 'notLicensed', { mode }));
  const asked = { trigger: 'requested', covers: [], requestedBy, policyId, waited } as const;
  const cause = { event, device, state, ...asked };
  if (mode !== 'dryRun') return assess(cause);
  return everything ? readAll(cause) : dryRun(cause);
}

function assess(cause: Cause): Decision<Change> {
  const { event, device, state, trigger, covers, requestedBy, policyId } = cause;
  if (!device.identity) return nothing;
  const choice = chosen(cause);
  if ('skipped' in choice)
    return choice.skipped === null ? nothing : tell(skip(device.id, covers, choice.skipped));
  const { identity, fingerprint } = device;
  const wanted = together({ device, state, trigger, policyId }, choice.policies);
  const queued = state.queued.get(device.id);
  const own = { requestedBy: requestedBy === null ? [] : [requestedBy] };
  const all = askers(queued?.payload ?? own, own);
  const payload: Payload = { identity, fingerprint, ...wanted, covers: [...covers], requestedBy: all };
  const id = queued?.id ?? randomUUID();
  const request: TaskRequest<Payload> = {
    id,
    kind,
    key: device.id,
    budget,
    payload,
    notBefore: trigger === 'requested' ? null : spacedUntil(device, state.now),
    traceparent: event.traceparent,
    causedBy: event.id,
  };
  return { changes: [{ type: 'queue', request }], events: [queuedEvent(request, state)] };
}

type Wanted = Pick<Payload, 'trigger' | 'policies' | 'named'>;

/** What the task should do that a cause makes or joins: a weaker cause takes nothing from it. */
function together(cause: Choosing, policies: readonly string[]): Wanted {
  const { device, state, trigger, policyId } = cause;
  const queued = state.queued.get(device.id)?.payload ?? null;
  const named = (queued?.named ?? []).filter((id) => id !== policyId);
  if (policyId !== null) {
    const all = [...named, policyId];
    return {
      trigger: queued?.trigger ?? trigger,
      policies: inOrder(queued?.policies ?? [], all),
      named: all,
    };
  }
  const strongest = stronger(queued, trigger);
  const choice = strongest === trigger ? { policies } : chooseAgain({ ...cause, trigger: strongest });
  // Where the stronger cause has nothing to choose from any more, what it chose before is kept.
  const chosen = 'policies' in choice ? choice.policies : [...(queued?.policies ?? []), ...policies];
  return { trigger: strongest, policies: inOrder(chosen, named), named };
}

type Choosing = Pick<Cause, 'device' | 'state' | 'trigger' | 'policyId'>;

const chooseAgain = ({ device, state, trigger, policyId }: Choosing): Choice =>
  state.settings
    ? choosePolicies({ ...device, ...around(state, state.settings), trigger, policyId })
    : { skipped: null };

/** Names the announcements that this cause brings, not all that the task covers by now: the end of the task does. */
function queuedEvent({ id, key, payload }: TaskRequest<Payload>, state: State): Draft {
  return assessmentQueued.draft({
    taskId: id,
    deviceId: key,
    identity: payload.identity,
    trigger: payload.trigger,
    policies: namesOf(payload.policies, state.policies),
    covers: payload.covers,
    mode: kind,
    requestedBy: payload.requestedBy,
  });
}
