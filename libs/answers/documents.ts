// What operators write, and how far devices are from it.
import * as z from 'zod';
import { everyField } from '../documents/every-field.js';
import { comparison, settingOutcome, settingValue, severity } from '../events/device-setting.js';
import { groupBody } from '../events/group.js';
import { licenceBody } from '../events/licence.js';
import { listenerBody } from '../events/listener.js';
import { policyBody } from '../events/policy.js';
import { runProgress, scheduleBody } from '../events/schedule.js';
import { settingsBody } from '../events/settings.js';
import { trustSetBody } from '../events/trust-set.js';
import { count, documentOf, score, time } from './shape.js';

export const settings = documentOf(everyField(settingsBody));
/** `reminder`: said when Accept Device Announcements was switched on. */
export const settingsSaved = settings.extend({ reminder: z.string().nullable() });
export const policy = documentOf(everyField(policyBody));
export const changes = z.array(
  z.object({
    setting: z.string().nullable(),
    field: z.string(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    text: z.string(),
  }),
);
/** One setting that a policy can ask for. */
export const setting = z.object({
  key: z.string(),
  title: z.string(),
  category: z.string(),
  type: z.enum(['boolean', 'choice', 'number', 'text']),
  choices: z.array(z.string()).optional(),
  /** What a person reads for a value, by the value as text; for any other value its own word is enough. */
  labels: z.record(z.string(), z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  unit: z.string().optional(),
  /** Of a text: a regular expression, and the same in words that follow `must be`. */
  pattern: z.string().optional(),
  rule: z.string().optional(),
  severity,
  /** The value that hardening guides ask for. */
  recommended: settingValue,
  /** How a policy compares with it, unless somebody says otherwise. */
  compare: comparison,
  /** Of `oneOf`: values that are as good. */
  also: z.array(settingValue),
  /** Its baselines leave the value to the site: a row holds where the device is as its policy requires. */
  siteDecides: z.boolean(),
  comparisons: z.array(comparison),
  /** Which rule asks for it, and what it is good for. */
  description: z.string(),
  /** Rows of baselines that it answers, such as `STIG V-6783`. */
  maps: z.array(z.string()),
  /** It can be assessed, never set. */
  readOnly: z.boolean(),
  /** A change can cut Muster off from the device. */
  cutsOff: z.boolean(),
  /** Besides the open device API, which has them all. */
  protocols: z.array(z.string()),
});
/** Whether a row of a baseline holds, and each setting that answers it. */
const verdict = z.enum(['right', 'wrong', 'leftOut']);
export const deviceCompliance = z.object({
  score,
  right: count,
  wrong: count,
  leftOut: count,
  assessedAt: time.nullable(),
  /** As the device has it. */
  putBackAt: time.nullable(),
  baselines: z.array(
    z.object({
      id: z.string(),
      verdict,
      settings: z.array(
        z.object({
          setting: z.string(),
          title: z.string(),
          /** What became of it by its policy, which may require another value than the row. */
          outcome: settingOutcome,
          verdict,
          /** What the device has; null: none, or it could not be read. */
          value: settingValue.nullable(),
          /** What the row asks for; null: what the policy does. */
          asked: z
            .object({
              required: settingValue,
              compare: comparison.optional(),
              also: z.array(settingValue).optional(),
            })
            .nullable(),
        }),
      ),
    }),
  ),
});
export const compliance = z.object({
  /** Of those that have one, which may be few. */
  score,
  devices: count,
  scored: count,
  /** Why the others have none: every other device is one of these. */
  withoutScore: z.object({
    /** What Muster had changed on them was put back, and they were not assessed since. */
    putBack: count,
    /** Never assessed, or deleted and found again since. */
    unassessed: count,
    /** They did not answer, or not as they should, when they were assessed last. */
    notRead: count,
    /** They have nothing that counts, or were assessed before there were scores. */
    nothingCounts: count,
  }),
  baselines: z.array(z.object({ id: z.string(), right: count, wrong: count })),
});
export const group = documentOf(everyField(groupBody));
export const run = runProgress.omit({ runId: true }).extend({ id: z.uuid() });
export const schedule = documentOf(everyField(scheduleBody)).extend({
  /** Null: not by itself. */
  next: time.nullable(),
  lastRun: run.nullable(),
});
export const listener = documentOf(everyField(listenerBody));
export const listenerShown = listener.extend({
  /** Null until forwarding has reported. */
  report: z
    .object({
      state: z.enum(['idle', 'delivering', 'failing', 'disabled']),
      waiting: count,
      delivered: count,
      dropped: count,
      failure: z.string().nullable(),
    })
    .nullable(),
});
export const licence = documentOf(licenceBody);
export const trustSet = documentOf(everyField(trustSetBody)).extend({
  certificates: z.array(z.object({ subject: z.string(), until: time })),
});
/** `dropped`: of a bundle: what cannot be trusted, and why, in sentences. */
export const trustSetSaved = trustSet.extend({ dropped: z.array(z.string()) });

export const serial = z.object({
  serial: z.string(),
  addedBy: z.string(),
  addedAt: time,
  /** Null: its device was not discovered yet. */
  discoveredAt: time.nullable(),
});
/** What became of serial numbers that were sent. `known`: on the list already, or twice in what was sent. */
export const serialsAdded = z.object({ added: count, known: count });
