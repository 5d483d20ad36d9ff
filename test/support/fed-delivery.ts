// A service's consumers under the real delivery on a real database, fed by hand: what the bus would bring is given to
// `feed`, what the service tells is read from its outbox.
import { metrics } from '@opentelemetry/api';
import { afterAll } from 'vitest';
import type { Batch, Bus } from '#bus/bus';
import type { Consumer, Note } from '#bus/consumer';
import { Delivery } from '#bus/delivery';
import { stamp, type Draft, type Event, type EventDefinition } from '#events/event';
import { migrate } from '#store/migrate';
import { openEmbedded, openPostgres } from '#store/open';
import { Store, type Database } from '#store/store';
import { outboxBus } from './outbox-bus.js';
import { freshDatabase } from './servers.js';

/** What Muster runs on. */
export const databases: Readonly<Record<string, () => Promise<Database>>> = {
  PostgreSQL: async () => openPostgres({ url: await freshDatabase() }),
  PGlite: () => openEmbedded({ dir: null }),
};

const opened = new Map<string, Promise<Database>>();
afterAll(async () => {
  for (const database of opened.values()) await (await database).close();
});

/** The schema of one service, new and empty; the database itself is kept for the whole test file. */
export async function openFor(name: string, schema: string): Promise<Store> {
  const open = databases[name];
  if (!open) throw new Error(`there is no database ${name}`);
  const opening = opened.get(name) ?? open();
  opened.set(name, opening);
  const database = await opening;
  await database.query(`drop schema if exists ${schema} cascade`);
  await migrate(database, [schema]);
  return new Store(database, schema);
}

let sequence = 0;

/** An event as another service published it: later ones have higher sequence numbers. */
export function published<D>(draft: Draft<D>, stamped: Partial<Event<D>> = {}): Event<D> {
  sequence += 1;
  const by = { publisher: draft.definition.publisher, sequence, occurredAt: new Date().toISOString() };
  return { ...stamp(draft, { ...by, causedBy: null, traceparent: null }), ...stamped };
}

export interface Fed {
  /** Resolves when the batch is committed; rejects when nothing was. */
  feed(...events: readonly Event[]): Promise<void>;
  /** Everything told so far, of one type, in order. */
  told<D>(definition: EventDefinition<D>): Promise<readonly D[]>;
  /** Why deliveries are parked. */
  parked(): Promise<readonly string[]>;
  /** Why nothing is handled now. */
  problem(): string | null;
  /** What the log was told of it, in order. */
  noted(): readonly Note[];
  stop(): Promise<void>;
}

export async function startFed(store: Store, consumers: readonly Consumer[]): Promise<Fed> {
  let facts: ((batch: Batch) => Promise<void>) | null = null;
  const bus: Bus = {
    ...outboxBus,
    subscribe: (queue, handle) => {
      if (queue.endsWith('.facts')) facts = handle;
      return Promise.resolve({ stop: () => Promise.resolve() });
    },
  };
  const quiet = (): void => undefined;
  const notes: Note[] = [];
  const note = (fields: object, message: string): void => void notes.push({ fields, message });
  const log = { info: note, warn: quiet, error: quiet };
  const meter = metrics.getMeter('test');
  const delivery = new Delivery({ service: store.schema, store, bus, consumers, log, meter });
  await delivery.start();
  return {
    noted: () => notes,
    problem: () => delivery.problem(),
    feed: (...events) =>
      new Promise((settled, reject) => {
        const abandon = (): void => reject(new Error(delivery.problem() ?? 'abandoned'));
        const batch: Batch = { messages: events, settleIn: () => Promise.resolve(), settled, abandon };
        facts?.(batch).catch(reject);
      }),
    told: async <D>({ type, schema }: EventDefinition<D>) => {
      const rows = await store.query<{ event: Event }>(
        `select event from ${store.schema}.outbox where event->>'type' = $1 order by sequence`,
        [type],
      );
      return rows.map(({ event }) => schema.parse(event.data));
    },
    parked: async () =>
      (await store.query<{ reason: string }>(`select reason from ${store.schema}.parked`)).map(
        (row) => row.reason,
      ),
    stop: () => delivery.stop(),
  };
}
