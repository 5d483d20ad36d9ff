// What every call to a device begins with, whatever its protocol.
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { ownAddresses } from '../addresses/own.js';
import { mayConnect } from './address.js';
import type { Outcome, Target } from './device.js';

const tracer = trace.getTracer('muster.device');

/**
 * Makes a call under a span of the trace that led to it, and none at all to an address outside the device networks.
 * @param name what is done, as the span says it
 */
export function call<T>(
  name: string,
  { address, port, networks }: Pick<Target, 'address' | 'port' | 'networks'>,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const attributes = { 'server.address': address, 'server.port': port };
  return tracer.startActiveSpan(`device ${name}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    try {
      const outcome: Outcome<T> = mayConnect(address, networks, ownAddresses())
        ? await work()
        : { kind: 'failed', reason: `${address} lies outside the device networks`, mayPass: false };
      span.setAttribute('muster.device.outcome', outcome.kind);
      if (outcome.kind !== 'answered')
        span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.reason });
      return outcome;
    } finally {
      span.end();
    }
  });
}
