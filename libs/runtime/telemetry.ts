// OpenTelemetry for a process. Started before anything else is imported, so that http and pg are instrumented.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { metrics, trace, type Meter } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import { instanceOf } from './config.js';
import { uncollected } from './uncollected.js';
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

/**
 * @param environment names an OTLP/HTTP collector, taken as it stands: the configuration refuses one that is no address.
 * Without one spans have ids, for the log and for events, and nothing else
 */
export function startTelemetry(name: string, environment: NodeJS.ProcessEnv = {}): Telemetry {
  const collector = collectorOf(environment['OTEL_EXPORTER_OTLP_ENDPOINT']);
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
    ...(collector === null
      ? { spanProcessors: [] }
      : { traceExporter: new OTLPTraceExporter({ url: collector }) }),
    instrumentations: [
      new HttpInstrumentation({ ignoreIncomingRequestHook: ({ url = '' }) => unseen.has(url) }),
      new PgInstrumentation({ requireParentSpan: true }),
      new RuntimeNodeInstrumentation(),
    ],
  });
  sdk.start();
  if (collector === null) trace.setGlobalTracerProvider(uncollected);
  return {
    // Only now: a meter that is asked for before the start counts nothing, for ever.
    meter: metrics.getMeter('muster'),
    metrics: (request, response) => prometheus.getMetricsRequestHandler(request, response),
    stop: () => sdk.shutdown(),
  };
}

const collectorOf = (endpoint: string | undefined): string | null =>
  endpoint === undefined || !URL.canParse(endpoint) ? null : `${endpoint.replace(/\/$/, '')}/v1/traces`;
