// Who was turned away at the edge, and why: what a gateway says in its log, for the page.
import * as z from 'zod';
import { defineEvent } from './event.js';
import { ipAddress, printable, serialNumber } from './identity.js';

/** One peer and reason. */
const refusal = z.object({
  peer: ipAddress,
  /** As in the acknowledge, or why a connection got none: `notTls`, `switchedOff`, `expired` … */
  reason: printable(64),
  message: printable(300),
  /** What the peer says it is, where it said so; nothing in it is proved. */
  serial: serialNumber.nullable(),
  count: z.int().positive(),
  lastAt: z.iso.datetime(),
});
export type Refusal = z.infer<typeof refusal>;

/** Named in one event. */
export const refusalsMax = 50;

export const announcementsRefused = defineEvent({
  type: 'announcement.refused',
  publisher: 'gateway',
  title:
    'A gateway turned peers away within some seconds: at most one event each ten, so that a flood fills nothing.',
  schema: z.object({
    gateway: printable(128),
    refusals: z.array(refusal).max(refusalsMax),
    /** Of peers that are not named, as there were too many. */
    unnamed: z.int().nonnegative(),
  }),
  subject: () => 'edge',
  example: {
    gateway: 'gateway-1',
    refusals: [
      {
        peer: '10.9.9.9',
        reason: 'switchedOff',
        message: 'announcements are not accepted: Accept Device Announcements is off',
        serial: null,
        count: 3,
        lastAt: '2026-11-21T08:00:00.000Z',
      },
    ],
    unnamed: 0,
  },
});
