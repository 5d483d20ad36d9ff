// What is told of a run.
import type { ScheduleProgressed } from '#events/schedule';
import { outcomes, type Counts } from './run-devices.js';
import type { NewRun, Run } from './rows.js';

const none = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<
  (typeof outcomes)[number],
  number
>;

type Named = Pick<NewRun, 'id' | 'scheduleId' | 'body' | 'dueAt' | 'requestedBy'>;

const named = ({ id, scheduleId, body, dueAt, requestedBy }: Named) => ({
  runId: id,
  scheduleId,
  name: body.name,
  groupId: body.groupId,
  dueAt: dueAt?.toISOString() ?? null,
  requestedBy,
});

/** One that never began. */
export const missedRun = (run: Named, detail: string, at: string): ScheduleProgressed => ({
  ...named(run),
  beganAt: at,
  endedAt: at,
  state: 'missed',
  detail,
  stage: 1,
  stages: 1,
  devices: 0,
  waiting: 0,
  running: 0,
  ...none,
});

export const progressOf = (run: Run, counts: Counts): ScheduleProgressed => ({
  ...named(run),
  beganAt: run.beganAt.toISOString(),
  endedAt: run.endedAt?.toISOString() ?? null,
  state: run.state,
  detail: run.detail,
  stage: run.stage,
  stages: run.stages,
  ...counts,
});
