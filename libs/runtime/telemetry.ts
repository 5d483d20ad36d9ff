// OpenTelemetry for a process. Started before anything else is imported, so that http and pg are instrumented.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { metrics, SamplingDecision, type Meter } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import { instanceOf } from './config.js';
import { version } from './version.js';

export interface Telemetry {
  /** What all of Muster counts with. */
  readonly meter: Meter;
  /** Answers a GET of /metrics in Prometheus' text format. */
  metrics(request: IncomingMessage, response: ServerResponse): void;
  /** Sends what is left. */
  stop(): Promise<void>;
}

/** Health checks and scrapes are no work worth a trace. */
const unseen = new Set(['/health/live', '/health/ready', '/metrics']);

/** With no processor at all the SDK makes no spans, and no ids. */
const unrecorded: Partial<NodeSDKConfiguration> = {
  sampler: { shouldSample: () => ({ decision: SamplingDecision.NOT_RECORD }) },
  spanProcessors: [
    {
      onStart: () => undefined,
      onEnd: () => undefined,
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    },
  ],
};

/**
 * @param environment names an OTLP/HTTP collector, taken as it stands: the configuration refuses one that is no address.
 * Without one spans have ids, for the log and for events, and nothing else
 */
export function startTelemetry(name: string, environment: NodeJS.ProcessEnv = {}): Telemetry {
  const endpoint = environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({
      [ATTR_SERVICE_NAME]: name,
      [ATTR_SERVICE_VERSION]: version,
      [ATTR_SERVICE_INSTANCE_ID]: instanceOf(environment),
    }),
    // Only what an operator says: the others tell anyone who reads /metrics of paths, owner and command line.
    resourceDetectors: [envDetector],
    metricReaders: [prometheus],
    ...(endpoint === undefined || !URL.canParse(endpoint)
      ? unrecorded
      : { traceExporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }) }),
    instrumentations: [
      new HttpInstrumentation({ ignoreIncomingRequestHook: ({ url = '' }) => unseen.has(url) }),
      new PgInstrumentation({ requireParentSpan: true }),
      new RuntimeNodeInstrumentation(),
    ],
  });
  sdk.start();
  return {
    // Only now: a meter that is asked for before the start counts nothing, for ever.
    meter: metrics.getMeter('muster'),
    metrics: (request, response) => prometheus.getMetricsRequestHandler(request, response),
    stop: () => sdk.shutdown(),
  };
}
