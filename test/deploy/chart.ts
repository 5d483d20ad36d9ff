// The Helm chart, rendered, and each object held against the schema of its kind.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Service } from 'kubernetes-models/v1/Service';
import { parseAllDocuments } from 'yaml';
import { root } from '../tidy/sources.js';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: object;
}

type Kind = new (data: never) => { validate(): void };

const kinds: Readonly<Record<string, Kind>> = {
  'apps/v1 Deployment': Deployment,
  'autoscaling/v2 HorizontalPodAutoscaler': HorizontalPodAutoscaler,
  'batch/v1 Job': Job,
  'keda.sh/v1alpha1 ScaledObject': ScaledObject,
  'keda.sh/v1alpha1 TriggerAuthentication': TriggerAuthentication,
  'networking.k8s.io/v1 NetworkPolicy': NetworkPolicy,
  'policy/v1 PodDisruptionBudget': PodDisruptionBudget,
  'v1 Service': Service,
};

const chart = path.join(root, 'deploy/kubernetes/muster');
const downloaded = path.join(root, '.runtime/helm/node_modules/.bin/helm');

/** The helm that npm test brings, or this machine's; null without one. */
export const helm = [
  downloaded,
  ...(process.env['PATH'] ?? '').split(path.delimiter).map((dir) => path.join(dir, 'helm')),
].find((file) => existsSync(file));

/** Throws what helm says against the chart. */
export function lintChart(): void {
  execFileSync(helm ?? 'helm', ['lint', '--strict', chart], { stdio: 'pipe' });
}

export function renderChart(...settings: readonly string[]): readonly KubernetesObject[] {
  return render(settings.flatMap((setting) => ['--set', setting]));
}

/** With a file of values, as operators keep them. */
export function renderWith(values: object): readonly KubernetesObject[] {
  const dir = mkdtempSync(path.join(tmpdir(), 'muster-values-'));
  const file = path.join(dir, 'values.json');
  writeFileSync(file, JSON.stringify(values));
  try {
    return render(['--values', file]);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** With what the Prometheus operator takes, as the README says it. */
export function renderMonitored(): readonly KubernetesObject[] {
  const rules = path.join(root, 'deploy/prometheus/muster.rules.yaml');
  const settings = 'monitoring.enabled=true,monitoring.labels.release=stack';
  return render(['--set', settings, '--set-file', `monitoring.rules=${rules}`]);
}

function render(settings: readonly string[]): readonly KubernetesObject[] {
  const words = ['template', 'muster', chart, ...settings];
  const text = execFileSync(helm ?? 'helm', words, { encoding: 'utf8', stdio: 'pipe' });
  return parseAllDocuments(text).flatMap((document) => (document.toJS() as KubernetesObject | null) ?? []);
}

/** Throws when the object is not of its kind's shape. */
export function validate(object: KubernetesObject): void {
  const Kind = kinds[`${object.apiVersion} ${object.kind}`];
  if (!Kind) throw new Error(`no schema is known for ${object.apiVersion} ${object.kind}`);
  new Kind(object as never).validate();
}
