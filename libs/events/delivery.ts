// An event that a consumer could not handle.
import * as z from 'zod';
import { defineEvent, type Event } from './event.js';
import { printable } from './identity.js';

const parked = z.object({ consumer: z.string().max(64), eventId: z.uuid() });

/** The event that was given up, for the person who decides about it; nothing in it was checked. */
export const givenUp = z.object({
  publisher: z.string().max(32),
  version: z.int(),
  subject: z.string().max(128),
  sequence: z.int(),
  occurredAt: z.string().max(64),
  causedBy: z.string().max(64).nullable(),
  traceparent: z.string().max(64).nullable(),
  /** Null when it is too large to be told: the service that parked it has it all the same. */
  data: z.unknown(),
  omitted: z.boolean(),
});
export type GivenUp = z.infer<typeof givenUp>;

/** Characters of JSON; far more than what is said of one device. */
const dataCharactersMax = 16 * 1024;

export function givenUpOf(event: Event): GivenUp {
  const { publisher, version, subject, sequence, occurredAt, causedBy, traceparent, data } = event;
  const omitted = JSON.stringify(data ?? null).length > dataCharactersMax;
  return {
    publisher,
    version,
    subject,
    sequence,
    occurredAt,
    causedBy,
    traceparent,
    data: omitted ? null : (data ?? null),
    omitted,
  };
}

export const deliveryDied = defineEvent({
  type: 'delivery.died',
  version: 2,
  publisher: 'every',
  title: 'An event was given up and waits for a person: see the reason, mend it, replay.',
  schema: parked.extend({
    eventType: z.string().max(128),
    attempts: z.int().nonnegative(),
    reason: z.string().max(2000),
    /** Absent before version 2. */
    event: givenUp.optional(),
  }),
  subject: (data) => data.eventId,
  example: {
    consumer: 'licensing.seats',
    eventId: '0193f2a0-0000-7000-8000-0000000000d1',
    eventType: 'device.discovered',
    attempts: 4,
    reason: 'device.discovered: identity.serial must be 4 to 32 letters, digits or hyphens',
    event: {
      publisher: 'discovery',
      version: 1,
      subject: '0193f2a0-0000-7000-8000-000000000001',
      sequence: 7,
      occurredAt: '2026-11-21T08:00:00.000Z',
      causedBy: null,
      traceparent: null,
      data: { identity: { serial: '?' } },
      omitted: false,
    },
  },
});

/** Deliveries that one request names at most. */
export const replayedMax = 500;

export const deliveryReplayRequested = defineEvent({
  type: 'delivery.replayRequested',
  version: 2,
  publisher: 'console',
  plane: 'control',
  title: 'An operator asks that dead deliveries of one consumer be tried again, or dropped.',
  schema: parked.extend({
    action: z.enum(['replay', 'drop']),
    requestedBy: printable(128),
    /** Others of the same consumer, besides `eventId`. */
    otherEventIds: z
      .array(z.uuid())
      .max(replayedMax - 1)
      .optional(),
    /** Why they are dropped. */
    reason: printable(500).optional(),
  }),
  subject: (data) => data.eventId,
  example: {
    consumer: 'licensing.seats',
    eventId: '0193f2a0-0000-7000-8000-0000000000d1',
    action: 'drop',
    requestedBy: 'admin',
    otherEventIds: ['0193f2a0-0000-7000-8000-0000000000d2'],
    reason: 'test devices that are gone',
  },
});

const returned = z.object({
  queue: z.string().max(255),
  attempts: z.int().nonnegative(),
  reason: z.string().max(500),
  /** As it was taken from the queue; text where it was no JSON. */
  message: z.unknown(),
});
export type Returned = z.infer<typeof returned>;

export const deliveryReturned = defineEvent({
  type: 'delivery.returned',
  publisher: 'console',
  plane: 'control',
  title:
    'The bus gave a message up because it killed its reader; the service of the queue keeps it as a dead letter.',
  schema: returned,
  subject: (data) => data.queue.slice(0, 128),
  example: {
    queue: 'licensing.facts',
    attempts: 50,
    reason: 'killed its reader 50 times',
    message: { id: '0193f2a0-0000-7000-8000-0000000000d1', type: 'device.discovered' },
  },
});
