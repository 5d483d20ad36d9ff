// Shapes that answers share.
import * as z from 'zod';

export const time = z.iso.datetime();
export const count = z.int().nonnegative();
/** See libs/documents/compliance.ts. */
export const score = z.int().min(0).max(100).nullable();

/** What an operator wrote, with the version that a later write must name. */
export const documentOf = <B extends z.ZodType>(body: B) =>
  z.object({ id: z.string(), version: z.int().positive(), changedBy: z.string(), changedAt: time, body });

/** One page of a list. `next` goes into `after`; null on the last page. */
export const listOf = <I extends z.ZodType>(item: I) =>
  z.object({ items: z.array(item), total: count, next: z.string().nullable() });

export const problem = z.object({
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  faults: z
    .array(
      z.object({
        path: z.string(),
        message: z.string(),
        line: z.int().optional(),
        column: z.int().optional(),
        to: z.int().optional(),
        code: z.string().optional(),
        text: z.string().optional(),
      }),
    )
    .optional(),
});
