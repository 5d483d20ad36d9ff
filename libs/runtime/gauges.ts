// How services fare, as metrics. A number that is not known is not exported.
import type { BatchObservableResult, Meter, Observable, ObservableResult } from '@opentelemetry/api';
import type { Reported } from './report.js';
import type { ServiceName } from '../events/service.js';
import type { Figures } from './service.js';

export interface Observed {
  stop(): void;
}

type Measured = Pick<Figures, 'queues' | 'outbox' | 'budgets'>;

/** Observes what `latest` gives until it is stopped. */
export function observeFigures(meter: Meter, service: ServiceName, latest: () => Measured): Observed {
  const gauges = gaugesOf(meter);
  const observe = (to: BatchObservableResult): void => {
    const { queues, outbox, budgets } = latest();
    for (const { queue, depth, oldestAgeMs } of queues) {
      if (depth !== null) to.observe(gauges.depth, depth, { queue });
      const ageMs = depth === 0 ? 0 : oldestAgeMs;
      if (ageMs !== null) to.observe(gauges.age, ageMs / 1000, { queue });
    }
    if (outbox) {
      to.observe(gauges.outbox, outbox.waiting, { service });
      to.observe(gauges.outboxAge, (outbox.oldestAgeMs ?? 0) / 1000, { service });
    }
    for (const { budget, running, queued, max } of budgets) {
      to.observe(gauges.running, running, { budget });
      to.observe(gauges.queued, queued, { budget });
      if (max !== null) to.observe(gauges.budget, max, { budget });
    }
  };
  const all: Observable[] = Object.values(gauges);
  meter.addBatchObservableCallback(observe, all);
  return { stop: () => meter.removeBatchObservableCallback(observe, all) };
}

/** As /health/ready says it of the whole process, for each service in it. */
export function observeReady(meter: Meter, services: readonly Reported[]): Observed {
  const ready = meter.createObservableGauge('muster.service.ready', {
    description: '1: the service can do its work now',
  });
  const observe = (to: ObservableResult): void => {
    for (const each of services) to.observe(each.problems().length === 0 ? 1 : 0, { service: each.service });
  };
  ready.addCallback(observe);
  return { stop: () => ready.removeCallback(observe) };
}

function gaugesOf(meter: Meter) {
  const gauge = (name: string, description: string, unit?: string) =>
    meter.createObservableGauge(name, { description, ...(unit ? { unit } : {}) });
  return {
    depth: gauge('muster.queue.depth', 'Messages that are not settled'),
    age: gauge('muster.queue.oldest.age', 'Age of the first message that its reader holds', 's'),
    outbox: gauge('muster.outbox.waiting', 'Events committed and not confirmed by the broker'),
    outboxAge: gauge('muster.outbox.oldest.age', 'Age of the oldest event in the outbox', 's'),
    running: gauge('muster.task.running', 'Tasks that run, over all instances'),
    queued: gauge('muster.task.queued', 'Tasks that wait, over all instances'),
    budget: gauge('muster.task.budget', 'Tasks that may run at a time, over all instances'),
  };
}
