// A run of a schedule as console answers it, and in words.
import * as z from 'zod';
import { secondOf } from '../said.js';

const count = z.int().nonnegative();
/** Of a later console too: what it adds is passed on with --json. */
export const run = z.looseObject({
  id: z.string(),
  scheduleId: z.string(),
  beganAt: z.string(),
  endedAt: z.string().nullable(),
  state: z.string(),
  detail: z.string().nullable(),
  stage: count,
  stages: count,
  devices: count,
  waiting: count,
  running: count,
  compliant: count,
  nonCompliant: count,
  unreachable: count,
  failed: count,
  skipped: count,
  cancelled: count,
});
export type Run = z.infer<typeof run>;

export function sentence(last: Run): string {
  const told: readonly (readonly [number, string])[] = [
    [last.compliant, 'compliant'],
    [last.nonCompliant, 'not compliant'],
    [last.unreachable, 'not reached'],
    [last.failed, 'failed'],
    [last.skipped, 'skipped'],
    [last.cancelled, 'cancelled'],
    [last.running, 'under way'],
    [last.waiting, 'waiting'],
  ];
  const counts = told.filter(([amount]) => amount > 0).map(([amount, words]) => `${amount} ${words}`);
  const why = last.detail === null ? '' : ` ${last.detail}.`;
  const stage = last.stages > 1 ? `, stage ${last.stage} of ${last.stages}` : '';
  return `Run of ${secondOf(last.beganAt)}: ${last.state}${stage}.${why} ${last.devices} devices${counts.length > 0 ? `: ${counts.join(', ')}` : ''}.`;
}
