// Policy against device: asked for, begun, ended.
import * as z from 'zod';
import { detailMax, settingChanges, settingResult } from './device-setting.js';
import { trigger } from './device.js';
import { slug } from './document.js';
import { defineEvent } from './event.js';
import { exampleIdentity, identity, printable } from './identity.js';

/** assess: remediates what may be · dryRun: says what it would write, and writes nothing · undo: puts back what a task changed. */
export const taskMode = z.enum(['assess', 'dryRun', 'undo']);
export type TaskMode = z.infer<typeof taskMode>;

/** A policy that was applied, as it was then. */
export const appliedPolicy = z.object({
  policyId: z.string().max(64),
  name: z.string().max(128),
  version: z.int(),
});
/** Operators who asked for a task, in that order: one that waits can be asked for again, also by somebody else. */
export const requestedBy = z.array(printable(128)).max(20).default([]);

const subject = z.object({
  taskId: z.uuid(),
  deviceId: z.uuid(),
  identity,
  trigger,
  policies: z.array(appliedPolicy).max(100),
  /** Ids of the announcements whose effect this is: it started after each of them was accepted. */
  covers: z.array(z.uuid()).max(1000),
  mode: taskMode.default('assess'),
  /** Empty: nobody did, or it was told before that was kept. */
  requestedBy,
  /** The run of a schedule that it is a part of (R63); absent: of none. */
  runId: z.uuid().optional(),
  /** The schedule, as it was called when the run began. */
  schedule: z.object({ scheduleId: slug, name: printable(128) }).optional(),
});

export const exampleSubject = {
  taskId: '0193f2a0-0000-7000-8000-0000000000b1',
  deviceId: '0193f2a0-0000-7000-8000-000000000001',
  identity: exampleIdentity,
  trigger: 'announced' as const,
  policies: [{ policyId: 'base', name: 'Muster Base', version: 1 }],
  covers: ['0193f2a0-0000-7000-8000-0000000000a1'],
  mode: 'assess' as const,
  requestedBy: [] as string[],
};

export const assessmentRequested = defineEvent({
  type: 'assessment.requested',
  version: 3,
  publisher: 'console',
  plane: 'control',
  title: 'An operator asks that a device be assessed now, or what an assessment would change.',
  schema: z.object({
    deviceId: z.uuid(),
    policyId: z.string().max(64).nullable(),
    requestedBy: printable(128),
    mode: taskMode.exclude(['undo']).default('assess'),
    /** Of a dry run: every setting is read, and no policy has a say; the result names none. */
    everything: z.boolean().default(false),
  }),
  subject: (data) => data.deviceId,
  example: {
    deviceId: exampleSubject.deviceId,
    policyId: null,
    requestedBy: 'admin',
    mode: 'dryRun',
    everything: false,
  },
});

export const assessmentCancelRequested = defineEvent({
  type: 'assessment.cancelRequested',
  publisher: 'console',
  plane: 'control',
  title: 'An operator asks that whatever waits or runs for a device be stopped.',
  schema: z.object({ deviceId: z.uuid(), requestedBy: printable(128) }),
  subject: (data) => data.deviceId,
  example: { deviceId: exampleSubject.deviceId, requestedBy: 'admin' },
});

export const assessmentQueued = defineEvent({
  type: 'assessment.queued',
  version: 4,
  publisher: 'assessment',
  title: 'A task waits for its turn, or joined one that waits (R64).',
  schema: subject,
  subject: (data) => data.deviceId,
  example: exampleSubject,
});

export const assessmentSkipped = defineEvent({
  type: 'assessment.skipped',
  version: 5,
  publisher: 'assessment',
  title: 'A device is not assessed, or not any more, and why (R51, R60).',
  schema: z.object({
    deviceId: z.uuid(),
    /** The task that waited, and ends with this; null: there was none. */
    taskId: z.uuid().nullable(),
    covers: z.array(z.uuid()).max(1000),
    reason: z.enum([
      'remediationOff',
      /** No Initial Assessment Policy is chosen (R51). */
      'noPolicy',
      /** The policy that was asked for was deleted. */
      'policyUnknown',
      /** A policy of its groups would apply, and the switch of the cause is off (R52-R54). */
      'switchOff',
      'outsideNetworks',
      'notLicensed',
      'deviceDeleted',
      /** The task is of another version of Muster. */
      'unreadable',
      /** An operator wanted so. */
      'cancelled',
      /** Nothing that the task had changed is left to be put back. */
      'nothingToUndo',
    ]),
    mode: taskMode.default('assess'),
    runId: subject.shape.runId,
    /** Of cancelled: who wanted so. */
    cancelledBy: printable(128).optional(),
  }),
  subject: (data) => data.deviceId,
  example: {
    deviceId: exampleSubject.deviceId,
    taskId: exampleSubject.taskId,
    covers: exampleSubject.covers,
    reason: 'remediationOff',
    mode: 'assess',
  },
});

export const assessmentStarted = defineEvent({
  type: 'assessment.started',
  version: 4,
  publisher: 'assessment',
  title: 'The device is being read.',
  schema: subject.extend({ startedAt: z.iso.datetime(), attempt: z.int().positive() }),
  subject: (data) => data.deviceId,
  example: { ...exampleSubject, startedAt: '2026-11-21T08:00:01.000Z', attempt: 1 },
});

/** The announcement agent of a device, as the device's own settings tell (R9). */
export const deviceAgent = z.object({
  /** Null: the device has no such setting, which is to say no agent that could be switched. */
  enabled: z.boolean().nullable(),
  /** Where it announces itself; empty: to the server that it finds by name. Null: it has no such setting. */
  server: z.string().max(1024).nullable(),
  requireMutual: z.boolean().nullable(),
});
export type DeviceAgent = z.infer<typeof deviceAgent>;

/** compliant: every item is or was made so; unreachable: the device did not answer; failed: it answered, but not as it should. */
export const assessmentOutcome = z.enum(['compliant', 'nonCompliant', 'unreachable', 'failed', 'cancelled']);

export const assessmentFinished = defineEvent({
  type: 'assessment.finished',
  version: 6,
  publisher: 'assessment',
  title:
    'Read, compared, remediated what differed and read again (R61), with the result of each setting; of a dry run: nothing was written.',
  schema: subject.extend({
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    outcome: assessmentOutcome,
    /** One sentence for the operator when the outcome is not compliant. */
    detail: z.string().max(detailMax).nullable(),
    results: z.array(settingResult).max(500),
    /** As it was read last; null: nothing was read. */
    agent: deviceAgent.nullable().default(null),
    /** What was written, in that order, also by earlier tries of the task and where it ended early. */
    changes: settingChanges.default([]),
  }),
  subject: (data) => data.deviceId,
  example: {
    ...exampleSubject,
    startedAt: '2026-11-21T08:00:01.000Z',
    finishedAt: '2026-11-21T08:00:02.000Z',
    outcome: 'compliant',
    detail: null,
    results: [
      {
        setting: 'svc.telnet',
        title: 'Telnet',
        category: 'Network services',
        severity: 'high',
        policyId: 'base',
        required: false,
        unsupported: 'fail',
        before: true,
        after: false,
        outcome: 'remediated',
        detail: null,
        driver: 'api',
      },
    ],
    agent: { enabled: true, server: '', requireMutual: false },
    changes: [
      {
        setting: 'svc.telnet',
        title: 'Telnet',
        before: true,
        after: false,
        driver: 'api',
        at: '2026-11-21T08:00:01.500Z',
        verified: true,
      },
    ],
  },
});
export type AssessmentFinished = z.infer<typeof assessmentFinished.schema>;
