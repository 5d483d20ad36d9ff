// Who announced itself, who was turned away, and who waits for approval.
import * as z from 'zod';
import { identity } from '../events/identity.js';
import { count, time } from './shape.js';

/** A peer that gateways turned away, for one reason. */
export const refusal = z.object({
  peer: z.string(),
  reason: z.string(),
  message: z.string(),
  /** What it said it is; nothing in it is proved. */
  serial: z.string().nullable(),
  count,
  firstAt: time,
  lastAt: time,
});

export const heldStates = ['held', 'refused'] as const;
export type HeldState = (typeof heldStates)[number];

/** An announcement and what discovery made of it. */
export const announcement = z.object({
  id: z.uuid(),
  at: time,
  ...identity.shape,
  reason: z.string(),
  peerAddress: z.string(),
  tlsVersion: z.string(),
  cipher: z.string(),
  group: z.string().nullable(),
  authentication: z.object({ mode: z.string(), outcome: z.string() }),
  forwarded: z.boolean(),
  /** Null until discovery has judged it. */
  outcome: z.enum(['discovered', 'reconciled', 'conflicted', 'filtered', 'held']).nullable(),
  detail: z.string().nullable(),
  deviceId: z.uuid().nullable(),
});

/** What one party says of a serial number that waits. */
export const heldClaim = z.object({
  ...identity.shape,
  announcement: z.uuid(),
  peerAddress: z.string(),
  fingerprint: z.string().nullable(),
  verified: z.boolean(),
  forwarded: z.boolean(),
  heardAt: time,
});
/** An unknown device that waits for approval, or was refused. */
export const held = heldClaim.extend({
  state: z.enum(heldStates),
  /** Names it in a decision; null until it announces itself anew, when it waited before claims had names. */
  claim: z.string().nullable(),
  /** Others who say so of themselves. */
  others: z.array(heldClaim.extend({ claim: z.string() })),
  /** Others who said so, and were refused. */
  refused: z.array(heldClaim.extend({ claim: z.string() })),
  /** When a decision came too late for it: it had changed. */
  missedAt: time.nullable(),
  since: time,
  decidedBy: z.string().nullable(),
});

/** What one step of a decision about devices that wait did: while `left` is not 0, ask again with the same words and this `upTo`. */
export const heldStep = z.object({
  done: count,
  left: count,
  /** Of those named: what waits is not what was seen, or nothing does. They were not asked for. */
  changed: count,
  /** Serial numbers that were meant and not asked for, in this step or any other, and why; null: none. */
  leftOut: z.object({ count, why: z.string() }).nullable(),
  upTo: count,
});
