// Assessments that come by themselves (R63): when, of which group, in which stages; and how each run of them goes.
import * as z from 'zod';
import { defineDocument, slug } from './document.js';
import { defineEvent } from './event.js';
import { printable } from './identity.js';

/** Some of the devices first: the next stage begins when the one before has ended, and not too many failed in it. */
const rollout = z.strictObject({
  /** Percent of the devices that have had their turn when a stage ends: each more than the one before, the last 100. */
  stages: z.array(z.int().min(1).max(100)).min(1).max(10),
  /** A stage in which more percent of its devices failed, or could not be reached, stops the run. */
  failedPercentMax: z.int().min(0).max(100),
});
export type Rollout = z.infer<typeof rollout>;

export const scheduleBody = z.strictObject({
  name: printable(128),
  groupId: slug,
  /** Null: the policies that hold for each device, as if an operator had asked for it. */
  policyId: slug.nullable().default(null),
  /** False: devices are read and compared, and nothing is changed on them. */
  remediate: z.boolean().default(true),
  enabled: z.boolean().default(true),
  every: z.enum(['once', 'daily', 'weekly', 'monthly']),
  /** Day in `timeZone`: of once the day itself, else the first that counts. */
  from: z.iso.date(),
  /** Time of day in `timeZone`. */
  at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 03:00'),
  /** A name of the time zone database, such as Europe/Berlin. */
  timeZone: z
    .string()
    .regex(/^[A-Za-z0-9_+/-]{1,64}$/, 'must be the name of a time zone such as Europe/Berlin')
    .default('UTC'),
  /** Of weekly: 1 is Monday, 7 Sunday. */
  weekdays: z.array(z.int().min(1).max(7)).max(7).default([]),
  /** Of monthly; a month that has no such day: its last. */
  dayOfMonth: z.int().min(1).max(31).nullable().default(null),
  /** A run that could not begin in time, as Muster was down, still does for so long. */
  lateMinutesMax: z.int().min(1).max(10_080).default(60),
  /** Null: all devices in one stage, however many fail. */
  rollout: rollout.nullable().default(null),
});
export type Schedule = z.infer<typeof scheduleBody>;

export const scheduleChanged = defineDocument({
  noun: 'schedule',
  title: 'A schedule of assessments was written, changed or deleted (R63).',
  body: scheduleBody,
  example: {
    name: 'Lobby, each night',
    groupId: 'lobby',
    policyId: null,
    remediate: true,
    enabled: true,
    every: 'daily',
    from: '2026-11-21',
    at: '03:00',
    timeZone: 'Europe/Berlin',
    weekdays: [],
    dayOfMonth: null,
    lateMinutesMax: 60,
    rollout: { stages: [5, 25, 100], failedPercentMax: 10 },
  },
});

const runId = z.uuid();
const exampleRunId = '0193f2a0-0000-7000-8000-0000000000e1';

export const scheduleRunRequested = defineEvent({
  type: 'schedule.runRequested',
  publisher: 'console',
  plane: 'control',
  title: 'An operator asks that a schedule run now, whatever time it is.',
  schema: z.object({ runId, scheduleId: slug, requestedBy: printable(128) }),
  subject: (data) => data.runId,
  example: { runId: exampleRunId, scheduleId: 'example', requestedBy: 'admin' },
});
export type ScheduleRunRequested = z.infer<typeof scheduleRunRequested.schema>;

export const scheduleCancelRequested = defineEvent({
  type: 'schedule.cancelRequested',
  publisher: 'console',
  plane: 'control',
  title: 'An operator asks that a run of a schedule end: nothing more is written to any of its devices.',
  schema: z.object({ runId, requestedBy: printable(128) }),
  subject: (data) => data.runId,
  example: { runId: exampleRunId, requestedBy: 'admin' },
});
export type ScheduleCancelRequested = z.infer<typeof scheduleCancelRequested.schema>;

/**
 * filling: its devices are gathered. missed: it never began, `detail` says why. stopped: more failed in a stage than may.
 * ending: cancelled or stopped, and some of its devices are still spoken with.
 */
export const runState = z.enum(['filling', 'running', 'ending', 'done', 'cancelled', 'stopped', 'missed']);

const count = z.int().nonnegative();

/** How a run goes. */
export const runProgress = z.object({
  runId,
  scheduleId: slug,
  name: printable(128),
  groupId: slug,
  /** When it was to begin; null: an operator asked for it. */
  dueAt: z.iso.datetime().nullable(),
  requestedBy: printable(128).nullable(),
  beganAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  state: runState,
  /** Why it was missed or stopped, or who cancelled it. */
  detail: z.string().max(512).nullable(),
  /** From 1. */
  stage: z.int().positive(),
  stages: z.int().positive(),
  /** Devices, and what became of them. */
  devices: count,
  waiting: count,
  running: count,
  compliant: count,
  nonCompliant: count,
  unreachable: count,
  failed: count,
  skipped: count,
  cancelled: count,
});

export const scheduleProgressed = defineEvent({
  type: 'schedule.progressed',
  publisher: 'assessment',
  title: 'A run of a schedule began, went on or ended; or did not begin, and why (R63).',
  schema: runProgress,
  subject: (data) => data.runId,
  example: {
    runId: exampleRunId,
    scheduleId: 'example',
    name: 'Lobby, each night',
    groupId: 'lobby',
    dueAt: '2026-11-21T02:00:00.000Z',
    requestedBy: null,
    beganAt: '2026-11-21T02:00:01.000Z',
    endedAt: null,
    state: 'running',
    detail: null,
    stage: 2,
    stages: 3,
    devices: 400,
    waiting: 180,
    running: 100,
    compliant: 110,
    nonCompliant: 4,
    unreachable: 3,
    failed: 1,
    skipped: 2,
    cancelled: 0,
  },
});
export type ScheduleProgressed = z.infer<typeof runProgress>;
