// What an operator sees of the spool at /metrics.
import type { Meter } from '@opentelemetry/api';
import type { SpoolStatus } from './spool.js';

/** Observed for as long as the process runs. */
export function meterSpool(meter: Meter, status: () => SpoolStatus): void {
  const gauge = (
    name: string,
    unit: string,
    description: string,
    value: (now: SpoolStatus) => number,
  ): void =>
    meter
      .createObservableGauge(name, { unit, description })
      .addCallback((result) => result.observe(value(status())));
  gauge(
    'muster.spool.announcements',
    '{announcement}',
    'Accepted, kept on disk, not confirmed by the broker yet',
    ({ announcements }) => announcements,
  );
  gauge('muster.spool.bytes', 'By', 'What they take up on the disk', ({ bytes }) => bytes);
  gauge(
    'muster.spool.bytes.max',
    'By',
    'Limit of the spool: above it the answer is retry',
    ({ bytesMax }) => bytesMax,
  );
  gauge(
    'muster.spool.oldest.age',
    's',
    'How long the oldest has waited; 0 when none does',
    ({ oldestAgeMs }) => (oldestAgeMs ?? 0) / 1000,
  );
}
