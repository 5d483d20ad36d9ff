// Who may do what, and who did.
import * as z from 'zod';
import { count, time } from './shape.js';

export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];
/** A token may also be the authority's: it tells what it issued, and may nothing else. */
export const tokenRoles = [...roles, 'trust'] as const;
export type TokenRole = (typeof tokenRoles)[number];

export const session = z.object({ name: z.string(), role: z.enum(roles) });

export const user = z.object({
  name: z.string(),
  role: z.enum(roles),
  createdBy: z.string(),
  createdAt: time,
});

export const token = z.object({
  id: z.uuid(),
  name: z.string(),
  role: z.enum(tokenRoles),
  createdBy: z.string(),
  createdAt: time,
  lastUsedAt: time.nullable(),
});
/** Answered once, when a token is made. */
export const newToken = token.extend({ token: z.string() });

/** Asked of one device. */
const asked = z.object({
  deviceId: z.uuid(),
  /** Null: nothing is known of it any more. */
  serial: z.string().nullable(),
  /** False: it was deleted. */
  listed: z.boolean(),
  /** The task that came of it, as events and changes name it; null: none was made, or not yet; none comes of a stop. */
  taskId: z.uuid().nullable(),
});

export const auditEntry = z.object({
  id: count,
  at: time,
  who: z.string(),
  action: z.string(),
  target: z.string().nullable(),
  from: z.string().nullable(),
  /** asked: what came of it is not on record, or not yet. */
  outcome: z.enum(['done', 'refused', 'asked']),
  /** Deliveries that it was about, each on record in the entry itself; null: not of that kind. */
  decided: count.nullable(),
  /** The device that `target` names; null: it names none, or nothing is known of that any more. */
  device: z
    .object({ id: z.uuid(), serial: z.string(), model: z.string().nullable(), listed: z.boolean() })
    .nullable(),
  /**
   * Devices that an assessment, a dry run or an undo was asked of, or of which something ran or waited that was stopped, each on record
   * in the entry itself; null: not of that kind, or none.
   */
  devices: count.nullable(),
  /** False: which devices they were, and what came of it, is kept no longer, as there were too many since. */
  devicesKept: z.boolean(),
  /** What came of it where that was one device; null: it was not, nothing did, or it is kept no longer. */
  taskId: z.uuid().nullable(),
  /** What was changed (`changed`: a list of path, from, to), or whatever else there is to say. */
  detail: z.unknown(),
});

/** With each of the deliveries (`detail.decided`) and devices that it was about. */
export const auditEntryWhole = auditEntry
  .omit({ decided: true, devices: true, taskId: true })
  .extend({ asked: z.array(asked) });
