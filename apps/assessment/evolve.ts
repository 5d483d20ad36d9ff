// What is changed by what happens to devices, and what that makes of the state that the rest of a batch is decided by. Pure.
import type { Decision } from '#bus/consumer';
import type { Draft } from '#events/event';
import type { TaskRequest } from '#store/tasks';
import { wishKey, type Device, type State } from './devices.js';
import { kinds, merge, type AnyPayload } from './task.js';

export type Change =
  | { readonly type: 'device'; readonly device: Device }
  | { readonly type: 'queue'; readonly request: TaskRequest<AnyPayload> }
  | { readonly type: 'cancel'; readonly deviceId: string; readonly because: string };

/** Keeps the loaded state right for the events that follow in the batch. */
export function evolve(state: State, change: Change): void {
  if (change.type === 'device') {
    state.devices.set(change.device.id, change.device);
  } else if (change.type === 'cancel') {
    state.queued.delete(change.deviceId);
    for (const each of kinds) state.wishes.delete(wishKey(each, change.deviceId));
  } else {
    const { id, kind: of, key, payload } = change.request;
    if (!('covers' in payload)) {
      state.wishes.set(wishKey(of, key), id);
      return;
    }
    const queued = state.queued.get(key);
    state.queued.set(
      key,
      queued ? { id: queued.id, payload: merge(queued.payload, payload) } : { id, payload },
    );
  }
}

/** Nothing is changed. */
export const tell = (...events: readonly Draft[]): Decision<Change> => ({ changes: [], events });
