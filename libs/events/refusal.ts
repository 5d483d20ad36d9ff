// Who was turned away at the edge, and why: what a gateway says in its log, for the page; and what came of asking some of
// them who they are.
import * as z from 'zod';
import { probeWay } from './device.js';
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
export type AnnouncementsRefused = z.infer<typeof announcementsRefused.schema>;

export const announcementProbed = defineEvent({
  type: 'announcement.probed',
  version: 2,
  publisher: 'discovery',
  title:
    'A client of the edge whose words were not understood was asked who it is (R19); told once of an address that does not say.',
  schema: z.object({
    peer: ipAddress,
    /** Why the gateway turned it away. */
    reason: printable(64),
    /** What it said who it is by; null: it did not say. */
    probedBy: probeWay.nullable(),
    serial: serialNumber.nullable(),
    /** Why it is not known who it is, or why its answer counts for nothing: a known device's, elsewhere. Null: it counts. */
    problem: printable(1000).nullable(),
  }),
  subject: ({ peer }) => peer,
  example: {
    peer: '10.1.2.3',
    reason: 'silence',
    probedBy: 'snmp',
    serial: 'VNB3K12345',
    problem: null,
  },
});
