// What an operator may say about devices that wait for approval (R37), and what an answer says.
import * as z from 'zod';
import { heldStates } from '#answers/announcements';
import { approvedMax, seenClaim } from '#events/approval';
import { filter } from '#events/group';
import { serialNumber } from '#events/identity';

const searched = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must be text');

const whichFields = ['seen', 'serials', 'search', 'filter', 'all'] as const;

/** Devices named, those that a search or a filter finds, or all; of those refused only where `state` says so. */
export const decisions = z
  .strictObject({
    action: z.enum(['admit', 'refuse']),
    /** Each with the claim to its serial number that was looked at: nothing is decided of what is another by now. */
    seen: z.array(seenClaim).min(1).max(approvedMax).optional(),
    /** What waits with these serial numbers, as the list shows it at this moment: not where several parties do. */
    serials: z.array(serialNumber).min(1).max(approvedMax).optional(),
    search: searched.optional(),
    filter: filter.optional(),
    all: z.literal(true).optional(),
    state: z.enum(heldStates).default('held'),
    /** From the list, or from the answer to the step before: who came or changed since is left alone. */
    upTo: z.int().nonnegative().optional(),
  })
  .refine(
    (asked) => whichFields.filter((field) => asked[field] !== undefined).length === 1,
    'exactly one of seen, serials, search, filter and all says which are meant',
  );
export type Decisions = z.infer<typeof decisions>;

/** What one step did. While `left` is not 0, ask again with the same words and this `upTo`. */
export interface Step {
  readonly done: number;
  readonly left: number;
  /** Of those named: what waits is not what was seen, or nothing does. They were not asked for. */
  readonly changed: number;
  /** Serial numbers that were meant and not asked for, in this step or any other, and why; null: none. */
  readonly leftOut: LeftOut | null;
  readonly upTo: number;
}

export interface LeftOut {
  readonly count: number;
  readonly why: string;
}
