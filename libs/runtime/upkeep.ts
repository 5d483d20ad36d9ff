// What every service's tables need beside its events: ids of deliveries are forgotten once no repeat can come any more.
import { purge } from '../store/inbox.js';
import type { Store } from '../store/store.js';
import { repeat, type Repeated } from './repeat.js';
import type { Running } from './service.js';

const everyMs = 3_600_000;
/** Not while a process starts, and not in all processes at once. */
const firstMs = 60_000;
/** Rows in one transaction. */
const batchRows = 1_000;

export interface Upkeep {
  readonly store: Store;
  readonly log: Repeated['log'];
  /** Before the first time. */
  readonly firstMs?: number;
}

/** Runs until it is stopped. */
export function keepUp({ store, log, firstMs: first = firstMs * (0.5 + Math.random()) }: Upkeep): Running {
  const work = () => store.transaction((tx) => purge(tx, store.schema, batchRows));
  return repeat({ name: `inbox of ${store.schema}`, everyMs, firstMs: first, work, log });
}
