// The worker that says what an assessment would change, or all that a device is set to: it reads, compares, and writes nothing.
import { worker, type Beginning, type Finish, type Grip, type Worker } from '#bus/worker';
import { agentIn } from '#device/agent';
import { settingsCatalogue } from '#device/catalogue';
import { compliant, type AppliedPolicy } from '#documents/policy';
import { everythingIn } from '#documents/policy-of';
import { assessmentStarted } from '#events/assessment';
import type { SettingResult } from '#events/device-setting';
import type { Store, Tx } from '#store/store';
import type { Task } from '#store/tasks';
import { connect, type Openers, type Whom } from './connect.js';
import type { Keyring } from './credentials/keyring.js';
import { foresee, readFrom, requiredBy, withLeftAlone, type Looked, type Required } from './conversation.js';
import { rememberWays } from './devices.js';
import { namesFor, namesOfApplied, policiesBegunWith } from './policies.js';
import { budget, dryRunPayload, type DryRunPayload } from './task.js';
import { finished, skip, summary, toldWith, type Reason, type Result, type Subject } from './told.js';
import { DeviceTrouble, failureOf, mayPass } from './trouble.js';
import { allowedBy, turnOf, whomOf } from './turn.js';

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

export function dryRunWorker({ store, openers, keyring }: WishOptions): Worker {
  const begun = new WeakMap<Task<DryRunPayload>, Begun>();
  return worker<DryRunPayload>({
    kind: 'dryRun',
    keyIs: 'device',
    budget,
    retryDelaysMs: wishRetryDelaysMs,
    endsIfTooLong: true,
    payload: dryRunPayload,
    limit: allowedBy('maxNumberTasks'),
    begin: (tx, task) => begin(tx, task, begun),
    run: async (task, grip) => {
      const found = begun.get(task);
      if (!found) throw new Error('it was never begun');
      return run(task, { begun: found, openers, keyring, grip });
    },
    unreadable: (_, { id, key }) =>
      Promise.resolve([skip(key, [], 'unreadable', { taskId: id, mode: 'dryRun' })]),
    failed: async (task, error) => {
      const startedAt = begun.get(task)?.startedAt ?? new Date();
      const subjects = await subjectsOf(store, task, begun.get(task));
      return { events: subjects.map((subject) => finished(subject, startedAt, failureOf(error))) };
    },
  });
}

/** One for each wish; of a task that was cancelled before it could begin again, as its payload has them. */
async function subjectsOf(
  store: Store,
  task: Task<DryRunPayload>,
  begun: Begun | undefined,
): Promise<readonly Subject[]> {
  if (begun) return begun.wishes.map((wish) => subjectOf(task, namesOfApplied(wish.policies)));
  const names = await Promise.all(task.payload.wishes.map((ids) => namesFor(store, ids)));
  return names.map((policies) => subjectOf(task, policies));
}

async function begin(
  tx: Tx,
  task: Task<DryRunPayload>,
  begun: WeakMap<Task<DryRunPayload>, Begun>,
): Promise<Beginning> {
  const turn = await turnOf(tx, task);
  const ends = (reason: Reason): Beginning => ({
    end: { events: [skip(task.key, [], reason, { taskId: task.id, mode: 'dryRun' })] },
  });
  if (turn.left) return ends(turn.left);
  if (turn.busyUntil) return { end: { events: [], againAt: turn.busyUntil } };
  const wishes = await wishesOf(tx, task);
  if (wishes.length === 0) return ends('policyUnknown');
  const whom = await whomOf(tx, { ...task.payload, deviceId: task.key }, turn);
  begun.set(task, { startedAt: turn.now, whom, wishes });
  const started = { startedAt: turn.now.toISOString(), attempt: task.attempt };
  return {
    run: wishes.map(({ policies }) =>
      assessmentStarted.draft({ ...subjectOf(task, namesOfApplied(policies)), ...started }),
    ),
  };
}

/** Without those whose policies were deleted meanwhile. */
async function wishesOf(tx: Tx, { payload }: Task<DryRunPayload>): Promise<readonly Wish[]> {
  const wishes: Wish[] = [];
  for (const ids of payload.wishes) {
    const policies = await policiesBegunWith(tx, ids);
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
  const told = (policies: Wish['policies'], result: Result) =>
    finished(subjectOf(task, namesOfApplied(policies)), startedAt, result);
  const device = connect(whom, openers, keyring);
  try {
    const settings = wishes.flatMap(({ required }) => required.settings);
    const read = await readFrom(device, settings, grip.signal);
    if (read.kind !== 'answered') {
      const trouble = new DeviceTrouble(withLeftAlone(read, device));
      if (mayPass(read, task)) throw trouble;
      const failure = failureOf(trouble);
      return { events: wishes.map(({ policies }) => told(policies, failure)) };
    }
    const asked = wishes.some(({ required }) => required.ipsec !== null);
    const rules = asked ? await device.ipsec(grip.signal) : null;
    const looked = { reading: read.value, rules, device };
    const events = wishes.map(({ policies, required }) =>
      told(policies, resultOf(policies, foresee(required, looked), looked)),
    );
    return { events, save: (tx) => rememberWays(tx, task.key, device.known()) };
  } finally {
    device.close();
  }
}

function resultOf(
  policies: readonly AppliedPolicy[],
  results: readonly SettingResult[],
  { reading: { values }, device: { leftAlone } }: Looked,
): Result {
  const stays = results.filter(({ wouldWrite }) => !wouldWrite);
  const read = `${values.size} settings were read`;
  return {
    outcome: compliant(results) ? 'compliant' : 'nonCompliant',
    // Read out, nothing is right or wrong; else what would be written is with each setting.
    detail: policies.length === 0 ? toldWith([read, leftAlone]) : summary(stays, leftAlone),
    results: [...results],
    agent: agentIn(values),
  };
}

const subjectOf = (
  { id, key, payload: { identity, requestedBy } }: Task<DryRunPayload>,
  policies: Subject['policies'],
) => ({
  taskId: id,
  deviceId: key,
  identity,
  trigger: 'requested' as const,
  policies,
  covers: [],
  mode: 'dryRun' as const,
  requestedBy,
});
