// Traces of events, in the names of OpenTelemetry's conventions for messaging: what is sent and what is processed lies in
// the trace of the work that led to it, however long it waited between; one span for the whole batch, linked to all of
// them, owns the database spans.
import {
  context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import {
  ATTR_MESSAGING_BATCH_MESSAGE_COUNT,
  ATTR_MESSAGING_CONSUMER_GROUP_NAME,
  ATTR_MESSAGING_DESTINATION_NAME,
  ATTR_MESSAGING_MESSAGE_ID,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_RABBITMQ_DESTINATION_ROUTING_KEY,
  ATTR_MESSAGING_SYSTEM,
} from '@opentelemetry/semantic-conventions/incubating';
import type { Event } from '../events/event.js';
import type { MessagingSystem } from './bus.js';
import { exchange } from './topology.js';

const tracer = trace.getTracer('muster.bus');
/** A span links to so many others at most. */
const linksMax = 128;

export type EventSpan = Span;

/** Who processes: a consumer has its own inbox, as a group of consumers elsewhere has its own offset. */
export interface Processing {
  readonly system: MessagingSystem;
  readonly consumer: string;
}

/** The context of a stored traceparent, for work that goes on from it. */
export function contextOf(traceparent: string | null): Context {
  return traceparent === null ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent });
}

/** What to store so that later work goes on from this span; null when nothing is traced. */
export function traceparentOf(span: Span | undefined): string | null {
  if (!span) return null;
  const { traceId, spanId, traceFlags } = span.spanContext();
  return isSpanContextValid({ traceId, spanId, traceFlags })
    ? `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
    : null;
}

/** @param queue from which it was taken, when it was, or would have been before it was parked */
export function startEventSpan(
  { system, consumer }: Processing,
  event: Event,
  queue: string | null,
): EventSpan {
  const destination = [exchange, event.type, ...(queue === null ? [] : [queue])].join(':');
  const attributes = {
    ...operation(system, 'process', 'process'),
    ...messageOf(system, event),
    [ATTR_MESSAGING_DESTINATION_NAME]: destination,
    [ATTR_MESSAGING_CONSUMER_GROUP_NAME]: consumer,
  };
  const kind = SpanKind.CONSUMER;
  return tracer.startSpan(`process ${destination}`, { kind, attributes }, contextOf(event.traceparent));
}

/** The event came to nothing this time: it is parked, for this reason. */
export function markFailed(span: EventSpan | undefined, reason: string): void {
  span?.setAttribute(ATTR_ERROR_TYPE, /^\w+/.exec(reason)?.[0] ?? '_OTHER');
  span?.setStatus({ code: SpanStatusCode.ERROR, message: reason });
}

/** Runs `work` under a span linked to those of the batch's events. */
export function withBatchSpan<T>(
  { system, consumer }: Processing,
  spans: readonly Span[],
  work: () => Promise<T>,
): Promise<T> {
  const links = spans.slice(0, linksMax).map((span) => ({ context: span.spanContext() }));
  const attributes = {
    ...operation(system, 'batch', 'process'),
    [ATTR_MESSAGING_DESTINATION_NAME]: exchange,
    [ATTR_MESSAGING_CONSUMER_GROUP_NAME]: consumer,
    [ATTR_MESSAGING_BATCH_MESSAGE_COUNT]: spans.length,
  };
  const options = { kind: SpanKind.CONSUMER, links, attributes };
  const batch = tracer.startSpan(`batch ${consumer}`, options, ROOT_CONTEXT);
  return context.with(trace.setSpan(ROOT_CONTEXT, batch), () => ending([batch], work));
}

/** Whether a span in its trace would be looked at by anybody: the flag of W3C's trace context. Of a new trace, a sampler says. */
const isSampled = ({ traceparent }: Event): boolean =>
  traceparent === null || (parseInt(traceparent.slice(-2), 16) & TraceFlags.SAMPLED) !== 0;

/** Runs `work`, which puts the events on the bus, with a span for each in its own trace. */
export function withSendSpans<T>(
  system: MessagingSystem,
  events: readonly Event[],
  work: () => Promise<T>,
): Promise<T> {
  const spans = events.filter(isSampled).map((event) => {
    const destination = `${exchange}:${event.type}`;
    const attributes = {
      ...operation(system, 'send', 'send'),
      ...messageOf(system, event),
      [ATTR_MESSAGING_DESTINATION_NAME]: destination,
    };
    const options = { kind: SpanKind.PRODUCER, attributes };
    return tracer.startSpan(`send ${destination}`, options, contextOf(event.traceparent));
  });
  return spans.length === 0 ? work() : ending(spans, work);
}

const operation = (system: MessagingSystem, name: string, type: string): Attributes => ({
  [ATTR_MESSAGING_SYSTEM]: system,
  [ATTR_MESSAGING_OPERATION_NAME]: name,
  [ATTR_MESSAGING_OPERATION_TYPE]: type,
});

const messageOf = (system: MessagingSystem, { id, type, subject }: Event): Attributes => ({
  [ATTR_MESSAGING_MESSAGE_ID]: id,
  'muster.subject': subject,
  ...(system === 'rabbitmq' && { [ATTR_MESSAGING_RABBITMQ_DESTINATION_ROUTING_KEY]: type }),
});

async function ending<T>(spans: readonly Span[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    const type = code ?? (error instanceof Error ? error.name : '_OTHER');
    for (const span of spans)
      span.setAttribute(ATTR_ERROR_TYPE, type).setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}
