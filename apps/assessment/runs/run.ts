// The parent task of a run: each step is one transaction, and where it is stands in tables, so that whoever goes on after a
// death begins where that one was.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { worker, type Ending, type Worker } from '#bus/worker';
import type { Draft } from '#events/event';
import { groupChanged } from '#events/group';
import { policyChanged } from '#events/policy';
import { scheduleProgressed } from '#events/schedule';
import type { Settings } from '#events/settings';
import { readDocument } from '#store/documents';
import type { Tx } from '#store/store';
import { enqueue, type Task } from '#store/tasks';
import * as z from 'zod';
import { schema } from '../task.js';
import { settingsOf } from '../turn.js';
import { endsOf } from './left-behind.js';
import { membersPage } from './members.js';
import { holdRun, isOlder, saveRun, type Run } from './rows.js';
import {
  addDevices,
  countChunks,
  countDevices,
  countRunDevices,
  dropDevices,
  endLeft,
  forgetDevices,
  lastChunk,
  spreadDevices,
  type Counted,
} from './run-devices.js';
import { chunkKey, chunkTask, runTask, type ChunkPayload } from './run-task.js';
import { stagesOf, stopReason } from './stages.js';
import { progressOf } from './told.js';

/** Runs that go a step at a time. */
const runsMax = 4;
/** Child tasks of a run that wait or run: enough for any budget, few enough for a run to be called off at once. */
const chunksAhead = 100;
const pauseMs = 1_000;
const afterTroubleMs = 10_000;
/** Word of a policy or a group that is new may come after the run that goes by it. */
const awaitedMs = 60_000;

interface Pace {
  readonly stepMs: number;
  /** How long a run waits for its policy and its group. */
  readonly awaitMs: number;
}

export function runWorker({ stepMs = pauseMs, awaitMs = awaitedMs }: Partial<Pace> = {}): Worker {
  return worker({
    ...runTask,
    keyIs: 'run',
    limit: () => Promise.resolve(runsMax),
    payload: z.object({}),
    retryDelaysMs: [1_000, 5_000],
    run: (task) => {
      const settle = async (tx: Tx): Promise<Ending> => {
        const { events, next } = await step(tx, task, awaitMs);
        if (next === 'over') return { events };
        return { events, againAt: new Date(Date.now() + (next === 'now' ? 0 : stepMs)) };
      };
      return Promise.resolve({ events: [], settle });
    },
    failed: () => ({ events: [], againAt: new Date(Date.now() + afterTroubleMs) }),
  });
}

interface Step {
  readonly events: readonly Draft[];
  readonly next: 'now' | 'later' | 'over';
}

async function step(tx: Tx, task: Task, awaitMs: number): Promise<Step> {
  const run = await holdRun(tx, task.key);
  if (!run) return { events: [], next: 'over' };
  if (run.state === 'filling' && run.cancelledBy === null) return fill(tx, run, awaitMs);
  return goOn(tx, run, task);
}

/** Some of the group's devices; after the last of them all are spread. */
async function fill(tx: Tx, run: Run, awaitMs: number): Promise<Step> {
  const settings = await settingsOf(tx);
  if (!settings) return { events: [], next: 'later' };
  const group = await readDocument(tx, schema, groupChanged, run.body.groupId);
  const isHere = group !== null && (await hasPolicy(tx, run, settings));
  if (!isHere && !(await isOlder(tx, run, awaitMs))) return { events: [], next: 'later' };
  if (!group) {
    const detail = `there is no group ${run.body.groupId}`;
    return tell(tx, { ...run, state: 'stopped', detail, endedAt: new Date() });
  }
  const { members, last } = await membersPage(tx, group.body, run.filledTo);
  await addDevices(tx, run.id, members);
  if (last !== null) {
    await saveRun(tx, { ...run, filledTo: last });
    return { events: [], next: 'now' };
  }
  const chunkMax = settings.scheduledDevicesPerTask;
  const stages = stagesOf(await countRunDevices(tx, run.id), run.body.rollout, chunkMax);
  await spreadDevices(tx, run.id, { stages, chunkMax });
  return tell(tx, { ...run, state: 'running', stages: Math.max(1, stages.length) }, 'now');
}

async function hasPolicy(
  tx: Tx,
  { body: { policyId } }: Run,
  { initialPolicy }: Pick<Settings, 'initialPolicy'>,
): Promise<boolean> {
  const policy = policyId ?? initialPolicy;
  return policy === null || (await readDocument(tx, schema, policyChanged, policy)) !== null;
}

async function goOn(tx: Tx, run: Run, task: Task): Promise<Step> {
  const counted = await countDevices(tx, run.id, run.stage);
  if (run.state === 'ending') return end(tx, run, counted);
  const { devices, failed, unreachable } = counted.ofStage;
  const stopped = stopReason(run.body.rollout, run.stage, { devices, failed: failed + unreachable });
  const detail = run.cancelledBy === null ? stopped : `${run.cancelledBy} has cancelled it`;
  if (detail !== null) {
    await dropDevices(tx, run.id, detail);
    return tell(tx, { ...run, state: 'ending', detail }, 'now');
  }
  const left = counted.ofStage.waiting + counted.ofStage.running;
  if (left > 0) return tell(tx, await withChunks(tx, run, task), 'later', counted);
  if (run.stage < run.stages) return tell(tx, { ...run, stage: run.stage + 1 }, 'now');
  return tell(tx, { ...run, state: 'done', endedAt: new Date() });
}

/** Once nobody speaks with any of its devices. */
async function end(tx: Tx, run: Run, counted: Counted): Promise<Step> {
  if ((await countChunks(tx, run.id)) > 0) return tell(tx, run, 'later', counted);
  const failure = { outcome: 'cancelled', detail: run.detail ?? 'the run has ended' } as const;
  const left = await endLeft(tx, { runId: run.id, chunk: null }, failure.outcome);
  const ends = await endsOf(tx, left, { runId: run.id, failure });
  const state = run.cancelledBy === null ? 'stopped' : 'cancelled';
  const told = await tell(tx, { ...run, state, endedAt: new Date() });
  return { ...told, events: [...ends.map(({ event }) => event), ...told.events] };
}

/** Child tasks of its stage, as many as are wanted ahead. */
async function withChunks(tx: Tx, run: Run, { causedBy, traceparent }: Task): Promise<Run> {
  const room = chunksAhead - (await countChunks(tx, run.id));
  const last = Math.min(run.chunks + room, await lastChunk(tx, run.id, run.stage));
  if (last <= run.chunks) return run;
  const chunks = Array.from({ length: last - run.chunks }, (_, at) => run.chunks + at + 1);
  const tasks = chunks.map((chunk) => {
    const payload: ChunkPayload = { runId: run.id, chunk };
    const id = randomUUID();
    return { ...chunkTask, id, key: chunkKey(payload), payload, notBefore: null, causedBy, traceparent };
  });
  await enqueue(tx, schema, tasks, (queued) => queued);
  return { ...run, chunks: last };
}

/** Saves the run, and tells how it is where that is news. */
async function tell(tx: Tx, run: Run, next: Step['next'] = 'over', counted?: Counted): Promise<Step> {
  const { all } = counted ?? (await countDevices(tx, run.id, run.stage));
  const progress = progressOf(run, all);
  await saveRun(tx, { ...run, told: progress });
  if (run.endedAt !== null) await forgetDevices(tx, run.id);
  const news = !isDeepStrictEqual(progress, run.told);
  return { events: news ? [scheduleProgressed.draft(progress)] : [], next };
}
