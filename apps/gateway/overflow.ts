// Connections that never reached us, as so many waited to be taken in already (R18): the system lets their packets go unanswered, and
// their clients try again after 1, 3 and 7 s. Only the system can count them, for all that listens on this host or in this container.
import { readFileSync } from 'node:fs';
import type { Meter } from '@opentelemetry/api';

const file = '/proc/net/netstat';
const section = 'TcpExt:';

/** Since the system, or the container, was started; null where it does not tell: elsewhere than on Linux. */
export function overflows(): number | null {
  try {
    const [names = [], values = []] = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith(section))
      .map((line) => line.split(' '));
    const count = Number(values[names.indexOf('ListenOverflows')]);
    return Number.isNaN(count) ? null : count;
  } catch {
    return null;
  }
}

/** Observed for as long as the process runs. */
export function meterOverflow(meter: Meter): void {
  meter
    .createObservableCounter('muster.gateway.overflows', {
      description:
        'Connections not answered as too many waited to be taken in, for all that listens on this host',
    })
    .addCallback((result) => {
      const count = overflows();
      if (count !== null) result.observe(count);
    });
}
