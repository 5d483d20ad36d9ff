// Whether this process can publish, as an operator's alert sees it.
import type { Meter } from '@opentelemetry/api';
import type { Line } from './line.js';

/** Observed for as long as the process runs. */
export function meterLine(meter: Meter, line: Pick<Line, 'model' | 'blocked'>): void {
  meter
    .createObservableGauge('muster.bus.connected', {
      description: '1 while the connection for publishing to RabbitMQ is there, else 0',
    })
    .addCallback((result) => result.observe(line.model ? 1 : 0));
  meter
    .createObservableGauge('muster.bus.blocked', {
      description: '1 while RabbitMQ takes no messages because its memory or disk runs short, else 0',
    })
    .addCallback((result) => result.observe(line.blocked ? 1 : 0));
}
