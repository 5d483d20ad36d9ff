// One device assessed within a task, or within the run of a schedule, and what is told of it.
import { isDeepStrictEqual } from 'node:util';
import type { Grip } from '#bus/worker';
import type { Known } from '#device/ways/known';
import { compliant, type AppliedPolicy } from '#documents/policy';
import type { AssessmentFinished, TaskMode } from '#events/assessment';
import type { SettingChange } from '#events/device-setting';
import type { Draft } from '#events/event';
import type { Store } from '#store/store';
import type { Task } from '#store/tasks';
import { changesOf, settleChanges, type Keep } from './changes.js';
import { connect, type Openers, type Whom } from './connect.js';
import { assess, look, requiredBy } from './conversation.js';
import type { Keyring } from './credentials/keyring.js';
import type { Ended } from './devices.js';
import { namesOf, namesOfApplied } from './policies.js';
import { kind, type Payload } from './task.js';
import { finished, summary, type Subject } from './told.js';
import { DeviceTrouble, endOf, mayPass, withLast, type Failure } from './trouble.js';
import type { Change } from './write.js';

/** What was found when the task began: the run goes by it, and its end names it. */
export interface Begun {
  readonly task: Task<Payload>;
  readonly startedAt: Date;
  readonly policies: readonly AppliedPolicy[];
  readonly whom: Whom;
  /** It may have changed the device before: a run that was broken off since its process stopped does not count as an attempt. */
  readonly wrote: boolean;
  /** How often it is tried. */
  readonly triesMax: number;
  /** Of a device in a run of a schedule; else it is a task by itself. */
  readonly part?: Part;
}

interface Part {
  readonly runId: string;
  readonly schedule: NonNullable<Subject['schedule']>;
  /** False: nothing is written. */
  readonly remediate: boolean;
  /** It is only compared with a policy that is not its own: as a dry run, that says nothing of how it stands. */
  readonly audit: boolean;
}

/** A task as its events name it. */
export const ofTask = (
  { id, key, payload: { identity, trigger, covers, requestedBy } }: Task<Payload>,
  policies: Subject['policies'],
) => {
  const mode: TaskMode = kind;
  return { taskId: id, deviceId: key, identity, trigger, policies, covers, mode, requestedBy };
};

/** As its events name it. Of policies that were all deleted meanwhile the ids are left. */
export function subjectOf({ task, policies, part }: Pick<Begun, 'task' | 'policies' | 'part'>) {
  const names = policies.length > 0 ? namesOfApplied(policies) : namesOf(task.payload.policies, new Map());
  const mode: TaskMode = part?.audit ? 'dryRun' : kind;
  return { ...ofTask(task, names), mode, ...(part && { runId: part.runId, schedule: part.schedule }) };
}

interface Run {
  readonly store: Store;
  readonly openers: Openers;
  readonly keyring: Keyring | null;
  readonly keep: Keep;
  readonly begun: Begun;
  readonly grip: Grip;
}

/** What its task ends with: what is told, and what is kept of the device. */
export interface DeviceEnd {
  readonly events: readonly Draft[];
  readonly ended: Ended;
}

export interface Assessed extends DeviceEnd {
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
      if (mayPass(said.setback, task) && task.attempt < begun.triesMax) throw new DeviceTrouble(said.setback);
      return await failDevice(store, begun, endOf(said.setback));
    }
    // Where nothing passes any more, what was found out is told, setting by setting.
    if (said.mute && mayPass(said.mute, task) && task.attempt < begun.triesMax)
      throw new DeviceTrouble(said.mute);
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

function ended(begun: Begun, { known, ...result }: Result): Assessed {
  const { task, startedAt, policies, whom, part } = begun;
  const assessed = result.outcome === 'compliant' || result.outcome === 'nonCompliant';
  const lastPolicy = assessed && !part?.audit ? (policies.at(-1)?.policyId ?? null) : null;
  const ways = known && !isDeepStrictEqual(known, whom.known) ? known : null;
  return {
    outcome: result.outcome,
    events: [finished(subjectOf(begun), startedAt, result)],
    ended: { deviceId: task.key, startedAt, lastPolicy, ways },
  };
}
