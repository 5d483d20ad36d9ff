// The whole distributed Muster, given announced devices by the broker, and timed until all of them are grouped.
import { setTimeout as delay } from 'node:timers/promises';
import amqp, { type ConfirmChannel } from 'amqplib';
import { exchange } from '#bus/topology';
import { deviceGrouped } from '#events/device';
import type { Event } from '#events/event';
import { topology } from '../../apps/standalone/services.js';
import type { Distributed } from '../../scripts/distributed.mjs';
import { startDistributed } from '../support/scripts.js';
import { announced, operatorsWords } from './announced.js';
import { cpuMsOf, treeCpuMsOf } from './cost.js';

/** What carrying some devices cost. */
export interface Carried {
  /** From the first published to the last grouped. */
  readonly perSecond: number;
  /** Until every queue is empty: what console, assessment and forwarding make of it included. */
  readonly allPerSecond: number;
  /** Processor time per device, by service and server, until then. */
  readonly cpuMsEach: Readonly<Record<string, number>>;
}

export interface Chain {
  readonly database: string;
  carry(first: number, count: number): Promise<Carried>;
  stop(): Promise<void>;
}

const publishedAtOnce = 1_000;
const limitMs = 600_000;

/** @param batchMax deliveries that a service handles in one transaction */
export async function startChain(dir: string, batchMax: number): Promise<Chain> {
  const environment = { MUSTER_BATCH_MAX: String(batchMax), MUSTER_LOG_LEVEL: 'warn' };
  const muster = await startDistributed({ dir, node: process.execPath, environment });
  const connection = await amqp.connect(`${muster.rabbit.url}/muster`);
  const channel = await connection.createConfirmChannel();
  const ear = await listen(channel);
  await publish(channel, operatorsWords());
  await settled(channel);
  return {
    database: muster.postgres.url,
    carry: async (first, count) => {
      const before = cpuByName(muster);
      const events = announced(first, count);
      const startedAt = performance.now();
      const heard = ear.until(count);
      await publish(channel, events);
      const groupedAt = await heard;
      await settled(channel);
      const endedAt = performance.now();
      const after = cpuByName(muster);
      const each = Object.entries(after).map(([name, ms]) => [name, (ms - (before[name] ?? 0)) / count]);
      return {
        perSecond: (count * 1000) / (groupedAt - startedAt),
        allPerSecond: (count * 1000) / (endedAt - startedAt),
        cpuMsEach: Object.fromEntries(each) as Readonly<Record<string, number>>,
      };
    },
    stop: async () => {
      await connection.close();
      await muster.stop();
    },
  };
}

async function publish(channel: ConfirmChannel, events: readonly Event[]): Promise<void> {
  for (let start = 0; start < events.length; start += publishedAtOnce) {
    for (const event of events.slice(start, start + publishedAtOnce)) {
      channel.publish(exchange, event.type, Buffer.from(JSON.stringify(event)), {
        persistent: true,
        messageId: event.id,
        type: event.type,
      });
    }
    await channel.waitForConfirms();
  }
}

/** Counts devices that were grouped. */
async function listen(channel: ConfirmChannel) {
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, exchange, deviceGrouped.type);
  let grouped = 0;
  let noted = (): void => undefined;
  const hear = (): void => {
    grouped += 1;
    noted();
  };
  await channel.consume(queue, hear, { noAck: true });
  return {
    /** Resolves with the time of the last one. */
    until: (count: number): Promise<number> => {
      grouped = 0;
      return new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`${grouped} of ${count} were grouped in time`)),
          limitMs,
        );
        noted = () => {
          if (grouped < count) return;
          clearTimeout(late);
          resolve(performance.now());
        };
      });
    },
  };
}

/** Resolves when nothing waits in any queue of a service, at two looks: what one is handling is not counted by the broker. */
async function settled(channel: ConfirmChannel): Promise<void> {
  const end = performance.now() + limitMs;
  for (let quiet = 0; quiet < 2;) {
    await delay(200);
    const counts = await Promise.all(topology.queues.map(({ queue }) => channel.checkQueue(queue)));
    quiet = counts.every(({ messageCount }) => messageCount === 0) ? quiet + 1 : 0;
    if (performance.now() > end) throw new Error('the queues were not emptied in time');
  }
}

function cpuByName({ processes, rabbit, postgres }: Distributed): Readonly<Record<string, number>> {
  const services = processes.map(({ name, pid }) => [name, cpuMsOf(pid)]);
  const servers = [
    ['rabbitmq', treeCpuMsOf(rabbit.pid)],
    ['postgresql', treeCpuMsOf(postgres.pid)],
  ];
  return Object.fromEntries([...services, ...servers]) as Readonly<Record<string, number>>;
}
