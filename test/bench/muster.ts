// A distributed Muster on servers of its own, told what an operator would have told it, with an ear on its events.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import amqp from 'amqplib';
import { exchange } from '#bus/topology';
import { deviceDiscovered, deviceGrouped } from '#events/device';
import { stamp, type Draft } from '#events/event';
import { licenceChanged } from '#events/licence';
import { defaultSettings, edgeConfigured, settingsChanged } from '#events/settings';

interface Service {
  readonly name: string;
  readonly pid: number;
  readonly announcePort: number | null;
  ready(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface Distributed {
  readonly rabbit: { readonly url: string };
  named(name: string): readonly Service[];
  stop(): Promise<void>;
}

interface Scripts {
  startDistributed(options: {
    readonly dir: string;
    readonly node: string;
    readonly environment: Readonly<Record<string, string>>;
  }): Promise<Distributed>;
}

export interface BenchMuster {
  readonly gateway: { readonly port: number; readonly pid: number };
  /** Key and certificate of the gateway, in one file. */
  readonly identityFile: string;
  /** Discovery goes, and what is announced waits. */
  hold(): Promise<void>;
  /** Discovery comes back: devices grouped per second, from the first one discovered until `count` are grouped. */
  drain(count: number): Promise<number>;
  stop(): Promise<void>;
}

/** @param batchMax deliveries that a service handles in one transaction */
export async function startMuster(dir: string, batchMax: number): Promise<BenchMuster> {
  const url = pathToFileURL(join(process.cwd(), 'scripts/distributed.mjs')).href;
  // The build lies in a folder of its own, the scripts do not: no import path holds for both sources and build.
  const scripts = (await import(url)) as Scripts;
  const environment = { MUSTER_BATCH_MAX: String(batchMax), MUSTER_LOG_LEVEL: 'warn' };
  const muster = await scripts.startDistributed({ dir, node: process.execPath, environment });
  const only = (name: string): Service => {
    const [service] = muster.named(name);
    if (!service) throw new Error(`there is no ${name}`);
    return service;
  };
  // What is measured ends at device.grouped; what follows it would only take processor time.
  await Promise.all(['console', 'assessment', 'forwarding'].map((name) => only(name).stop()));
  const ear = await listen(`${muster.rabbit.url}/muster`);
  await ear.tell([
    settingsChanged.draft(documentOf('settings', { ...defaultSettings, acceptAnnouncements: true })),
    licenceChanged.draft(
      documentOf('bench', { customer: 'Bench', seats: 1_000_000, expiresAt: null, graceDays: 0 }),
    ),
    edgeConfigured.draft({ ...edgeConfigured.example, version: 1_000, server: randomUUID() }),
  ]);
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
    stop: async () => {
      await ear.close();
      await muster.stop();
    },
  };
}

function documentOf<B>(id: string, body: B) {
  return { id, version: 1_000, changedBy: 'bench', body };
}

async function listen(url: string) {
  const connection = await amqp.connect(url);
  const channel = await connection.createConfirmChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  for (const { type } of [deviceDiscovered, deviceGrouped]) await channel.bindQueue(queue, exchange, type);
  let firstAt = 0;
  let grouped = 0;
  let noted = (): void => undefined;
  await channel.consume(
    queue,
    (message) => {
      if (firstAt === 0) firstAt = performance.now();
      if (message?.fields.routingKey === deviceGrouped.type) grouped += 1;
      noted();
    },
    { noAck: true },
  );
  return {
    tell: async (drafts: readonly Draft[]) => {
      for (const draft of drafts) {
        channel.publish(exchange, draft.definition.type, Buffer.from(JSON.stringify(asEvent(draft))));
      }
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
    close: () => connection.close(),
  };
}

function asEvent(draft: Draft) {
  const occurredAt = new Date().toISOString();
  return stamp(draft, {
    publisher: 'console',
    sequence: 1_000_000,
    occurredAt,
    causedBy: null,
    traceparent: null,
  });
}
