// The worker that says what an assessment would change: it reads, compares, and writes nothing.
import { worker, type Beginning, type Finish, type Grip, type Worker } from '#bus/worker';
import { agentIn } from '#device/agent';
import type { Reading } from '#device/device';
import type { Speaking } from '#device/ways/ways';
import { combine, compliant, type AppliedPolicy } from '#documents/policy';
import { assessmentFinished, assessmentStarted, type AssessmentFinished } from '#events/assessment';
import type { Draft } from '#events/event';
import type { Store, Tx } from '#store/store';
import type { Task } from '#store/tasks';
import { connect, type Openers, type Whom } from './connect.js';
import type { Keyring } from './credentials/keyring.js';
import { foresee, readFrom } from './conversation.js';
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
  /** Policies of each wish. */
  readonly wishes: readonly (readonly AppliedPolicy[])[];
}

export function dryRunWorker({ openers, keyring }: WishOptions): Worker {
  const begun = new WeakMap<Task<DryRunPayload>, Begun>();
  return worker<DryRunPayload>({
    kind: 'dryRun',
    keyIs: 'device',
    budget,
    retryDelaysMs: wishRetryDelaysMs,
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
      const wishes = found?.wishes ?? [[]];
      const startedAt = found?.startedAt ?? new Date();
      const result = { ...failureOf(error), results: [] };
      return { events: wishes.map((policies) => finished(task, { startedAt, policies, result })) };
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
  const wishes: (readonly AppliedPolicy[])[] = [];
  for (const ids of task.payload.wishes) wishes.push(await policiesOf(tx, ids));
  begun.set(task, { startedAt: turn.now, whom: await whomOf(tx, task.payload, turn), wishes });
  const started = { startedAt: turn.now.toISOString(), attempt: task.attempt };
  return {
    run: wishes.map((policies) => assessmentStarted.draft({ ...subjectOf(task, policies), ...started })),
  };
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
    const read = await readFrom(
      device,
      wishes.flatMap((policies) => combine(policies)),
      grip.signal,
    );
    if (read.kind !== 'answered' && mayPass(read)) throw new DeviceTrouble(read);
    const events = wishes.map((policies) => {
      const result =
        read.kind === 'answered'
          ? resultOf(policies, read.value, device)
          : { ...failureOf(new DeviceTrouble(read)), results: [] };
      return finished(task, { startedAt, policies, result });
    });
    if (read.kind !== 'answered') return { events };
    return { events, save: (tx) => rememberWays(tx, task.key, device.known()) };
  } finally {
    device.close();
  }
}

type Result = Pick<AssessmentFinished, 'outcome' | 'detail' | 'results'> &
  Partial<Pick<AssessmentFinished, 'agent'>>;

function resultOf(policies: readonly AppliedPolicy[], reading: Reading, device: Speaking): Result {
  if (policies.length === 0)
    return { outcome: 'failed', detail: 'its policies were deleted meanwhile', results: [] };
  const requirements = combine(policies);
  const results = [...foresee(requirements, reading, device)];
  const would = results.filter(({ wouldWrite }) => wouldWrite).length;
  return {
    outcome: compliant(requirements, results) ? 'compliant' : 'nonCompliant',
    detail: `${would} of ${results.length} would be written`,
    results,
    agent: agentIn(reading.values),
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
