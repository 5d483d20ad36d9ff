// What operators watch Muster with: rules and dashboard are right in themselves, and each alert is explained. That each
// metric and label they name is really exported, instant-on.spec.ts checks on running processes; that ages are seconds,
// figures.spec.ts.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { dashboard } from '../deploy/grafana/dashboard.js';
import { alerts, dashboardQueries, metricsNamed, notExported } from './support/watched.js';
import { read, root } from './tidy/sources.js';

const promtool = spawnSync('promtool', ['--version']).status === 0;
const check = (...words: readonly string[]): string =>
  execFileSync('promtool', words, {
    cwd: path.join(root, 'deploy/prometheus'),
    encoding: 'utf8',
    stdio: 'pipe',
  });

describe.skipIf(!promtool)('for promtool, which comes with Debian’s prometheus,', () => {
  it('the rules are rules', () => {
    expect(check('check', 'rules', 'muster.rules.yaml')).toContain(`${alerts.length} rules found`);
  });

  it('the alerts fire when they should, and only then', () => {
    expect(check('test', 'rules', 'muster.rules.test.yaml')).toContain('SUCCESS');
  });

  it('each query of the dashboard is a query', () => {
    const rules = dashboardQueries.map((expr, number) => ({ record: `query:${number}`, expr }));
    const dir = mkdtempSync(path.join(tmpdir(), 'muster-queries-'));
    const file = path.join(dir, 'queries.yaml');
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(check('check', 'rules', file)).toContain(`${dashboardQueries.length} rules found`);
    rmSync(dir, { recursive: true });
  });

  it('the configuration beside docker-compose.yml names what there is', () => {
    expect(check('check', 'config', '--syntax-only', 'prometheus.yaml')).toContain('SUCCESS');
  });
});

describe('the alerts', () => {
  const runbook = read('deploy/runbook.md') ?? '';
  const paragraphs = new Map(
    runbook
      .split(/^#{2,3} /m)
      .map((part) => [part.split('\n', 1)[0] ?? '', part.split('\n').slice(1).join('\n')]),
  );

  it.each(alerts)('$alert leads to a paragraph that says what to do', ({ alert, annotations }) => {
    expect(annotations.runbook_url).toBe(`deploy/runbook.md#${alert.toLowerCase()}`);
    expect(paragraphs.get(alert)?.trim().length ?? 0).toBeGreaterThan(100);
  });

  it('are all that the runbook tells of', () => {
    const told = [...paragraphs.keys()].filter((title) => title.startsWith('Muster'));
    expect(told.toSorted()).toEqual(alerts.map(({ alert }) => alert).toSorted());
  });

  it('are each tested', () => {
    const tested = (read('deploy/prometheus/muster.rules.test.yaml') ?? '').match(/(?<=alertname: )\w+/g);
    expect([...new Set(tested)].toSorted()).toEqual(alerts.map(({ alert }) => alert).toSorted());
  });
});

describe('the dashboard', () => {
  it('is written from its table', () => {
    expect(JSON.parse(read('deploy/grafana/muster.json') ?? '')).toEqual(dashboard());
  });

  it('has panels that Grafana can tell apart, side by side', () => {
    const { panels } = dashboard();
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    const corners = panels.map(({ gridPos: { x, y } }) => `${x} ${y}`);
    expect(new Set(corners).size).toBe(panels.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  it('shows every metric that an alert watches', () => {
    const shown = new Set(dashboardQueries.flatMap(metricsNamed));
    const unseen = alerts.flatMap(({ expr }) => metricsNamed(expr)).filter((name) => !shown.has(name));
    expect(unseen).toEqual([]);
  });
});

describe('what a query asks for', () => {
  it.each([
    ['muster_x>0', ['muster_x']],
    ['sum(muster_x,1) / muster_y', ['muster_x', 'muster_y']],
    ['max by (db_state, le) (db_x_count{db_state="muster_z"})', ['db_x_count']],
    ['label_replace(muster_x[5m:1m], "muster_y", "$1", "a", "(.*)") offset 5m', ['muster_x']],
  ])('%s: its metrics are found', (query, metrics) => {
    expect(metricsNamed(query)).toEqual(metrics);
  });

  it('is there when the metric and each value of a label are', () => {
    const pages = ['# TYPE muster_x gauge\nmuster_x{state="dead",why="a } b"} 1\nmuster_y 2 1700000000000'];
    const there = ['muster_x{state="dead"}', 'muster_x{state!~"de.*", job="any"}', 'muster_y'];
    expect(notExported(there, pages)).toEqual([]);
    const absent = [
      'muster_x{state="givenUp"}',
      'muster_x{stat!="dead"}',
      'muster_y{a=~"b"}',
      'muster>0',
      'muster_z>0',
    ];
    expect(notExported(absent, pages)).toEqual([
      'muster_x{state="givenUp"}',
      'muster_x{stat!="dead"}',
      'muster_y{a=~"b"}',
      'muster_z',
    ]);
  });
});
