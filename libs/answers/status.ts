// How each process fares, and what was given up.
import * as z from 'zod';
import { givenUp } from '../events/delivery.js';
import { serviceNames, serviceReport } from '../events/service.js';
import { count, time } from './shape.js';

export const instanceStates = ['ready', 'notReady', 'notHeard', 'stopped'] as const;

const { parked, outbox, spool, budgets, problems, instance, edge } = serviceReport.shape;
/** How the processes fare, and what waits where. `troubles`: one sentence each; empty: all is well. */
export const status = z.object({
  at: time,
  bus: z.object({ connected: z.boolean(), problem: z.string().nullable() }),
  troubles: z.array(z.string()),
  services: z.array(
    z.object({
      service: z.enum(serviceNames),
      instances: z.array(
        z.object({
          instance,
          state: z.enum(instanceStates),
          problems,
          version: z.string(),
          startedAt: time,
          heardAt: time,
          notHeardForMs: count.nullable(),
          /** It is gone, and another one was started since. */
          replaced: z.boolean(),
          spool,
          edge,
        }),
      ),
      parked,
      outbox,
      spool,
      budgets,
    }),
  ),
  queues: z.array(
    z.object({ queue: z.string(), depth: count.nullable(), oldestAgeMs: count.nullable(), readers: count }),
  ),
  dead: z.array(z.object({ consumer: z.string(), dead: count })),
});

/** An event that a consumer gave up. */
export const dead = z.object({
  consumer: z.string(),
  eventId: z.uuid(),
  eventType: z.string(),
  /** What the event is about; empty when it was not told. */
  subject: z.string(),
  attempts: count,
  reason: z.string(),
  diedAt: time,
});

/** How many there are of one consumer and one type of event. */
export const deadKind = z.object({ consumer: z.string(), eventType: z.string(), dead: count });

/** With the event itself, as far as it was told. */
export const deadDetail = dead.extend({
  event: givenUp.extend({ id: z.uuid(), type: z.string() }).nullable(),
});

/** What one step of a replay or drop did: while `left` is not 0, ask again with the same words and this `upTo`. */
export const deadStep = z.object({ done: count, left: count, upTo: count });

export const rebuild = z.object({
  state: z.enum(['never', 'running', 'finished', 'failed']),
  phase: z.enum(['waiting', 'reading', 'making']).nullable(),
  askedBy: z.string().nullable(),
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  failure: z.string().nullable(),
  eventsRead: count,
  devicesDone: count,
  devicesTotal: count.nullable(),
  devicesLeft: count,
  leftDevices: z.array(z.object({ deviceId: z.uuid(), reason: z.string() })),
});
