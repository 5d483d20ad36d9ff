// Both drivers of the bus behind one face, for suites that must hold for each.
import { randomUUID } from 'node:crypto';
import amqp from 'amqplib';
import { openEmbeddedBus } from '#bus/embedded';
import { openRabbit } from '#bus/rabbit';
import { declareTopology } from '#bus/rabbit/declare';
import { policies } from '#bus/rabbit/definitions';
import { deadLetters, topologyOf, type Topology } from '#bus/topology';
import type { Batch, Bus, Subscription } from '#bus/bus';
import { catalogue } from '#events/catalogue';
import { deviceRetired, deviceRetireRequested } from '#events/device';
import { seatsCounted } from '#events/licence';
import { edgeConfigured } from '#events/settings';
import { stamp, type Draft, type Event } from '#events/event';
import { migrate } from '#store/migrate';
import { openEmbedded, openPostgres } from '#store/open';
import { Store, type Database } from '#store/store';
import { freshDatabase, freshVhost, rabbit } from './servers.js';
import { silentLog } from './silent.js';

/** Two services that hear the same fact; the first hears a command as well, the second another fact. */
export const topology: Topology = topologyOf(catalogue.values(), [
  { service: 'alpha', on: [deviceRetired, deviceRetireRequested] },
  { service: 'beta', on: [deviceRetired, seatsCounted] },
]);

export interface Driver {
  readonly name: string;
  readonly database: Database;
  /** Of the vhost; empty when there is none. */
  readonly url: string;
  /** A process of service alpha or beta. */
  process(service: 'alpha' | 'beta'): Promise<{ readonly bus: Bus; readonly store: Store }>;
  /** Stops every bus and empties all queues. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

interface DriverOptions {
  /** With it, so that what nobody hears is still routed. */
  readonly journal?: boolean;
  /** How often a message may come back, instead of 50 times. */
  readonly returnsMax?: number;
}

export async function rabbitDriver(options: DriverOptions = {}): Promise<Driver> {
  const [url, databaseUrl] = await Promise.all([freshVhost(), freshDatabase()]);
  // Without the journal, which takes everything, nobody's event is unroutable for RabbitMQ.
  const streams = topology.streams.filter(({ types }) => (options.journal ?? false) || types !== null);
  await declareTopology({ urls: [url] }, { ...topology, streams });
  if (options.returnsMax !== undefined) await limitReturns(url, options.returnsMax);
  const database = await openPostgres({ url: databaseUrl });
  await migrate(database, ['alpha', 'beta']);
  const buses = new Set<Bus>();
  return {
    name: 'RabbitMQ',
    database,
    url,
    process: async (service) => {
      const store = new Store(database, service);
      const bus = await openRabbit({ urls: [url], name: service, store, log: silentLog });
      buses.add(bus);
      return { bus, store };
    },
    clear: async () => {
      await Promise.all([...buses].map((bus) => bus.stop()));
      buses.clear();
      await purge(url);
      await database.query('truncate alpha.outbox, beta.outbox');
    },
    close: () => database.close(),
  };
}

/** The policy that Muster makes, with another limit. */
async function limitReturns(url: string, limit: number): Promise<void> {
  const vhost = new URL(url).pathname.slice(1);
  const [{ name, pattern, definition }] = policies;
  const changed = JSON.stringify({ ...definition, 'delivery-limit': limit });
  const server = await rabbit();
  await server.control('set_policy', '-p', vhost, name, pattern, changed, '--apply-to', 'queues');
}

async function purge(url: string): Promise<void> {
  const connection = await amqp.connect(url);
  const channel = await connection.createChannel();
  for (const { queue } of [...topology.queues, { queue: deadLetters }]) await channel.purgeQueue(queue);
  await connection.close();
}

export async function embeddedDriver({ returnsMax: triesMax }: DriverOptions = {}): Promise<Driver> {
  const database = await openEmbedded({ dir: null });
  await migrate(database, ['bus', 'alpha', 'beta']);
  let bus: Bus | null = null;
  return {
    name: 'embedded',
    database,
    url: '',
    process: (service) => {
      bus ??= openEmbeddedBus({
        database,
        topology,
        log: silentLog,
        ...(triesMax === undefined ? {} : { triesMax }),
      });
      return Promise.resolve({ bus, store: new Store(database, service) });
    },
    clear: async () => {
      await bus?.stop();
      bus = null;
      await database.query('truncate bus.event, bus.delivery');
    },
    close: () => database.close(),
  };
}

export function eventOf<D>(draft: Draft<D>): Event<D> {
  return stamp(draft, {
    publisher: 'test',
    sequence: 1,
    occurredAt: new Date().toISOString(),
    causedBy: null,
    traceparent: `00-${randomUUID().replaceAll('-', '')}-0123456789abcdef-01`,
  });
}

/** A fact that alpha and beta hear. */
export const retired = (serial = 'CNB1234567'): Event =>
  eventOf(deviceRetired.draft({ deviceId: randomUUID(), serial, retiredBy: 'admin' }));

/** A command that alpha hears. */
export const retireRequested = (): Event =>
  eventOf(deviceRetireRequested.draft({ deviceId: randomUUID(), requestedBy: 'admin' }));

/** A fact that beta hears. */
export const counted = (): Event => eventOf(seatsCounted.draft(seatsCounted.example));

export const edge = (version: number): Event =>
  eventOf(edgeConfigured.draft({ ...edgeConfigured.example, version }));

export const many = (count: number): readonly Event[] => Array.from({ length: count }, () => retired());

export const idsOf = (messages: readonly unknown[]): readonly string[] =>
  messages.map((message) =>
    typeof message === 'object' && message !== null && 'id' in message ? String(message.id) : 'no id',
  );

/** Takes responsibility for a whole batch, as a delivery does. */
export async function settle(store: Store, batch: Batch): Promise<void> {
  await store.transaction((tx) => batch.settleIn(tx, [...batch.messages.keys()]));
  batch.settled();
}

export interface Gathered {
  readonly subscription: Subscription;
  /** Every message settled so far. */
  readonly messages: readonly unknown[];
  /** Size of each batch. */
  readonly sizes: readonly number[];
}

/** Reads a queue and settles all. */
export async function gather(bus: Bus, store: Store, queue: string): Promise<Gathered> {
  const messages: unknown[] = [];
  const sizes: number[] = [];
  const subscription = await bus.subscribe(queue, async (batch) => {
    await settle(store, batch);
    messages.push(...batch.messages);
    sizes.push(batch.messages.length);
  });
  return { subscription, messages, sizes };
}
