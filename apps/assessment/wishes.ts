// What operators ask of one device besides an assessment: what one would change, all that it says, what a task has changed put
// back. Pure.
import { randomUUID } from 'node:crypto';
import { NotYet, nothing, type Decision } from '#bus/consumer';
import { assessmentQueued } from '#events/assessment';
import type { Event } from '#events/event';
import type { assessmentUndoRequested } from '#events/undo';
import type { TaskRequest } from '#store/tasks';
import { around, chosen, type Cause } from './cause.js';
import { refusalOf } from './choose.js';
import { wishKey, type State } from './devices.js';
import { tell, type Change } from './evolve.js';
import { namesOf } from './policies.js';
import { budget, type AnyPayload } from './task.js';
import { skip, type Reason } from './told.js';

/** Reads and compares, whatever may be remediated. */
export function dryRun(cause: Cause): Decision<Change> {
  const choice = chosen(cause);
  const { device, state } = cause;
  if ('skipped' in choice)
    return choice.skipped === null ? nothing : tell(skip(device.id, [], choice.skipped, { mode: 'dryRun' }));
  const { policies } = choice;
  return wish(cause, {
    mode: 'dryRun',
    what: { wishes: [[...policies]] },
    policies: namesOf(policies, state.policies),
  });
}

/** All that it is set to, by a dry run against no policy. */
export function readAll({ event, device, state, requestedBy }: Cause): Decision<Change> {
  if (!state.settings) throw new NotYet('the instant-on settings have not come here yet');
  const refusal = refusalOf(device, around(state, state.settings));
  if (refusal) return tell(skip(device.id, [], refusal, { mode: 'dryRun' }));
  return wish(
    { event, device, state, requestedBy },
    { mode: 'dryRun', what: { wishes: [[]] }, policies: [] },
  );
}

/** Puts back what a task has changed. */
export function undo(
  event: Event<(typeof assessmentUndoRequested)['example']>,
  state: State,
): Decision<Change> {
  const { deviceId, taskId, requestedBy } = event.data;
  const device = state.devices.get(deviceId);
  const refused = (reason: Reason): Decision<Change> => tell(skip(deviceId, [], reason, { mode: 'undo' }));
  if (device?.standing !== 'active' || !device.identity) return refused('notLicensed');
  if (!state.settings) throw new NotYet('the instant-on settings have not come here yet');
  const refusal = refusalOf(device, around(state, state.settings));
  if (refusal) return refused(refusal);
  return wish(
    { event, device, state, requestedBy },
    { mode: 'undo', what: { undoes: [taskId] }, policies: [] },
  );
}

interface Wish {
  readonly mode: 'dryRun' | 'undo';
  readonly what: { readonly wishes: string[][] } | { readonly undoes: string[] };
  readonly policies: ReturnType<typeof namesOf>;
}

/** A task of its own, or a part of the one of its kind that waits. */
function wish(
  { event, device, state, requestedBy }: Pick<Cause, 'event' | 'device' | 'state' | 'requestedBy'>,
  { mode, what, policies }: Wish,
): Decision<Change> {
  const { identity, fingerprint, id: key } = device;
  if (!identity) return nothing;
  const id = state.wishes.get(wishKey(mode, key)) ?? randomUUID();
  const asked = { requestedBy: requestedBy === null ? [] : [requestedBy] };
  const request: TaskRequest<AnyPayload> = {
    id,
    kind: mode,
    key,
    budget,
    payload: { identity, fingerprint, ...asked, ...what },
    notBefore: null,
    traceparent: event.traceparent,
    causedBy: event.id,
  };
  const subject = { taskId: id, deviceId: key, identity, trigger: 'requested', mode, ...asked } as const;
  return {
    changes: [{ type: 'queue', request }],
    events: [assessmentQueued.draft({ ...subject, covers: [], policies })],
  };
}
