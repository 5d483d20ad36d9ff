// The worker that talks to devices: one task, one device (R64).
import { TaskCancelled } from '#bus/lease';
import { worker, type Beginning, type Finish, type Grip, type Worker } from '#bus/worker';
import { openDeviceApi } from '#device/api';
import type { Driver, Setback, Target } from '#device/device';
import { combine, compliant, type AppliedPolicy } from '#documents/policy';
import { assessmentFinished, assessmentStarted, type AssessmentFinished } from '#events/assessment';
import { policyChanged } from '#events/policy';
import type { Draft } from '#events/event';
import { settingsChanged, type Settings } from '#events/settings';
import { readDocument, readDocuments } from '#store/documents';
import type { Log } from '#runtime/log';
import type { Store, Tx } from '#store/store';
import type { Task } from '#store/tasks';
import { converse } from './conversation.js';
import { skip } from './decide.js';
import { deviceNow, markFinished } from './devices.js';
import { trustedBy } from './mutual.js';
import { notesOf } from './notes.js';
import { budget, kind, payload, spacedUntil, type Payload } from './task.js';

export interface AssessOptions {
  readonly store: Store;
  /** Port of the device API. */
  readonly devicePort: number;
  readonly log: Pick<Log, 'info'>;
  readonly open?: (target: Target) => Driver;
}

/** A device that has just announced may still be booting. */
const retryDelaysMs = [2_000, 10_000, 30_000];
const schema = 'assessment';

/** The device could not be assessed this time; worth another try. */
class DeviceTrouble extends Error {
  constructor(readonly setback: Setback) {
    super(setback.reason);
  }
}

export function assessWorker({ store, devicePort, log, open = openDeviceApi }: AssessOptions): Worker {
  const begun = new WeakMap<Task<Payload>, Begun>();
  const tell = (task: Task<Payload>, events: readonly Draft[]): void => {
    for (const { fields, message } of notesOf(events, () => task.payload.identity.serial)) {
      log.info(fields, message);
    }
  };
  const told = (task: Task<Payload>, finish: Finish): Finish => {
    tell(task, finish.events);
    return finish;
  };
  return worker<Payload>({
    kind,
    keyIs: 'device',
    budget,
    retryDelaysMs,
    payload,
    limit: async (tx) => (await settingsOf(tx))?.maxNumberTasks ?? 0,
    begin: async (tx, task) => {
      const beginning = await begin(tx, task, begun);
      tell(task, 'run' in beginning ? beginning.run : beginning.end.events);
      return beginning;
    },
    run: async (task, grip) =>
      told(task, await run({ store, devicePort, open, grip, begun: begun.get(task) ?? unbegun(task) })),
    unreadable: ({ id, key }) => [skip(key, [], 'unreadable', id)],
    failed: (task, error) => told(task, ended(begun.get(task) ?? unbegun(task), failure(error))),
  });
}

const settingsOf = async (on: Pick<Tx, 'query'>): Promise<Settings | null> =>
  (await readDocument(on, schema, settingsChanged))?.body ?? null;

async function policiesOf(on: Pick<Tx, 'query'>, ids: readonly string[]): Promise<readonly AppliedPolicy[]> {
  const all = new Map((await readDocuments(on, schema, policyChanged)).map((policy) => [policy.id, policy]));
  return ids.flatMap((policyId) => {
    const policy = all.get(policyId);
    return policy ? [{ policyId, version: policy.version, body: policy.body }] : [];
  });
}

async function begin(tx: Tx, task: Task<Payload>, begun: WeakMap<Task<Payload>, Begun>): Promise<Beginning> {
  const { covers, trigger, named } = task.payload;
  const settings = await settingsOf(tx);
  const { device, now } = await deviceNow(tx, task.key);
  const asked = trigger === 'requested' || named.length > 0;
  if (device?.standing !== 'active') {
    const reason = device?.standing === 'retired' ? 'deviceDeleted' : 'notLicensed';
    return { end: { events: [skip(task.key, covers, reason, task.id)] } };
  }
  if (!settings?.allowRemediation && !asked) {
    return { end: { events: [skip(task.key, covers, 'remediationOff', task.id)] } };
  }
  const againAt = asked || task.attempt > 1 ? null : spacedUntil(device, now);
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
    networks: settings?.deviceNetworks ?? [],
    trusted: settings && (await trustedBy(tx, settings)),
  });
  const started = { ...subjectOf(doing, policies), startedAt: now.toISOString(), attempt: task.attempt };
  const left = narrowed && covers.length > 0 ? [skip(task.key, covers, 'remediationOff')] : [];
  return { run: [...left, assessmentStarted.draft(started)] };
}

