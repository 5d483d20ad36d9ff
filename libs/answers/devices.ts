// Devices, and what was found and changed on them.
import * as z from 'zod';
import { appliedPolicy, assessmentOutcome, deviceAgent, taskMode } from '../events/assessment.js';
import { settingChange, settingDriver, settingResult, settingValue } from '../events/device-setting.js';
import { trigger } from '../events/device.js';
import { identity } from '../events/identity.js';
import { seatsCounted } from '../events/licence.js';
import { announcement, refusal } from './announcements.js';
import { count, score, time } from './shape.js';

export const statuses = [
  'compliant',
  'nonCompliant',
  'unreachable',
  'failed',
  'unassessed',
  'assessing',
  'unlicensed',
  'conflicted',
] as const;
export type Status = (typeof statuses)[number];

/** What is known of a device's announcement agent (R9): not supported, when the device has no setting for it. */
export const agentStates = ['enabled', 'disabled', 'notSupported', 'unknown'] as const;
export type AgentState = (typeof agentStates)[number];

export const device = z.object({
  id: z.uuid(),
  ...identity.shape,
  status: z.enum(statuses),
  autoDiscovered: z.boolean(),
  lastPolicyUsed: z.string().nullable(),
  agent: deviceAgent.omit({ enabled: true }).extend({ state: z.enum(agentStates) }),
  /** It announced itself too often within the last day: when last, and how often. */
  flapping: z.object({ at: time, announcedPerMinute: count }).nullable(),
  licensed: z.boolean(),
  groups: z.array(z.object({ id: z.string(), name: z.string() })),
  /** `score`: null: nothing counts, or it was assessed before there was one. */
  compliance: z.object({ compliant: count, total: count, score }).nullable(),
  lastAnnouncedAt: time.nullable(),
  lastAssessedAt: time.nullable(),
  /** When what Muster had changed on it was put back, if it was not assessed since: it is `unassessed`, and has no score. */
  putBackAt: time.nullable(),
});

export const claimant = z.object({ ip: z.string(), fingerprint: z.string().nullable() });
/** A claim to the device's serial number, and the other side of it. */
export const conflict = z.object({
  claim: z.string(),
  known: claimant.nullable(),
  claimed: claimant,
  identity: identity.nullable(),
  peerAddress: z.string().nullable(),
  /** Why nothing was decided; null of conflicts from before it was told. */
  because: z.enum(['answers', 'outsideNetworks', 'heardSince', 'otherCertificate']).nullable(),
  /** The certificate that a side shows, where several devices show it: it proves nothing. */
  shared: z.object({ known: z.string().nullable(), claimed: z.string().nullable() }),
  at: time,
  /** Who dismissed it; null while it is open. */
  decidedBy: z.string().nullable(),
});

/** One setting that Muster has changed. */
const change = settingChange.extend({
  /** The task that has put it back. */
  undoneBy: z.uuid().nullable(),
  /** It stays as it is: an undo leaves it out. */
  secret: z.boolean(),
});
/** Who or what a task was for. */
const cause = z.object({
  trigger,
  /** Operators who asked for it; of a run: who asked for that. */
  requestedBy: z.array(z.string()),
  /** The run of a schedule that it was a part of. */
  run: z.object({ runId: z.uuid(), scheduleId: z.string(), name: z.string() }).nullable(),
});
export type Cause = z.infer<typeof cause>;

/** What one task has changed on a device, in that order: an undo puts back all of it, but secrets. */
export const changedTask = z.object({
  taskId: z.uuid(),
  /** Of its last change. */
  at: time,
  /** The tasks whose changes it has put back; empty: it is no undo, or nothing came of it. */
  undoes: z.array(z.uuid()),
  /** Null: it is not kept. */
  cause: cause.nullable(),
  changes: z.array(change),
});
export const dryRun = z.object({
  taskId: z.uuid(),
  outcome: assessmentOutcome,
  detail: z.string().nullable(),
  finishedAt: time,
  policies: z.array(appliedPolicy),
  /** What an assessment would write. */
  changes: z.array(
    change.pick({ setting: true, title: true, after: true }).extend({
      before: settingValue.nullable(),
      driver: settingDriver.nullable(),
    }),
  ),
});

export const deviceDetail = device.extend({
  licence: z
    .object({
      licensed: z.boolean(),
      pool: z.string().nullable(),
      reason: z.string().nullable(),
      since: time,
    })
    .nullable(),
  /** The newest one, also of those raised before operators could decide. */
  conflict: z.object({ known: claimant.nullable(), claimed: claimant, at: time }).nullable(),
  conflicts: z.array(conflict),
  dismissed: z.array(conflict),
  /** Claimants for whom there was no room among those. */
  leftOut: z.object({ claimants: count, claimed: claimant, at: time }).nullable(),
  /** It was taken as moved without a proof, and nobody has vouched since for who is there: nothing that is kept to open it goes there. */
  moved: z
    .object({ at: time, because: z.enum(['oldAddressSilent', 'sameAddress']), who: claimant })
    .nullable(),
  lastAnnouncement: announcement.nullable(),
  /** Who was turned away with its serial number. */
  refusals: z.array(refusal),
  /** Why the newest try ended before it began; null when there is nothing to say. */
  notAssessed: z.object({ reason: z.string(), text: z.string(), at: time }).nullable(),
  lastAssessment: z
    .object({
      taskId: z.uuid(),
      outcome: assessmentOutcome,
      detail: z.string().nullable(),
      startedAt: time,
      finishedAt: time,
      policies: z.array(appliedPolicy),
      results: z.array(settingResult),
    })
    .nullable(),
  lastDryRun: dryRun.nullable(),
  /** The newest time that all its settings were asked for. */
  lastReadOut: dryRun.pick({ taskId: true, outcome: true, detail: true, finishedAt: true }).nullable(),
  history: z.array(z.object({ at: time, type: z.string(), text: z.string() })),
});

/** What was asked of assessment for one device, or for each of a group. */
export const asked = z.object({
  devices: count,
  /** Each request: its id is the `causedBy` of what assessment says to it, in the event stream. */
  asked: z.array(
    z.object({
      requestId: z.uuid(),
      deviceId: z.uuid(),
      serial: z.string(),
      /** The task that is to be put back; null: it is to be assessed. */
      undoes: z.uuid().nullable(),
    }),
  ),
});
export type Asked = z.infer<typeof asked>;

export const overview = z.object({
  devices: count,
  /** Unknown devices that wait for approval. */
  held: count,
  ...(Object.fromEntries(statuses.map((status) => [status, count])) as Record<
    (typeof statuses)[number],
    typeof count
  >),
  /** Of those unassessed: what was changed on them was put back since they were assessed. */
  putBack: count,
  tasks: z.object({ queued: count, running: count }),
  seats: seatsCounted.schema,
  acceptAnnouncements: z.boolean(),
  allowRemediation: z.boolean(),
  announcePort: z.int(),
});

/** Work going on now. */
export const task = z.object({
  id: z.uuid(),
  deviceId: z.uuid(),
  serial: z.string(),
  model: z.string().nullable(),
  ip: z.string(),
  hostname: z.string().nullable(),
  state: z.enum(['queued', 'running']),
  mode: taskMode,
  cause,
  policies: z.array(appliedPolicy),
  queuedAt: time.nullable(),
  startedAt: time.nullable(),
  attempt: count,
});
