// What the command reads of the answer of `GET /api/status`.
import * as z from 'zod';

const count = z.int().nonnegative();
const age = count.nullable();
const spool = z
  .object({ announcements: count, bytes: count, bytesMax: count.nullable(), oldestAgeMs: age })
  .nullable();

const instance = z.looseObject({
  instance: z.string(),
  state: z.enum(['ready', 'notReady', 'notHeard', 'stopped']),
  version: z.string(),
  startedAt: z.iso.datetime(),
  heardAt: z.iso.datetime(),
  replaced: z.boolean(),
});

const service = z.looseObject({
  service: z.string(),
  instances: z.array(instance),
  parked: z.object({ waiting: count, dead: count }).nullable(),
  outbox: z.object({ waiting: count, oldestAgeMs: age }).nullable(),
  spool,
  budgets: z.array(z.object({ budget: z.string(), running: count, queued: count, max: count.nullable() })),
});

/** Of a later console too: what it adds is passed on with --json. */
export const statusAnswer = z.looseObject({
  at: z.iso.datetime(),
  bus: z.looseObject({ connected: z.boolean(), problem: z.string().nullable() }),
  troubles: z.array(z.string()),
  services: z.array(service),
  queues: z.array(z.looseObject({ queue: z.string(), depth: count.nullable(), oldestAgeMs: age })),
});

export type StatusAnswer = z.infer<typeof statusAnswer>;
