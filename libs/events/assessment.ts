// Policy against device: asked for, begun, ended.
import * as z from 'zod';
import { trigger } from './device.js';
import { defineEvent } from './event.js';
import { exampleIdentity, identity, printable } from './identity.js';

export const severity = z.enum(['high', 'medium', 'low']);

/** A value a setting can have. */
export const settingValue = z.union([z.boolean(), z.number(), z.string().max(1024)]);
export type SettingValue = z.infer<typeof settingValue>;

/**
 * How a value is compared with the one that a policy requires. atLeast, atMost: of numbers, of versions, and of choices
 * that have an order. oneOf: it, or one of those named besides.
 */
export const comparison = z.enum(['equals', 'atLeast', 'atMost', 'oneOf']);
export type Comparison = z.infer<typeof comparison>;

/** What it means that a device does not have a setting. */
export const unsupported = z.enum(['fail', 'ignore']);

/**
 * What became of one setting. The five kinds are never mixed up: compliant (as it was), remediated (changed, and read
 * back right), nonCompliant (differs and was not or could not be changed), unsupported (the device has no such setting),
 * failed (could not be read).
 */
export const settingOutcome = z.enum(['compliant', 'remediated', 'nonCompliant', 'unsupported', 'failed']);

export const settingResult = z.object({
  setting: z.string().max(64),
  title: z.string().max(128),
  category: z.string().max(64),
  severity,
  policyId: z.string().max(64),
  required: settingValue,
  /** As the policy has them; absent: equals, none besides, ignored. */
  compare: comparison.optional(),
  also: z.array(settingValue).max(50).optional(),
  unsupported: unsupported.optional(),
  before: settingValue.nullable(),
  after: settingValue.nullable(),
  outcome: settingOutcome,
  /** Why, when it is not compliant or remediated. */
  detail: z.string().max(512).nullable(),
});
export type SettingResult = z.infer<typeof settingResult>;

const appliedPolicy = z.object({ policyId: z.string().max(64), name: z.string().max(128), version: z.int() });
const subject = z.object({
  taskId: z.uuid(),
  deviceId: z.uuid(),
  identity,
  trigger,
  policies: z.array(appliedPolicy).max(100),
  /** Ids of the announcements whose effect this is: it started after each of them was accepted. */
  covers: z.array(z.uuid()).max(1000),
});
const exampleSubject = {
  taskId: '0193f2a0-0000-7000-8000-0000000000b1',
  deviceId: '0193f2a0-0000-7000-8000-000000000001',
  identity: exampleIdentity,
  trigger: 'announced' as const,
  policies: [{ policyId: 'base', name: 'Muster Base', version: 1 }],
  covers: ['0193f2a0-0000-7000-8000-0000000000a1'],
};

export const assessmentRequested = defineEvent({
  type: 'assessment.requested',
  publisher: 'console',
  plane: 'control',
  title: 'An operator asks that a device be assessed now.',
  schema: z.object({
    deviceId: z.uuid(),
    policyId: z.string().max(64).nullable(),
    requestedBy: printable(128),
  }),
  subject: (data) => data.deviceId,
  example: { deviceId: exampleSubject.deviceId, policyId: null, requestedBy: 'admin' },
});

export const assessmentQueued = defineEvent({
  type: 'assessment.queued',
  publisher: 'assessment',
  title: 'A task waits for its turn, or joined one that waits (R64).',
  schema: subject,
  subject: (data) => data.deviceId,
  example: exampleSubject,
});

export const assessmentSkipped = defineEvent({
  type: 'assessment.skipped',
  publisher: 'assessment',
  title: 'A device is not assessed, or not any more, and why (R51, R60).',
  schema: z.object({
    deviceId: z.uuid(),
    /** The task that waited, and ends with this; null: there was none. */
    taskId: z.uuid().nullable(),
    covers: z.array(z.uuid()).max(1000),
    reason: z.enum([
      'remediationOff',
      'noPolicy',
      'switchOff',
      'outsideNetworks',
      'notLicensed',
      'deviceDeleted',
      /** The task is of another version of Muster. */
      'unreadable',
    ]),
  }),
  subject: (data) => data.deviceId,
  example: {
    deviceId: exampleSubject.deviceId,
    taskId: exampleSubject.taskId,
    covers: exampleSubject.covers,
    reason: 'remediationOff',
  },
});

export const assessmentStarted = defineEvent({
  type: 'assessment.started',
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

export const assessmentFinished = defineEvent({
  type: 'assessment.finished',
  version: 3,
  publisher: 'assessment',
  title: 'Read, compared, remediated what differed and read again (R61), with the result of each setting.',
  schema: subject.extend({
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    /** compliant: every item is or was made so; unreachable: the device did not answer; failed: it answered, but not as it should. */
    outcome: z.enum(['compliant', 'nonCompliant', 'unreachable', 'failed', 'cancelled']),
    /** One sentence for the operator when the outcome is not compliant. */
    detail: z.string().max(512).nullable(),
    results: z.array(settingResult).max(500),
    /** As it was read last; null: nothing was read. */
    agent: deviceAgent.nullable().default(null),
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
      },
    ],
    agent: { enabled: true, server: '', requireMutual: false },
  },
});
export type AssessmentFinished = z.infer<typeof assessmentFinished.schema>;
