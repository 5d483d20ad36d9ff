// A setting of a device: its value, how that is compared, what became of it, what was changed.
import * as z from 'zod';

/** Characters of a detail: what a device says of itself is cut to it. */
export const detailMax = 512;

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

/** How a setting was got at: the open device API, SNMP, IPP, or seen from outside (R65). */
export const settingDriver = z.enum(['api', 'snmp', 'ipp', 'probe']);

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
  detail: z.string().max(detailMax).nullable(),
  /** By what it was read. */
  driver: settingDriver.nullable().optional(),
  /** Of a dry run: it would be set to what is required. */
  wouldWrite: z.boolean().optional(),
});
export type SettingResult = z.infer<typeof settingResult>;

/** What was changed on a device. */
export const settingChange = z.object({
  setting: z.string().max(64),
  title: z.string().max(128),
  before: settingValue,
  /** What the device said of it when it was read again; where it said nothing, what was written. */
  after: settingValue,
  driver: settingDriver,
  at: z.iso.datetime(),
  /** The device was read again. */
  verified: z.boolean(),
});
export type SettingChange = z.infer<typeof settingChange>;
/** All that a task may have changed. */
export const settingChanges = z.array(settingChange).max(500);