function subjectOf(
  { id, key, payload: { identity, trigger, covers } }: Task<Payload>,
  policies: readonly AppliedPolicy[],
) {
  const named = policies.map(({ policyId, version, body }) => ({ policyId, version, name: body.name }));
  return { taskId: id, deviceId: key, identity, trigger, policies: named, covers };
}

/** What was found when the task began: the run goes by it, and its end names it. */
interface Begun {
  readonly task: Task<Payload>;
  /** By the database's clock: the same for all instances. */
  readonly startedAt: Date;
  readonly policies: readonly AppliedPolicy[];
  readonly networks: readonly string[];
  /** PEM of whom a device's certificate must lead to; null: the pinned one is enough. */
  readonly trusted: readonly string[] | null;
}

/** Of a task that was cancelled before it could begin again. */
const unbegun = (task: Task<Payload>): Begun => ({
  task,
  startedAt: new Date(),
  policies: [],
  networks: [],
  trusted: [],
});

interface Run extends Required<Omit<AssessOptions, 'log'>> {
  readonly begun: Begun;
  readonly grip: Grip;
}

async function run({ store, devicePort, open, begun, grip }: Run): Promise<Finish> {
  if (begun.policies.length === 0) {
    return ended(begun, { outcome: 'failed', detail: 'its policies were deleted meanwhile', results: [] });
  }
  const { identity, fingerprint } = begun.task.payload;
  const { networks, trusted } = begun;
  const mutual = trusted && { serial: identity.serial, authorities: trusted };
  const driver = open({ address: identity.ip, port: devicePort, fingerprint, networks, mutual });
  const requirements = combine(begun.policies);
  const mayWrite = async (): Promise<string | null> => {
    await grip.check();
    return (await settingsOf(store))?.allowRemediation
      ? null
      : 'Allow Automatic Remediation is off: only reported';
  };
  try {
    const said = await converse({
      driver,
      serial: identity.serial,
      requirements,
      signal: grip.signal,
      mayWrite,
    });
    if (said.kind === 'setback') return afterSetback(begun, said.setback);
    const outcome = compliant(requirements, said.results) ? 'compliant' : 'nonCompliant';
    return ended(begun, {
      outcome,
      detail: summary(said.results),
      results: [...said.results],
      agent: said.agent,
    });
  } finally {
    driver.close();
  }
}

/** Throws what another try may mend. */
function afterSetback(begun: Begun, setback: Setback): Finish {
  const again = setback.kind === 'unreachable' || (setback.kind === 'failed' && setback.mayPass);
  if (again) throw new DeviceTrouble(setback);
  return ended(begun, { outcome: 'failed', detail: setback.reason.slice(0, 512), results: [] });
}

type Result = Pick<AssessmentFinished, 'outcome' | 'detail' | 'results'> &
  Partial<Pick<AssessmentFinished, 'agent'>>;

function summary(
  results: AssessmentFinished['results'] | readonly AssessmentFinished['results'][number][],
): string | null {
  const wrong = results.filter(({ outcome }) => outcome === 'nonCompliant' || outcome === 'failed');
  const [first] = wrong;
  if (!first) return null;
  const others = wrong.length > 1 ? ` and ${wrong.length - 1} more` : '';
  return `${first.title}${first.detail === null ? '' : ` (${first.detail})`}${others}`.slice(0, 512);
}

function failure(error: Error): Result {
  if (error instanceof TaskCancelled)
    return { outcome: 'cancelled', detail: error.message.slice(0, 512), results: [] };
  const outcome =
    error instanceof DeviceTrouble && error.setback.kind === 'unreachable' ? 'unreachable' : 'failed';
  return { outcome, detail: error.message.slice(0, 512), results: [] };
}

function ended({ task, startedAt: begunAt, policies }: Begun, result: Result): Finish {
  const finished = {
    ...subjectOf(task, policies),
    startedAt: begunAt.toISOString(),
    finishedAt: new Date(Math.max(Date.now(), begunAt.getTime())).toISOString(),
    agent: null,
    ...result,
  };
  const assessed = result.outcome === 'compliant' || result.outcome === 'nonCompliant';
  const lastPolicy = assessed ? (policies.at(-1)?.policyId ?? null) : null;
  return {
    events: [assessmentFinished.draft(finished)],
    save: (tx) => markFinished(tx, { deviceId: task.key, startedAt: begunAt, lastPolicy }),
  };
}
