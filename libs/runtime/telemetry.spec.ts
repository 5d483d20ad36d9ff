// Where nobody collects spans, lines of the log and events carry the ids of their trace all the same.
import { isSpanContextValid, trace } from '@opentelemetry/api';
import { expect, it, onTestFinished } from 'vitest';
import { startTelemetry } from './telemetry.js';

it('gives ids, and records nothing, without a collector', () => {
  const telemetry = startTelemetry('alone');
  onTestFinished(() => telemetry.stop());
  const tracer = trace.getTracer('muster');
  tracer.startActiveSpan('outer', (outer) => {
    const active = trace.getActiveSpan();
    expect(active?.spanContext()).toEqual(outer.spanContext());
    expect(isSpanContextValid(outer.spanContext())).toBe(true);
    expect(outer.isRecording()).toBe(false);
    tracer.startActiveSpan('inner', (inner) => {
      expect(inner.spanContext().traceId).toBe(outer.spanContext().traceId);
    });
  });
});
