// Gateways as processes of their own, on a vhost of their own, told what console would have told them.
import { join } from 'node:path';
import { declareTopology } from '#bus/rabbit/declare';
import { freePort } from '../../scripts/free-port.mjs';
import { topology } from '../../apps/standalone/services.js';
import { Process } from './process.js';
import { freshVhost, ownFolder } from './servers.js';
import { tellEdge } from './tell-edge.js';
import { until } from './until.js';

const startLimitMs = 200_000;

export interface GatewayProcess {
  readonly process: Process;
  /** What /metrics says: the sum of one metric's lines; `labels` is a part of those that count. */
  count(metric: string, labels?: string): Promise<number>;
}

export interface GatewayProcesses {
  /** Of the broker, with its vhost. */
  readonly broker: string;
  /** One more, on the same folder as the others; resolves when it is ready. */
  start(environment?: Readonly<Record<string, string>>): Promise<GatewayProcess>;
  stop(): Promise<void>;
}

export async function gatewayProcesses(): Promise<GatewayProcesses> {
  const [broker, dir] = [await freshVhost(), await ownFolder('gateways')];
  await declareTopology({ urls: [broker] }, topology);
  await tellEdge(broker, {});
  const started: Process[] = [];
  return {
    broker,
    start: async (environment = {}) => {
      const http = await freePort();
      const name = `gateway-${started.length + 1}`;
      const process = new Process({
        name,
        entry: 'apps/gateway/main.js',
        environment: {
          MUSTER_AMQP_URL: broker,
          MUSTER_INSTANCE: name,
          MUSTER_HTTP_HOST: '127.0.0.1',
          MUSTER_HTTP_PORT: `${http}`,
          MUSTER_GATEWAY_IDENTITY_DIR: join(dir, 'identity'),
          ...environment,
        },
      });
      started.push(process);
      const url = `http://127.0.0.1:${http}`;
      await until(`${name} is ready`, () => isReady(url, process), startLimitMs);
      return { process, count: (metric, labels = '') => countAt(url, metric, labels) };
    },
    stop: async () => void (await Promise.all(started.map((each) => each.signal('SIGTERM')))),
  };
}

async function isReady(url: string, process: Process): Promise<boolean> {
  if (process.exitCode !== null) throw new Error(`${process.options.name} ended: ${process.output}`);
  return fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function countAt(url: string, metric: string, labels: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(metric) && line.includes(labels));
  return lines.reduce((sum, line) => sum + Number(/ (\S+)(?: \d+)?$/.exec(line)?.[1] ?? 0), 0);
}
