// How an assessment is asked for.
import * as z from 'zod';
import { taskMode } from '#events/assessment';
import { slug } from '#events/document';

/** policyId null: the policies that hold for the device. mode dryRun: says what would be changed, and changes nothing. */
export const wanted = z
  .strictObject({
    policyId: slug.nullable().default(null),
    mode: taskMode.exclude(['undo']).default('assess'),
  })
  .default({ policyId: null, mode: 'assess' });
export type Wanted = z.infer<typeof wanted>;
