// What an operator sees of the edge at /metrics.
import type { Meter } from '@opentelemetry/api';
import { momentsMs } from '#bus/buckets';
import type { Acknowledge } from '#announce/announcement';
import type { ChainStanding } from '#pki/revocation/standing';

export interface Meters {
  /** @param durationMs from the connection's first packet, or the line's arrival on an older connection, to the answer */
  answered(answer: Acknowledge, durationMs: number): void;
  /** A connection that never got as far as a line. */
  turnedAway(reason: string): void;
  /** What was known of the revocation of a certificate that was taken, and of its issuers' apart: soft may never know of those. */
  standing(standing: ChainStanding): void;
  /** @param durationMs from the connection to the end of its handshake */
  secured(durationMs: number): void;
}

export function gatewayMeters(meter: Meter): Meters {
  const answers = meter.createCounter('muster.gateway.announcements', {
    description: 'Announcements answered, by result and reason',
  });
  const duration = meter.createHistogram('muster.gateway.announcement.duration', {
    description: 'From connection to acknowledge',
    unit: 'ms',
    advice: { explicitBucketBoundaries: momentsMs },
  });
  const turnedAway = meter.createCounter('muster.gateway.turned_away', {
    description: 'Connections closed before a line was read: no TLS, handshake failed, limits',
  });
  const standings = meter.createCounter('muster.gateway.revocation', {
    description:
      'Certificates taken, by what was known of the revocation of the certificate (device) and of its issuers (authority)',
  });
  const handshakes = meter.createHistogram('muster.gateway.handshake.duration', {
    description: 'From connection to the end of the TLS handshake',
    unit: 'ms',
    advice: { explicitBucketBoundaries: momentsMs },
  });
  return {
    answered: ({ result, reason }, durationMs) => {
      answers.add(1, { result, reason: reason ?? '' });
      duration.record(durationMs, { result });
    },
    turnedAway: (reason) => turnedAway.add(1, { reason }),
    standing: ({ device, authority }) => {
      standings.add(1, { of: 'device', standing: device });
      if (authority !== null) standings.add(1, { of: 'authority', standing: authority });
    },
    secured: (durationMs) => handshakes.record(durationMs),
  };
}

/** What fills up under pressure, observed for as long as the process runs. */
export interface Fullness {
  readonly connections: number;
  /** Announcements in hand that are not stored yet. */
  readonly unconfirmed: number;
  /** Sources that are remembered for their limits. */
  readonly sources: number;
}

export function meterFullness(meter: Meter, fullness: () => Fullness): void {
  const observe = (name: string, description: string, of: keyof Fullness): void =>
    meter
      .createObservableGauge(name, { description })
      .addCallback((result) => result.observe(fullness()[of]));
  observe('muster.gateway.connections', 'Open connections', 'connections');
  observe('muster.gateway.unconfirmed', 'Announcements in hand that are not stored yet', 'unconfirmed');
  observe('muster.gateway.sources', 'Sources that are remembered for their limits', 'sources');
}
