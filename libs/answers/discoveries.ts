// Devices that were looked for (R35).
import * as z from 'zod';
import { discoveryOutcome } from '../events/discovery.js';
import { count, time } from './shape.js';

export const runStates = ['importing', 'running', 'cancelling', 'done', 'cancelled'] as const;

/** What operators have looked for; counts are of addresses, a host name being one. */
export const discovery = z.object({
  id: z.uuid(),
  askedBy: z.string(),
  askedAt: time,
  format: z.string(),
  state: z.enum(runStates),
  cancelledBy: z.string().nullable(),
  endedAt: time.nullable(),
  entries: count,
  /** The first of them, as the list has it; null of a list that is not kept any more. */
  first: z.string().nullable(),
  /** Entries of which discovery was told. */
  imported: count,
  knownBefore: count,
  total: count,
  /** Addresses that more than one entry names, as often as they are named again: each is asked once. */
  overlapping: count,
  waiting: count,
  found: count,
  known: count,
  held: count,
  claimed: count,
  refused: count,
  notReached: count,
  nobody: count,
  /** Answers of devices that are counted already: a name and an address, or two addresses, lead to one. */
  again: count,
});

export const discoveryShown = z.object({
  line: count,
  address: z.string(),
  outcome: discoveryOutcome,
  serial: z.string().nullable(),
  deviceId: z.uuid().nullable(),
  reason: z.string().nullable(),
  /** As the list has it. */
  entry: z.string().nullable(),
  name: z.string().nullable(),
  location: z.string().nullable(),
});
