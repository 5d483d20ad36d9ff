// The seats of a real service on RabbitMQ and PostgreSQL, and events among which some are poison.
import { randomUUID } from 'node:crypto';
import { metrics } from '@opentelemetry/api';
import type { Bus } from '#bus/bus';
import { Delivery } from '#bus/delivery';
import { openRabbit } from '#bus/rabbit';
import { declareTopology } from '#bus/rabbit/declare';
import { topologyOf } from '#bus/topology';
import { catalogue } from '#events/catalogue';
import { deviceDiscovered } from '#events/device';
import type { Event } from '#events/event';
import { migrate } from '#store/migrate';
import { openPostgres } from '#store/open';
import { Store, type Database } from '#store/store';
import { seats } from '../../apps/licensing/consumer.js';
import { said } from '../support/said.js';
import { silentLog } from '../support/silent.js';

/** unreadable: its data lacks what its type needs. refused: the database refuses what follows from it, until it is mended. */
export type Poison = 'unreadable' | 'refused';

export interface Seating {
  readonly bus: Bus;
  readonly database: Database;
  /** On its way to the service, whether it runs or not: every hundredth is poison. */
  publish(count: number, poison: Poison | null): Promise<readonly Event[]>;
  /** The service takes what waits for it. */
  run(): Promise<Delivery>;
  /** Devices that have a seat. */
  seated(): Promise<number>;
  /** The database refuses the devices of 'refused' poison, or does no longer. */
  curse(): Promise<void>;
  mend(): Promise<void>;
  stop(): Promise<void>;
}

/** @param where addresses of an empty vhost and an empty database */
export async function openSeating(where: {
  readonly vhost: string;
  readonly database: string;
}): Promise<Seating> {
  const topology = topologyOf(catalogue.values(), [{ service: 'licensing', on: seats.on }]);
  await declareTopology({ urls: [where.vhost] }, topology);
  const database = await openPostgres({ url: where.database });
  await migrate(database, ['licensing']);
  await database.query('update licensing.pool set seats = 1000000');
  const store = new Store(database, 'licensing');
  const bus = await openRabbit({ urls: [where.vhost], name: 'licensing', store, log: silentLog });
  const deliveries = new Set<Delivery>();
  const parts = { service: 'licensing', store, bus, consumers: [seats], log: silentLog };
  return {
    bus,
    database,
    publish: async (count, poison) => {
      const events = Array.from({ length: count }, (_, n) => discovered(n, n % 100 === 50 ? poison : null));
      for (let start = 0; start < count; start += 1_000)
        await bus.publish(events.slice(start, start + 1_000));
      return events;
    },
    run: async () => {
      const delivery = new Delivery({ ...parts, meter: metrics.getMeter('poison') });
      deliveries.add(delivery);
      await delivery.start();
      return delivery;
    },
    seated: async () => {
      const [row] = await database.query<{ taken: number }>('select taken from licensing.pool');
      return row?.taken ?? 0;
    },
    curse: () =>
      query(
        database,
        `alter table licensing.device add constraint no_curse check (fact->'identity'->>'serial' not like 'CURSED%')`,
      ),
    mend: () => query(database, 'alter table licensing.device drop constraint no_curse'),
    stop: async () => {
      await Promise.all([...deliveries].map((delivery) => delivery.stop()));
      await bus.stop();
      await database.close();
    },
  };
}

async function query(database: Database, sql: string): Promise<void> {
  await database.query(sql);
}

function discovered(n: number, poison: Poison | null): Event {
  const serial = `${poison === 'refused' ? 'CURSED' : 'FINE'}-${n}`;
  const { identity } = deviceDiscovered.example;
  const data = { ...deviceDiscovered.example, deviceId: randomUUID(), identity: { ...identity, serial } };
  const event = said('discovery', deviceDiscovered.draft(data));
  return poison === 'unreadable' ? { ...event, data: { serial } } : event;
}
