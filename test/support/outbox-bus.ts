// A bus without a broker: what a service tells stays in its outbox, and nothing comes.
import type { Bus } from '#bus/bus';
import { saveOutbox } from '#store/outbox';

export const outboxBus: Bus = {
  system: 'muster',
  record: (tx, schema, events) => saveOutbox(tx, schema, events),
  publish: () => Promise.reject(new Error('a service with a database records')),
  subscribe: () => Promise.resolve({ stop: () => Promise.resolve() }),
  follow: () => Promise.reject(new Error('nothing to follow')),
  readJournal: () => Promise.reject(new Error('nothing to read')),
  loads: () => Promise.resolve([]),
  status: () => ({ connected: true, problem: null }),
  stop: () => Promise.resolve(),
};
