// An event that a consumer could not handle.
import * as z from 'zod';
import { defineEvent } from './event.js';
import { printable } from './identity.js';

const parked = z.object({ consumer: z.string().max(64), eventId: z.uuid() });

export const deliveryDied = defineEvent({
  type: 'delivery.died',
  publisher: 'every',
  title: 'An event was given up and waits for a person: see the reason, mend it, replay.',
  schema: parked.extend({
    eventType: z.string().max(128),
    attempts: z.int().nonnegative(),
    reason: z.string().max(2000),
  }),
  subject: (data) => data.eventId,
  example: {
    consumer: 'licensing.seats',
    eventId: '0193f2a0-0000-7000-8000-0000000000d1',
    eventType: 'device.discovered',
    attempts: 4,
    reason: 'device.discovered: identity.serial must be 4 to 32 letters, digits or hyphens',
  },
});

export const deliveryReplayRequested = defineEvent({
  type: 'delivery.replayRequested',
  publisher: 'console',
  plane: 'control',
  title: 'An operator asks that a dead delivery be tried again, or dropped.',
  schema: parked.extend({ action: z.enum(['replay', 'drop']), requestedBy: printable(128) }),
  subject: (data) => data.eventId,
  example: {
    consumer: 'licensing.seats',
    eventId: '0193f2a0-0000-7000-8000-0000000000d1',
    action: 'replay',
    requestedBy: 'admin',
  },
});
