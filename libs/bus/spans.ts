// Traces of deliveries: each event's `process` span lies in the trace of the work that led to it; one span for the whole
// batch, linked to all of them, owns the database spans.
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { Event } from '../events/event.js';

const tracer = trace.getTracer('muster.bus');

export type EventSpan = Span;

/** The context of a stored traceparent, for work that goes on from it. */
export function contextOf(traceparent: string | null): Context {
  return traceparent === null ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent });
}

/** What to store so that later work goes on from this span; null when nothing is traced. */
export function traceparentOf(span: Span | undefined): string | null {
  if (!span) return null;
  const carrier: { traceparent?: string } = {};
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), carrier);
  return carrier.traceparent ?? null;
}

export function startEventSpan(consumer: string, event: Event): EventSpan {
  return tracer.startSpan(
    `process ${event.type}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        'messaging.system': 'muster',
        'messaging.operation.type': 'process',
        'messaging.message.id': event.id,
        'muster.consumer': consumer,
        'muster.subject': event.subject,
      },
    },
    contextOf(event.traceparent),
  );
}

/** Runs `work` under a span linked to those of the batch's events. */
export function withBatchSpan<T>(
  consumer: string,
  spans: readonly Span[],
  work: () => Promise<T>,
): Promise<T> {
  const links = spans.slice(0, 128).map((span) => ({ context: span.spanContext() }));
  const batch = tracer.startSpan(
    `batch ${consumer}`,
    { links, attributes: { 'messaging.batch.message_count': spans.length } },
    ROOT_CONTEXT,
  );
  return context.with(trace.setSpan(ROOT_CONTEXT, batch), async () => {
    try {
      return await work();
    } catch (error) {
      batch.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      batch.end();
    }
  });
}
