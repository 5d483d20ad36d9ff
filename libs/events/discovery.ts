// What operators have discovery look for (R35): addresses, names and ranges that they wrote down, or everybody who answers; and
// what was found there.
import * as z from 'zod';
import { exampleIdentity, printable, serialNumber } from './identity.js';
import { defineEvent } from './event.js';

/** Entries in one event: a list of 100,000 is told in a hundred. */
export const wantedMax = 1_000;
/** Results in one event. */
export const resultsMax = 500;

const discoveryId = z.uuid();

/** One entry of a list. */
const wanted = z.object({
  /** Its line: names it within its discovery. */
  line: z.int().positive(),
  /**
   * An address, a range as `first-last`, a host name, or `multicast:4`: everybody by mDNS, and by SLP over so many hops; as
   * libs/documents/device-list.ts writes them.
   */
  at: printable(253),
  /** What it must say that it is; null: whichever. */
  serial: serialNumber.nullable(),
});
export type Wanted = z.infer<typeof wanted>;

const exampleId = '0193f2a0-0000-7000-8000-0000000000d5';

export const discoveryRequested = defineEvent({
  type: 'discovery.requested',
  publisher: 'console',
  plane: 'control',
  title: 'An operator asks that devices be looked for (R35); a long list is told in parts, in any order.',
  schema: z.object({
    discoveryId,
    /** From 1. */
    part: z.int().positive(),
    parts: z.int().positive(),
    wanted: z.array(wanted).min(1).max(wantedMax),
    requestedBy: printable(128),
  }),
  subject: (data) => data.discoveryId,
  example: {
    discoveryId: exampleId,
    part: 1,
    parts: 1,
    wanted: [
      { line: 1, at: '10.1.2.3', serial: exampleIdentity.serial },
      { line: 2, at: '10.1.3.1-10.1.3.254', serial: null },
      { line: 3, at: 'printer-7.example.org', serial: null },
    ],
    requestedBy: 'admin',
  },
});
export type DiscoveryRequested = z.infer<typeof discoveryRequested.schema>;

export const discoveryCancelRequested = defineEvent({
  type: 'discovery.cancelRequested',
  publisher: 'console',
  plane: 'control',
  title: 'An operator asks that a discovery go no further; what is under way ends first.',
  schema: z.object({ discoveryId, requestedBy: printable(128) }),
  subject: (data) => data.discoveryId,
  example: { discoveryId: exampleId, requestedBy: 'admin' },
});
export type DiscoveryCancelRequested = z.infer<typeof discoveryCancelRequested.schema>;

/**
 * found: a device not known before was admitted. known: it is there already, and was seen again. held: it waits for approval.
 * claimed: its serial number is that of a device elsewhere, which is asked now. refused: a rule keeps it out. notReached: it
 * is not known who is there, if anybody is.
 */
export const discoveryOutcome = z.enum(['found', 'known', 'held', 'claimed', 'refused', 'notReached']);

const result = z.object({
  line: z.int().positive(),
  /** Where it was asked; a host name that leads to no address. */
  address: printable(253),
  outcome: discoveryOutcome,
  serial: serialNumber.nullable(),
  deviceId: z.uuid().nullable(),
  /** For an operator to read; null when nothing is to be said. */
  reason: printable(1000).nullable(),
});
export type DiscoveryResult = z.infer<typeof result>;

export const discoveryProgressed = defineEvent({
  type: 'discovery.progressed',
  version: 2,
  publisher: 'discovery',
  title: 'What a discovery came to since it was told last; or that it is over (R35).',
  schema: z.object({
    discoveryId,
    results: z.array(result).max(resultsMax),
    /** Addresses of ranges where nothing answers, in all so far: they are counted, not named. */
    nobody: z.int().nonnegative(),
    /** Addresses that were named by multicast, in all so far: each is asked, and has its result. Since version 2. */
    named: z.int().nonnegative().default(0),
    /** Null: it goes on. */
    ended: z.enum(['done', 'cancelled']).nullable(),
  }),
  subject: (data) => data.discoveryId,
  example: {
    discoveryId: exampleId,
    results: [
      {
        line: 1,
        address: '10.1.2.3',
        outcome: 'found',
        serial: exampleIdentity.serial,
        deviceId: '0193f2a0-0000-7000-8000-000000000001',
        reason: null,
      },
      {
        line: 3,
        address: 'printer-7.example.org',
        outcome: 'notReached',
        serial: null,
        deviceId: null,
        reason: 'DNS has no address for it',
      },
    ],
    nobody: 253,
    named: 0,
    ended: null,
  },
});
export type DiscoveryProgressed = z.infer<typeof discoveryProgressed.schema>;
