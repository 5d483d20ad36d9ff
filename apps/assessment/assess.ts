// The worker that assesses: one task, one device (R64).
import { isDeepStrictEqual } from 'node:util';
import { cut } from '#events/cut';
import { worker, type Beginning, type Finish, type Grip, type Worker } from '#bus/worker';
import { compliant, type AppliedPolicy } from '#documents/policy';
import { assessmentStarted, type AssessmentFinished, type TaskMode } from '#events/assessment';
import { detailMax, type SettingChange } from '#events/device-setting';
import type { Trigger } from '#events/device';
import type { Draft } from '#events/event';
import type { Known } from '#device/ways/known';
import type { Log } from '#runtime/log';
import type { Store, Tx } from '#store/store';
import type { Task } from '#store/tasks';
import { changesOf, keeper, settleChanges, type Keep } from './changes.js';
import { connect, type Openers, type Whom } from './connect.js';
import type { Keyring } from './credentials/keyring.js';
import { assess, look, requiredBy } from './conversation.js';
import { markFinished } from './devices.js';
import { teller } from './notes.js';
import { namesFor, namesOf, namesOfApplied, policiesOf } from './policies.js';
import { budget, kind, payload, spacedUntil, type Payload } from './task.js';
import { becauseOf, begunBy, finished, skip, type Subject } from './told.js';
import { DeviceTrouble, endOf, failureOf, mayPass, withLast, type Failure } from './trouble.js';
import { allowedBy, turnOf, whomOf } from './turn.js';
import type { Change } from './write.js';

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
  const told = (task: Task<Payload>, finish: Finish): Finish => {
    tell(finish.events, task.payload.identity.serial);
    return finish;
  };
  return worker<Payload>({
    kind,
    keyIs: 'device',
    budget,
    retryDelaysMs,
    endsIfTooLong: true,
    payload,
    limit: allowedBy('maxNumberTasks'),
    begin: async (tx, task) => {
      const beginning = await begin(tx, task, begun);
      tell('run' in beginning ? beginning.run : beginning.end.events, task.payload.identity.serial);
      return beginning;
    },
    run: async (task, grip) => {
      const found = begun.get(task);
      if (!found) throw new Error('it was never begun');
      return told(task, await assessDevice({ store, keep, openers, keyring, grip, begun: found }));
    },
    unreadable: ({ id, key }) => [skip(key, [], 'unreadable', { taskId: id })],
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
  const policies = await policiesOf(tx, doing.payload.policies);
  begun.set(task, {
    task: doing,
    policies,
    startedAt: now,
    wrote: turn.wrote,
    whom: await whomOf(tx, { ...doing.payload, deviceId: task.key }, turn),
  });
  const started = {
    ...subjectOf({ task: doing, policies }),
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

async function endUnbegun(store: Store, task: Task<Payload>, failure: Failure): Promise<Finish> {
  const event = await endOfUnbegun(store, task, failure);
  const ended = { deviceId: task.key, startedAt: new Date(), lastPolicy: null, ways: null };
  return { events: [event], save: (tx) => markFinished(tx, ended) };
}

const ofTask = (
  { id, key, payload: { identity, trigger, covers } }: Task<Payload>,
  policies: Subject['policies'],
) => {
  const mode: TaskMode = kind;
  return { taskId: id, deviceId: key, identity, trigger, policies, covers, mode };
};

/** As its events name it. Of policies that were all deleted meanwhile the ids are left. */
export function subjectOf({ task, policies, part }: Pick<Begun, 'task' | 'policies' | 'part'>) {
  const names = policies.length > 0 ? namesOfApplied(policies) : namesOf(task.payload.policies, new Map());
  const mode: TaskMode = part?.audit ? 'dryRun' : kind;
  return { ...ofTask(task, names), mode, ...(part && { runId: part.runId }) };
}

/** What was found when the task began: the run goes by it, and its end names it. */
export interface Begun {
  readonly task: Task<Payload>;
  readonly startedAt: Date;
  readonly policies: readonly AppliedPolicy[];
  readonly whom: Whom;
  /** It may have changed the device before: a run that was broken off since its process stopped does not count as an attempt. */
  readonly wrote: boolean;
  /** Of a device in a run of a schedule; else it is a task by itself. */
  readonly part?: Part;
}

interface Part {
  readonly runId: string;
  /** False: nothing is written. */
  readonly remediate: boolean;
  /** It is only compared with a policy that is not its own: as a dry run, that says nothing of how it stands. */
  readonly audit: boolean;
  readonly triesMax: number;
}

interface Run extends Pick<AssessOptions, 'store' | 'openers' | 'keyring'> {
  readonly keep: Keep;
  readonly begun: Begun;
  readonly grip: Grip;
}

/** What became of the device, beside the end of its task. */
export interface Assessed extends Pick<Finish, 'events' | 'save'> {
  readonly outcome: AssessmentFinished['outcome'];
}

/** Throws DeviceTrouble where another try may mend it, and has one left. */
export async function assessDevice(run: Run): Promise<Assessed> {
  const { store, openers, keyring, begun, grip } = run;
  const { task, policies, whom, part } = begun;
  if (policies.length === 0) {
    return failDevice(store, begun, { outcome: 'failed', detail: 'its policies were deleted meanwhile' });
  }
  const by = { deviceId: task.key, taskId: task.id };
  const device = connect(whom, openers, keyring);
  let wrote = begun.wrote;
  const keep = async (changes: readonly Change[]): Promise<string | null> => {
    await grip.check();
    if (part && !part.remediate) return 'this schedule only reports';
    const forbidden = await run.keep({ ...by, changes });
    wrote ||= forbidden === null;
    return forbidden;
  };
  try {
    const required = requiredBy(policies);
    const { signal } = grip;
    const said = part?.audit
      ? await look(device, required, signal)
      : await assess({ device, signal, keep }, required);
    const changes = wrote ? await settleChanges(store, by, said.says) : [];
    if (said.kind === 'setback') {
      const triesMax = part?.triesMax ?? triesOf(task.payload.trigger);
      const again = mayPass(said.setback, task) && task.attempt < triesMax;
      if (again) throw new DeviceTrouble(said.setback);
      return await failDevice(store, begun, endOf(said.setback));
    }
    return ended(begun, {
      outcome: compliant(said.results) ? 'compliant' : 'nonCompliant',
      detail: summary(said.results, device.leftAlone),
      results: [...said.results],
      agent: said.agent,
      changes,
      known: device.known(),
    });
  } finally {
    device.close();
  }
}

export async function failDevice(store: Store, begun: Begun, failure: Failure): Promise<Assessed> {
  const changes = await changesOf(store, begun.task.id);
  return ended(begun, { ...withLast(failure, changes), results: [], changes });
}

interface Result
  extends
    Pick<AssessmentFinished, 'outcome' | 'detail' | 'results'>,
    Partial<Pick<AssessmentFinished, 'agent'>> {
  readonly changes?: SettingChange[];
  readonly known?: Known;
}

/** The first that is wrong, and what was left alone, whatever came of the rest. */
function summary(
  results: readonly AssessmentFinished['results'][number][],
  leftAlone: string | null,
): string | null {
  const wrong = results.filter(({ outcome }) => outcome === 'nonCompliant' || outcome === 'failed');
  const [first] = wrong;
  const others = wrong.length > 1 ? ` and ${wrong.length - 1} more` : '';
  const title = first && `${first.title}${first.detail === null ? '' : ` (${first.detail})`}${others}`;
  const parts = [title, leftAlone].filter((part) => part !== undefined && part !== null);
  return parts.length > 0 ? cut(parts.join('. '), detailMax) : null;
}

function ended(begun: Begun, { known, ...result }: Result): Assessed {
  const { task, startedAt, policies, whom, part } = begun;
  const assessed = result.outcome === 'compliant' || result.outcome === 'nonCompliant';
  const lastPolicy = assessed && !part?.audit ? (policies.at(-1)?.policyId ?? null) : null;
  const ways = known && !isDeepStrictEqual(known, whom.known) ? known : null;
  return {
    outcome: result.outcome,
    events: [finished(subjectOf(begun), startedAt, result)],
    save: (tx) => markFinished(tx, { deviceId: task.key, startedAt, lastPolicy, ways }),
  };
}
