// How each process of Muster fares, told by itself: what `muster status` and the page of the same name show.
import * as z from 'zod';
import { fingerprint, friendlyName } from './certificate.js';
import { defineEvent } from './event.js';

/** In the order in which an announcement meets them. */
export const serviceNames = [
  'gateway',
  'discovery',
  'licensing',
  'autogroup',
  'assessment',
  'forwarding',
  'console',
] as const;
export type ServiceName = (typeof serviceNames)[number];

const count = z.int().nonnegative();
/** Null: nothing waits, or it cannot be told. */
const oldestAgeMs = count.nullable();

/** A queue as its reader sees it. */
const queueLoad = z.object({
  queue: z.string().max(128),
  /** Messages that are not settled: with the broker, and held by this process. Null: not known now. */
  depth: count.nullable(),
  /** Of those, held by this process: taken, not settled yet. */
  held: count,
  /** Of the first message that this process holds. */
  oldestAgeMs,
});

/** What a gateway says of the identity that it presents (R15). */
const presented = z.object({
  /** Public, SPKI in base64: what keys are sealed to. Null: it has no folder to keep such a key in. */
  sealingKey: z.base64().max(128).nullable(),
  identity: z.object({
    /** Friendly name; null: its own, from its files. */
    name: friendlyName.nullable(),
    subject: z.string().max(512),
    fingerprint,
    until: z.iso.datetime(),
  }),
  /** Why it does not present the identity that was chosen. */
  problem: z.string().max(512).nullable(),
});
export type Presented = Readonly<z.infer<typeof presented>>;

/** What an instance says of itself. */
export const serviceReport = z.object({
  service: z.string().max(32),
  instance: z.string().max(95),
  /** Of Muster. */
  version: z.string().max(32),
  startedAt: z.iso.datetime(),
  /** stopped: a clean end, and the last word of this instance. */
  state: z.enum(['running', 'stopped']),
  /** The next report comes after this time at the latest; without one the instance is not heard any more. */
  everyMs: z.int().positive(),
  /** Why it cannot do its work now; empty: ready. */
  problems: z.array(z.string().max(512)).max(20),
  /** Its own queues. */
  queues: z.array(queueLoad).max(20),
  /** Deliveries that failed: tried again when due, or dead. Null: not known now, or it has no database. */
  parked: z.object({ waiting: count, dead: count }).nullable(),
  /** Events committed and not confirmed by the broker yet. Null: not known now, or it has no outbox. */
  outbox: z.object({ waiting: count, oldestAgeMs }).nullable(),
  /** Announcements accepted and not confirmed by the broker yet. Null: this instance has no spool. */
  spool: z.object({ announcements: count, bytes: count, bytesMax: count.nullable(), oldestAgeMs }).nullable(),
  /** Work that talks to the outside, over all instances: how many tasks may run at a time. */
  budgets: z
    .array(z.object({ budget: z.string().max(64), running: count, queued: count, max: count.nullable() }))
    .max(20),
  /** Of a gateway; null for others, and in version 1. */
  edge: presented.nullable().default(null),
});
export type ServiceReport = z.infer<typeof serviceReport>;
export type QueueLoad = Readonly<z.infer<typeof queueLoad>>;

export const serviceReported = defineEvent({
  type: 'service.reported',
  version: 2,
  publisher: 'every',
  // Behind ten thousand facts it would come when nobody knows any more whether its sender lives.
  plane: 'control',
  title:
    'How one instance of a service fares: every few seconds, at once when its readiness changes, and a last time when it is stopped.',
  schema: serviceReport,
  subject: ({ service, instance }) => `${service}:${instance}`,
  example: {
    service: 'assessment',
    instance: 'muster-assessment-7d9f-1',
    version: '0.1.0',
    startedAt: '2026-11-21T08:00:00.000Z',
    state: 'running',
    everyMs: 15_000,
    problems: [],
    queues: [
      { queue: 'assessment.facts', depth: 12, held: 12, oldestAgeMs: 40 },
      { queue: 'assessment.control', depth: 0, held: 0, oldestAgeMs: null },
    ],
    parked: { waiting: 0, dead: 0 },
    outbox: { waiting: 3, oldestAgeMs: 20 },
    spool: null,
    budgets: [{ budget: 'instant-on', running: 10, queued: 31, max: 10 }],
    edge: null,
  },
});
