// The worker that assesses: one task, one device (R64).
import { worker, type Beginning, type Finish, type Worker } from '#bus/worker';
import { assessmentStarted } from '#events/assessment';
import type { Trigger } from '#events/device';
import type { Draft } from '#events/event';
import type { Log } from '#runtime/log';
import type { Store, Tx } from '#store/store';
import type { Task } from '#store/tasks';
import { assessDevice, failDevice, ofTask, subjectOf, type Begun, type DeviceEnd } from './assess-device.js';
import { changesOf, keeper } from './changes.js';
import type { Openers } from './connect.js';
import type { Keyring } from './credentials/keyring.js';
import { markFinished } from './devices.js';
import { teller, toldOnce } from './notes.js';
import { namesFor, policiesBegunWith } from './policies.js';
import { budget, kind, payload, spacedUntil, type Payload } from './task.js';
import { becauseOf, begunBy, finished, skip } from './told.js';
import { failureOf, type Failure } from './trouble.js';
import { allowedBy, turnOf, whomOf } from './turn.js';
import { unreadable } from './unreadable.js';

export interface AssessOptions {
  readonly store: Store;
  readonly openers: Openers;
  readonly keyring: Keyring | null;
  readonly log: Pick<Log, 'info'>;
}

/** A device that has just announced may still be booting, for minutes. Meanwhile another has its place. */
const retryDelaysMs = [2_000, 10_000, 30_000, 60_000, 90_000, 120_000];
/** Who asks for an assessment waits for it: the device is there, or is said not to be. */
const triesWhenAsked = 4;
const triesOf = (trigger: Trigger): number =>
  trigger === 'requested' ? triesWhenAsked : retryDelaysMs.length + 1;

export function assessWorker({ store, openers, keyring, log }: AssessOptions): Worker {
  const begun = new WeakMap<Task<Payload>, Begun>();
  const tell = teller(log);
  const keep = keeper(store);
  const told = ({ payload: { identity } }: Task<Payload>, { events, ended }: DeviceEnd): Finish =>
    toldOnce({ events, save: (tx) => markFinished(tx, [ended]) }, (said) => tell(said, identity.serial));
  return worker<Payload>({
    kind,
    keyIs: 'device',
    budget,
    retryDelaysMs,
    endsIfTooLong: true,
    endsTogether: true,
    payload,
    limit: allowedBy('maxNumberTasks'),
    begin: async (tx, task) => {
      const beginning = await begin(tx, task, begun);
      const events = 'run' in beginning ? beginning.run : beginning.end.events;
      tx.afterCommit(() => tell(events, task.payload.identity.serial));
      return beginning;
    },
    run: async (task, grip) => {
      const found = begun.get(task);
      if (!found) throw new Error('it was never begun');
      return told(task, await assessDevice({ store, keep, openers, keyring, grip, begun: found }));
    },
    unreadable: unreadable(kind),
    failed: async (task, error) => {
      const found = begun.get(task);
      const failure = failureOf(error);
      return told(task, await (found ? failDevice(store, found, failure) : endUnbegun(store, task, failure)));
    },
  });
}

async function begin(tx: Tx, task: Task<Payload>, begun: WeakMap<Task<Payload>, Begun>): Promise<Beginning> {
  const { covers, trigger, named } = task.payload;
  const turn = await turnOf(tx, task);
  const { settings, device, left: gone, now, busyUntil } = turn;
  const asked = trigger === 'requested' || named.length > 0;
  const forbidden = gone ?? (!settings?.allowRemediation && !asked ? 'remediationOff' : null);
  if (forbidden)
    return { end: { events: [await neverAgain(tx, task, { reason: forbidden, wrote: turn.wrote })] } };
  const againAt = busyUntil ?? (asked || task.attempt > 1 || !device ? null : spacedUntil(device, now));
  if (againAt) return { end: { events: [], againAt } };
  // An operator's wish shares the task with causes that may do nothing now: it alone is left.
  const narrowed = !settings?.allowRemediation && trigger !== 'requested';
  const doing: Task<Payload> = narrowed
    ? { ...task, payload: { ...task.payload, trigger: 'requested', policies: named, covers: [] } }
    : task;
  const policies = await policiesBegunWith(tx, doing.payload.policies);
  const whom = await whomOf(tx, { ...doing.payload, deviceId: task.key }, turn);
  const { identity, fingerprint } = whom;
  const about = { ...doing, payload: { ...doing.payload, identity, fingerprint } };
  begun.set(task, {
    task: about,
    policies,
    startedAt: now,
    wrote: turn.wrote,
    triesMax: triesOf(doing.payload.trigger),
    whom,
  });
  const started = {
    ...subjectOf({ task: about, policies }),
    startedAt: now.toISOString(),
    attempt: task.attempt,
  };
  const left = narrowed && covers.length > 0 ? [skip(task.key, covers, 'remediationOff')] : [];
  return { run: [...left, assessmentStarted.draft(started)] };
}

/** It is skipped, unless it has changed the device already: then its end says what it has changed. */
async function neverAgain(
  tx: Tx,
  task: Task<Payload>,
  { reason, wrote }: { readonly reason: keyof typeof becauseOf; readonly wrote: boolean },
): Promise<Draft> {
  if (!wrote) return skip(task.key, task.payload.covers, reason, { taskId: task.id });
  return endOfUnbegun(tx, task, { outcome: 'cancelled', detail: becauseOf[reason] });
}

/** Of a task that does not begin again: what it was to be, and what it has changed by then. */
async function endOfUnbegun(on: Pick<Tx, 'query'>, task: Task<Payload>, failure: Failure): Promise<Draft> {
  const changes = await changesOf(on, task.id);
  const policies = await namesFor(on, task.payload.policies);
  return finished(ofTask(task, policies), begunBy(changes), { ...failure, changes });
}

async function endUnbegun(store: Store, task: Task<Payload>, failure: Failure): Promise<DeviceEnd> {
  const event = await endOfUnbegun(store, task, failure);
  const ended = { deviceId: task.key, startedAt: new Date(), lastPolicy: null, ways: null };
  return { events: [event], ended };
}
