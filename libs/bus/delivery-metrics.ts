// What an operator sees of the deliveries.
import type { Meter } from '@opentelemetry/api';

export interface DeliveryMetrics {
  batch(consumer: string, events: number, durationMs: number): void;
  handled(consumer: string, events: number): void;
  died(consumer: string): void;
}

export function deliveryMetrics(meter: Meter): DeliveryMetrics {
  const size = meter.createHistogram('muster.delivery.batch.size', {
    description: 'Events in one transaction',
  });
  const duration = meter.createHistogram('muster.delivery.batch.duration', {
    description: 'From claim to commit',
    unit: 'ms',
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
    handled: (consumer, events) => handled.add(events, { consumer }),
    died: (consumer) => died.add(1, { consumer }),
  };
}
