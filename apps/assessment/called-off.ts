// What is no longer wanted of a device: it holds no licence any more, was deleted, or an operator has called it off. Pure.
import { nothing, type Decision } from '#bus/consumer';
import type { TaskMode } from '#events/assessment';
import type { Draft, Event } from '#events/event';
import { leftReasons } from './choose.js';
import { wishKey, type State } from './devices.js';
import { tell, type Change } from './evolve.js';
import { kinds } from './task.js';
import { becauseOf, skip, type Reason } from './told.js';

/** Unless licensing has said since that it holds a seat. */
export function unlicensed(
  { data, sequence }: Event<{ readonly deviceId: string }>,
  state: State,
): Decision<Change> {
  const known = state.devices.get(data.deviceId);
  if (known && sequence < known.licensingSequence) return nothing;
  return left(data.deviceId, { standing: 'unlicensed', licensingSequence: sequence }, state);
}

type Left =
  { readonly standing: 'unlicensed'; readonly licensingSequence: number } | { readonly standing: 'retired' };

/** No longer to be assessed: what is queued is dropped, and told; what has begun is told to stop, and ends as cancelled. */
export function left(deviceId: string, after: Left, state: State): Decision<Change> {
  const device = state.devices.get(deviceId);
  if (!device || device.standing === 'retired') return nothing;
  const { standing } = after;
  const reason = leftReasons[standing];
  return {
    changes: [
      { type: 'device', device: { ...device, ...after } },
      { type: 'cancel', deviceId, because: becauseOf[reason] },
    ],
    events: dropped(deviceId, { reason }, state),
  };
}

interface Wished {
  readonly deviceId: string;
  readonly requestedBy: string;
}

/** It was asked for before an operator called off all that was: it came late, or waited for what it is about. */
export function calledOff({ sequence, data }: Event<Wished & { readonly mode?: TaskMode }>, state: State) {
  const { deviceId, mode = 'undo' } = data;
  if (sequence >= (state.devices.get(deviceId)?.cancelSequence ?? 0)) return null;
  return tell(skip(deviceId, [], 'cancelled', { mode }));
}

/** Whatever waits or runs for it. */
export function cancelled({ sequence, data }: Event<Wished>, state: State): Decision<Change> {
  const { deviceId, requestedBy } = data;
  const device = state.devices.get(deviceId);
  if (!device) return nothing;
  return {
    changes: [
      { type: 'device', device: { ...device, cancelSequence: Math.max(sequence, device.cancelSequence) } },
      { type: 'cancel', deviceId, because: `${requestedBy} has cancelled it` },
    ],
    events: dropped(deviceId, { reason: 'cancelled', cancelledBy: requestedBy }, state),
  };
}

/** Word of each task that waits, and ends with this. */
function dropped(
  deviceId: string,
  { reason, ...by }: { readonly reason: Reason; readonly cancelledBy?: string },
  { queued, wishes }: State,
): readonly Draft[] {
  const task = queued.get(deviceId);
  const others = kinds.flatMap((mode) => {
    const taskId = wishes.get(wishKey(mode, deviceId));
    return taskId === undefined ? [] : [skip(deviceId, [], reason, { taskId, mode, ...by })];
  });
  return [
    ...(task ? [skip(deviceId, task.payload.covers, reason, { taskId: task.id, ...by })] : []),
    ...others,
  ];
}
