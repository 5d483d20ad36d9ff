// The worker that says what an assessment would change, or all that a device is set to: it reads, compares, and writes nothing.
import { worker, type Beginning, type Finish, type Grip, type Worker } from '#bus/worker';
import { agentIn } from '#device/agent';
import { settingsCatalogue } from '#device/catalogue';
import type { Reading } from '#device/device';
import { compliant, type AppliedPolicy } from '#documents/policy';
import { everythingIn } from '#documents/policy-of';
import {
  assessmentFinished,
  assessmentStarted,
  type AssessmentFinished,
  type SettingResult,
} from '#events/assessment';
import type { Draft } from '#events/event';
import type { Store, Tx } from '#store/store';
import type { Task } from '#store/tasks';
import { connect, type Openers, type Whom } from './connect.js';
import type { Keyring } from './credentials/keyring.js';
import { foresee, readFrom, requiredBy, type Required } from './conversation.js';
import { skip } from './decide.js';
import { rememberWays } from './devices.js';
import { namesOf, policiesOf } from './policies.js';
import { budget, dryRunPayload, type DryRunPayload } from './task.js';
import { DeviceTrouble, failureOf, mayPass } from './trouble.js';
import { settingsOf, turnOf, whomOf } from './turn.js';

export interface WishOptions {
  readonly store: Store;
  readonly openers: Openers;
  readonly keyring: Keyring | null;
}

/** Somebody waits for the answer. */
export const wishRetryDelaysMs = [2_000, 10_000];

interface Begun {
  readonly startedAt: Date;
  readonly whom: Whom;
  readonly wishes: readonly Wish[];
}

interface Wish {
  /** None: every setting is read, and no policy has a say. */
  readonly policies: readonly AppliedPolicy[];
  readonly required: Required;
}

const everything: Wish = {
  policies: [],
  required: { settings: everythingIn(settingsCatalogue), ipsec: null },
};

export function dryRunWorker({ openers, keyring }: WishOptions): Worker {
  const begun = new WeakMap<Task<DryRunPayload>, Begun>();
  return worker<DryRunPayload>({
    kind: 'dryRun',
    keyIs: 'device',
    budget,
    retryDelaysMs: wishRetryDelaysMs,
    endsIfTooLong: true,
    payload: dryRunPayload,
    limit: async (tx) => (await settingsOf(tx))?.maxNumberTasks ?? 0,
    begin: (tx, task) => begin(tx, task, begun),
    run: async (task, grip) => {
      const found = begun.get(task);
      if (!found) throw new Error('it was never begun');
      return run(task, { begun: found, openers, keyring, grip });
    },
    unreadable: ({ id, key }) => [skip(key, [], 'unreadable', { taskId: id, mode: 'dryRun' })],
    failed: (task, error) => {
      const found = begun.get(task);
      const wishes = found?.wishes ?? [everything];
      const startedAt = found?.startedAt ?? new Date();
      const result = { ...failureOf(error), results: [] };
      return { events: wishes.map(({ policies }) => finished(task, { startedAt, policies, result })) };
    },
  });
}

async function begin(
  tx: Tx,
  task: Task<DryRunPayload>,
  begun: WeakMap<Task<DryRunPayload>, Begun>,
): Promise<Beginning> {
  const turn = await turnOf(tx, task);
  if (turn.device?.standing !== 'active') {
    const reason = turn.device?.standing === 'retired' ? 'deviceDeleted' : 'notLicensed';
    return { end: { events: [skip(task.key, [], reason, { taskId: task.id, mode: 'dryRun' })] } };
  }
  if (turn.busyUntil) return { end: { events: [], againAt: turn.busyUntil } };
  const wishes = await wishesOf(tx, task);
  if (wishes.length === 0)
    return { end: { events: [skip(task.key, [], 'noPolicy', { taskId: task.id, mode: 'dryRun' })] } };
  begun.set(task, { startedAt: turn.now, whom: await whomOf(tx, task.payload, turn), wishes });
  const started = { startedAt: turn.now.toISOString(), attempt: task.attempt };
  return {
    run: wishes.map(({ policies }) => assessmentStarted.draft({ ...subjectOf(task, policies), ...started })),
  };
}

/** Without those whose policies were deleted meanwhile. */
async function wishesOf(tx: Tx, { payload }: Task<DryRunPayload>): Promise<readonly Wish[]> {
  const wishes: Wish[] = [];
  for (const ids of payload.wishes) {
    const policies = await policiesOf(tx, ids);
    if (ids.length === 0) wishes.push(everything);
    else if (policies.length > 0) wishes.push({ policies, required: requiredBy(policies) });
  }
  return wishes;
}

interface Run {
  readonly begun: Begun;
  readonly openers: Openers;
  readonly keyring: Keyring | null;
  readonly grip: Grip;
}

async function run(task: Task<DryRunPayload>, { begun, openers, keyring, grip }: Run): Promise<Finish> {
  const { startedAt, whom, wishes } = begun;
  const device = connect(whom, openers, keyring);
  try {
    const settings = wishes.flatMap(({ required }) => required.settings);
    const read = await readFrom(device, settings, grip.signal);
    if (read.kind !== 'answered') {
      if (mayPass(read, task)) throw new DeviceTrouble(read);
      const result = { ...failureOf(new DeviceTrouble(read)), results: [] };
      return { events: wishes.map(({ policies }) => finished(task, { startedAt, policies, result })) };
    }
    const asked = wishes.some(({ required }) => required.ipsec !== null);
    const rules = asked ? await device.ipsec(grip.signal) : null;
    const looked = { reading: read.value, rules, device };
    const events = wishes.map(({ policies, required }) =>
      finished(task, {
        startedAt,
        policies,
        result: resultOf(policies, foresee(required, looked), read.value),
      }),
    );
    return { events, save: (tx) => rememberWays(tx, task.key, device.known()) };
  } finally {
    device.close();
  }
}

type Result = Pick<AssessmentFinished, 'outcome' | 'detail' | 'results'> &
  Partial<Pick<AssessmentFinished, 'agent'>>;

function resultOf(
  policies: readonly AppliedPolicy[],
  results: readonly SettingResult[],
  { values }: Reading,
): Result {
  const would = results.filter(({ wouldWrite }) => wouldWrite).length;
  return {
    outcome: compliant(results) ? 'compliant' : 'nonCompliant',
    detail:
      policies.length === 0
        ? `${values.size} settings were read`
        : `${would} of ${results.length} would be written`,
    results: [...results],
    agent: agentIn(values),
  };
}

interface Ending {
  readonly startedAt: Date;
  readonly policies: readonly AppliedPolicy[];
  readonly result: Result;
}

function finished(task: Task<DryRunPayload>, { startedAt, policies, result }: Ending): Draft {
  return assessmentFinished.draft({
    ...subjectOf(task, policies),
    startedAt: startedAt.toISOString(),
    finishedAt: new Date(Math.max(Date.now(), startedAt.getTime())).toISOString(),
    agent: null,
    changes: [],
    ...result,
  });
}

const subjectOf = (
  { id, key, payload: { identity } }: Task<DryRunPayload>,
  policies: readonly AppliedPolicy[],
) => ({
  taskId: id,
  deviceId: key,
  identity,
  trigger: 'requested' as const,
  policies: namesOf(policies),
  covers: [],
  mode: 'dryRun' as const,
});
