// A distributed Muster on servers of its own, told what an operator would have told it, with an ear on its events.
import { join } from 'node:path';
import amqp from 'amqplib';
import { exchange } from '#bus/topology';
import { deviceDiscovered, deviceGrouped } from '#events/device';
import { parseEvent, type Event } from '#events/event';
import type { ServiceProcess } from '../../scripts/distributed.mjs';
import { startDistributed } from '../support/scripts.js';
import { operatorsWords } from './announced.js';

export interface BenchMuster {
  readonly gateway: { readonly port: number; readonly pid: number };
  /** Key and certificate of the gateway, in one file. */
  readonly identityFile: string;
  /** Discovery goes, and what is announced waits. */
  hold(): Promise<void>;
  /** Discovery comes back: devices grouped per second, from the first one discovered until `count` are grouped. */
  drain(count: number): Promise<number>;
  /** How many distinct devices are grouped from now on: resolves at `count` of them, or when the time is over. */
  grouped(count: number, limitMs: number): Promise<number>;
  /** Of Muster itself. */
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
  /** RabbitMQ and PostgreSQL, each the first of its processes. */
  readonly servers: readonly { readonly name: string; readonly pid: number }[];
  stop(): Promise<void>;
}

export interface BenchMusterOptions {
  /** Every service runs, those too that do nothing for device.grouped. */
  readonly all?: boolean;
}

/** @param batchMax deliveries that a service handles in one transaction */
export async function startMuster(
  dir: string,
  batchMax: number,
  { all = false }: BenchMusterOptions = {},
): Promise<BenchMuster> {
  const environment = { MUSTER_BATCH_MAX: String(batchMax), MUSTER_LOG_LEVEL: 'warn' };
  const muster = await startDistributed({ dir, node: process.execPath, environment });
  const only = (name: string): ServiceProcess => {
    const [service] = muster.named(name);
    if (!service) throw new Error(`there is no ${name}`);
    return service;
  };
  // What is measured ends at device.grouped; what follows it would only take processor time.
  const idle = all ? [] : ['console', 'assessment', 'forwarding'];
  await Promise.all(idle.map((name) => only(name).stop()));
  const ear = await listen(`${muster.rabbit.url}/muster`);
  await ear.tell(operatorsWords());
  const [gateway, discovery] = [only('gateway'), only('discovery')];
  return {
    gateway: { port: gateway.announcePort ?? 0, pid: gateway.pid },
    identityFile: join(dir, 'gateway-1', 'identity.pem'),
    hold: () => discovery.stop(),
    drain: async (count) => {
      const rate = ear.until(count);
      await discovery.restart();
      return rate;
    },
    grouped: (count, limitMs) => ear.distinct(count, limitMs),
    processes: muster.processes,
    servers: [
      { name: 'rabbitmq', pid: muster.rabbit.pid },
      { name: 'postgresql', pid: muster.postgres.pid },
    ],
    stop: async () => {
      await ear.close();
      await muster.stop();
    },
  };
}

async function listen(url: string) {
  const connection = await amqp.connect(url);
  const channel = await connection.createConfirmChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  for (const { type } of [deviceDiscovered, deviceGrouped]) await channel.bindQueue(queue, exchange, type);
  let firstAt = 0;
  let grouped = 0;
  let noted = (): void => undefined;
  const devices = new Set<string>();
  await channel.consume(
    queue,
    (message) => {
      if (firstAt === 0) firstAt = performance.now();
      if (message?.fields.routingKey === deviceGrouped.type) {
        grouped += 1;
        devices.add(parseEvent(deviceGrouped, JSON.parse(message.content.toString())).data.deviceId);
      }
      noted();
    },
    { noAck: true },
  );
  return {
    tell: async (events: readonly Event[]) => {
      for (const event of events) channel.publish(exchange, event.type, Buffer.from(JSON.stringify(event)));
      await channel.waitForConfirms();
    },
    until: (count: number): Promise<number> => {
      [firstAt, grouped] = [0, 0];
      return new Promise((resolve) => {
        noted = () => {
          if (grouped >= count) resolve(grouped / ((performance.now() - firstAt) / 1000));
        };
      });
    },
    distinct: (count: number, limitMs: number): Promise<number> => {
      devices.clear();
      return new Promise((resolve) => {
        const late = setTimeout(() => resolve(devices.size), limitMs);
        noted = () => {
          if (devices.size < count) return;
          clearTimeout(late);
          resolve(devices.size);
        };
      });
    },
    close: () => connection.close(),
  };
}
