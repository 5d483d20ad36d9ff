// What an operator sees of tasks that ended: how long they took, and how. How many run and wait is among the figures of
// the service.
import type { Meter } from '@opentelemetry/api';
import { runsMs } from './buckets.js';
import type { RunResult } from './task-run.js';

export interface TaskMetrics {
  readonly ended: (kind: string, result: RunResult, durationMs: number) => void;
}

export function taskMetrics(meter: Meter, service: string): TaskMetrics {
  const duration = meter.createHistogram('muster.task.duration', {
    description: 'Runs of tasks',
    unit: 'ms',
    advice: { explicitBucketBoundaries: runsMs },
  });
  return {
    ended: (kind, result, durationMs) => duration.record(durationMs, { service, kind, result }),
  };
}
