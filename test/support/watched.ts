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

/** A metric in a query, and what it asks of its labels. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

interface Matcher {
  readonly label: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** `up` is Prometheus' own. Labels in braces, and strings, are no metrics, whatever they are called. */
const selector = /\b((?:muster|nodejs|v8js|db)_\w+)(?:\{((?:[^}"]|"[^"]*")*)\})?|\{[^}]*\}|"[^"]*"/g;
/** By which samples are put together: labels as well. */
const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
const matcher = /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g;

export function selectorsIn(query: string): readonly Selector[] {
  return [...query.replaceAll(grouping, '').matchAll(selector)].flatMap(([, metric, asked = '']) => {
    if (metric === undefined) return [];
    const matchers = [...asked.matchAll(matcher)].map(([, label = '', op, value = '']) => ({
      label,
      op: op as Matcher['op'],
      value,
    }));
    return [{ metric, matchers }];
  });
}

/** Metrics in a query. */
export const metricsNamed = (query: string): readonly string[] =>
  selectorsIn(query).map(({ metric }) => metric);

/** Added by Prometheus to what it reads. */
const added = new Set(['job', 'instance']);

/**
 * What queries ask for and nobody exports, as `metric` or `metric{label="value"}`: each value that a matcher names must be
 * there, those that are to be left out as well.
 * @param pages what processes say at /metrics
 */
export function notExported(queries: readonly string[], pages: readonly string[]): readonly string[] {
  const exported = labelsOf(pages);
  const missing = queries.flatMap(selectorsIn).flatMap(({ metric, matchers }) => {
    const labels = exported.get(metric);
    if (!labels) return [metric];
    const unmet = matchers.filter(({ label, op, value }) => {
      const matches = op.endsWith('~') ? new RegExp(`^(?:${value})$`) : null;
      const values = [...(labels.get(label) ?? [])];
      return !added.has(label) && !values.some((each) => (matches ? matches.test(each) : each === value));
    });
    return unmet.map(({ label, op, value }) => `${metric}{${label}${op}"${value}"}`);
  });
  return [...new Set(missing)];
}

/** Of each metric its labels, and the values that they have. */
function labelsOf(pages: readonly string[]): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const all = new Map<string, Map<string, Set<string>>>();
  for (const line of pages.flatMap((page) => page.split('\n'))) {
    const [, metric, text = ''] = /^(\w+)(?:\{(.*)\})? \S+/.exec(line) ?? [];
    if (metric === undefined) continue;
    const labels = all.get(metric) ?? new Map<string, Set<string>>();
    all.set(metric, labels);
    for (const [, label = '', value = ''] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels.set(label, (labels.get(label) ?? new Set()).add(value));
    }
  }
  return all;
}

/** A number that is exported, of the first sample with these words in its labels; undefined when there is none. */
export function sampleOf(page: string, metric: string, labels: string): number | undefined {
  const line = page.split('\n').find((each) => each.startsWith(`${metric}{`) && each.includes(labels));
  return line === undefined ? undefined : Number(/\} (\S+)/.exec(line)?.[1]);
}
