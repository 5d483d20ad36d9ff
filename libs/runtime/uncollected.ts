// Spans that nobody collects: they have ids, for log lines and events, and nothing else. The SDK's own, unrecorded, cost several
// times as much: their attributes are looked at before anybody is asked whether they are wanted.
import { randomUUID } from 'node:crypto';
import {
  context,
  isSpanContextValid,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type SpanOptions,
  type TracerProvider,
} from '@opentelemetry/api';

type Work = (span: Span) => unknown;

/** 16 bytes, of which version and variant of a UUID are the same in all; Node keeps random bytes for these in store. */
const randomHex = (): string => randomUUID().replaceAll('-', '');

function startSpan(_name: string, options?: SpanOptions, parent: Context = context.active()): Span {
  const above = options?.root ? undefined : trace.getSpanContext(parent);
  const known = above && isSpanContextValid(above);
  return trace.wrapSpanContext({
    traceId: known ? above.traceId : randomHex(),
    spanId: randomHex().slice(-16),
    // As whoever began it wants: sampled elsewhere, perhaps.
    traceFlags: known ? above.traceFlags : TraceFlags.NONE,
  });
}

/** As the API has it: `(name, work)`, `(name, options, work)` or `(name, options, context, work)`. */
function startActiveSpan(name: string, ...rest: readonly unknown[]): unknown {
  const work = rest.at(-1) as Work;
  const options = rest.length > 1 ? (rest[0] as SpanOptions) : undefined;
  const parent = rest.length > 2 ? (rest[1] as Context) : context.active();
  const span = startSpan(name, options, parent);
  return context.with(trace.setSpan(parent, span), () => work(span));
}

const tracer = { startSpan, startActiveSpan };

export const uncollected: TracerProvider = { getTracer: () => tracer };
