// What an operator sees of tasks: how many wait and run, how long they take, how they end.
import type { Meter, ObservableResult } from '@opentelemetry/api';
import type { Store } from '../store/store.js';
import { countTasks } from '../store/task-claims.js';
import { runsMs } from './buckets.js';
import type { RunResult } from './task-run.js';

export interface TaskMetrics {
  readonly ended: (kind: string, result: RunResult, durationMs: number) => void;
  stop(): void;
}

export function taskMetrics(meter: Meter, store: Store, service: string): TaskMetrics {
  const duration = meter.createHistogram('muster.task.duration', {
    description: 'Runs of tasks',
    unit: 'ms',
    advice: { explicitBucketBoundaries: runsMs },
  });
  const active = meter.createObservableGauge('muster.tasks', { description: 'Tasks that have not ended' });
  const observe = async (result: ObservableResult): Promise<void> => {
    const counts = await countTasks(store, store.schema).catch(() => []);
    for (const { budget, state, count } of counts) result.observe(count, { service, budget, state });
  };
  active.addCallback(observe);
  return {
    ended: (kind, result, durationMs) => duration.record(durationMs, { service, kind, result }),
    stop: () => active.removeCallback(observe),
  };
}
