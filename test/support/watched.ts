// What alerts and dashboard ask of Prometheus.
import { parse } from 'yaml';
import { rateInterval, rows } from '../../deploy/grafana/panels.js';
import { read } from '../tidy/sources.js';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly Alert[] }[];
}

export const alerts: readonly Alert[] = (
  parse(read('deploy/prometheus/muster.rules.yaml') ?? '') as Rules
).groups.flatMap(({ rules }) => rules);

/** With a time where Grafana would fill one in. */
export const dashboardQueries: readonly string[] = rows.flatMap(({ panels }) =>
  panels.flatMap(({ queries }) => queries.map(({ expr }) => expr.replaceAll(rateInterval, '5m'))),
);

/** Metrics in a query; `up` is Prometheus' own. */
export function metricsNamed(query: string): readonly string[] {
  return query.match(/\b(?:muster|nodejs|v8js|db)_\w+(?=[{\[)\s]|$)/g) ?? [];
}
