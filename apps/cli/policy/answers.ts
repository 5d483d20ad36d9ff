// What the commands read of console's answers.
import * as z from 'zod';
import { policyBody } from '#events/policy';

export const policyAnswer = z.object({
  id: z.string(),
  version: z.int(),
  changedBy: z.string(),
  changedAt: z.string(),
  body: policyBody,
});

export const policiesAnswer = z.object({ items: z.array(policyAnswer) });

const change = z.looseObject({ text: z.string() });
export type Change = z.infer<typeof change>;

export const differenceAnswer = z.looseObject({
  id: z.string(),
  from: z.int(),
  to: z.int(),
  changes: z.array(change),
});

export const importedAnswer = z.looseObject({
  id: z.string(),
  version: z.int(),
  outcome: z.enum(['new', 'changed', 'unchanged']),
  saved: z.boolean(),
  changes: z.array(change),
});
