// What can be struck: each service's processes, the broker, the database; and how one knows that it serves again.
import amqp from 'amqplib';
import { Client } from 'pg';
import type { KillPoint } from '#bus/kill-point';
import type { Distributed, ServiceProcess } from '../../scripts/distributed.mjs';
import { until } from '../support/until.js';
import type { Crowd } from './crowd.js';
import { broker, type Strikable } from './plan.js';
import { processesBelow, signalAll } from './processes-below.js';

export interface Target extends Strikable {
  /** Within so many milliseconds it must be back (goal G4). */
  readonly limitMs: number;
  pids(): readonly number[];
  /** SIGKILL, all of it. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again; a service with a point ends itself there. */
  start(point?: string): Promise<void>;
  /** Resolves when it ended by itself. */
  ended(): Promise<unknown>;
  /** Resolves when it serves again what came after `sinceMs` (performance.now). */
  back(sinceMs: number): Promise<void>;
}

const backLimitMs = 120_000;
const consuming: readonly KillPoint[] = ['claimed', 'decided', 'committed', 'acked'];
const publishing: readonly KillPoint[] = ['published', 'confirmed', 'relayed'];
/** A service without listeners or documents to write tells nobody anything under this load. */
const silent = ['console', 'forwarding'];

export function targetsOf(muster: Distributed, crowd: Crowd): readonly Target[] {
  const gateways = muster.named('gateway');
  return [
    ...muster.processes.map((process) => {
      const gateway = gateways.indexOf(process);
      const acked = (sinceMs: number) => crowd.ackedBy(gateway, sinceMs);
      return serviceTarget(process, gateway === -1 ? null : acked);
    }),
    brokerTarget(muster),
    databaseTarget(muster),
  ];
}

function pointsOf(service: string): readonly KillPoint[] {
  if (service === 'gateway') return ['accepted', 'spooled', 'published', 'confirmed'];
  return silent.includes(service) ? consuming : [...consuming, ...publishing];
}

function serviceTarget(process: ServiceProcess, acked: ((sinceMs: number) => boolean) | null): Target {
  const name = `${process.name}-${process.number}`;
  return {
    name,
    points: pointsOf(process.name),
    limitMs: acked ? 2_000 : 10_000,
    pids: () => [process.pid],
    kill: async () => {
      process.signal('SIGKILL');
      await process.exited;
    },
    start: (point) => process.restart(point === undefined ? {} : { MUSTER_KILL_POINT: point }),
    ended: () => process.exited,
    back: async (sinceMs) => {
      if (acked) await until(`${name} accepts`, () => acked(sinceMs), backLimitMs);
      else await process.ready();
    },
  };
}

function brokerTarget({ rabbit }: Distributed): Target {
  return serverTarget({ name: broker, server: rabbit, limitMs: 15_000, works: () => confirms(rabbit.url) });
}

function databaseTarget({ postgres }: Distributed): Target {
  return serverTarget({
    name: 'database',
    server: postgres,
    limitMs: 10_000,
    works: () => answers(postgres.url),
  });
}

interface ServerTarget {
  readonly name: string;
  readonly server: { readonly pid: number; kill(): Promise<void>; restart(): Promise<void> };
  readonly limitMs: number;
  readonly works: () => Promise<boolean>;
}

function serverTarget({ name, server, limitMs, works }: ServerTarget): Target {
  return {
    name,
    points: [],
    limitMs,
    pids: () => processesBelow(server.pid),
    kill: async () => {
      const all = processesBelow(server.pid);
      signalAll(all, 'SIGKILL');
      await server.kill();
    },
    start: () => server.restart(),
    ended: () => Promise.resolve(),
    back: async () => void (await until(`${name} works`, works, backLimitMs)),
  };
}

/** A message to a queue of one's own is confirmed. */
async function confirms(url: string): Promise<boolean> {
  try {
    const connection = await amqp.connect(url, { timeout: 2_000 });
    connection.on('error', () => undefined);
    try {
      const channel = await connection.createConfirmChannel();
      const { queue } = await channel.assertQueue('', { exclusive: true });
      channel.sendToQueue(queue, Buffer.from('?'));
      await channel.waitForConfirms();
      return true;
    } finally {
      await connection.close().catch(() => undefined);
    }
  } catch {
    return false;
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
