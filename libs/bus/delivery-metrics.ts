// What an operator sees of the deliveries.
import type { Meter } from '@opentelemetry/api';
import { batchSizes, momentsMs } from './buckets.js';

/** Of a batch: what a consumer writes. Claim and commit are the rest of its duration. */
export type Phase = 'load' | 'decide' | 'save';

export interface DeliveryMetrics {
  batch(consumer: string, events: number, durationMs: number): void;
  phase(consumer: string, phase: Phase, durationMs: number): void;
  handled(consumer: string, events: number): void;
  died(consumer: string): void;
}

export function deliveryMetrics(meter: Meter): DeliveryMetrics {
  const size = meter.createHistogram('muster.delivery.batch.size', {
    description: 'Events in one transaction',
    advice: { explicitBucketBoundaries: batchSizes },
  });
  const duration = meter.createHistogram('muster.delivery.batch.duration', {
    description: 'From claim to commit',
    unit: 'ms',
    advice: { explicitBucketBoundaries: momentsMs },
  });
  const phase = meter.createHistogram('muster.delivery.phase.duration', {
    description: 'Parts of a batch: load, decide, save',
    unit: 'ms',
    advice: { explicitBucketBoundaries: momentsMs },
  });
  const handled = meter.createCounter('muster.delivery.handled', {
    description: 'Events whose effect is committed',
  });
  const died = meter.createCounter('muster.delivery.died', { description: 'Events given up' });
  return {
    batch: (consumer, events, durationMs) => {
      size.record(events, { consumer });
      duration.record(durationMs, { consumer });
    },
    phase: (consumer, name, durationMs) => phase.record(durationMs, { consumer, phase: name }),
    handled: (consumer, events) => handled.add(events, { consumer }),
    died: (consumer) => died.add(1, { consumer }),
  };
}
