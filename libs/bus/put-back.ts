// Events put on one queue again, past the exchange: nobody else gets them, and the journal does not keep them twice.
// Whoever took one already knows it by its inbox.
import type { Event } from '../events/event.js';
import type { Database } from '../store/store.js';

export interface PutBack {
  /** Resolves when the queue has them, and to how many that are: an embedded bus leaves out what waits there already. */
  put(events: readonly Event[]): Promise<number>;
  close(): Promise<void>;
}

/** The queue of an embedded Muster that does not run: rows put behind a reader's back would be passed over. */
export function putBackEmbedded(database: Database, queue: string): PutBack {
  return {
    put: async (events) => {
      const rows = await database.query(
        `insert into bus.delivery (queue, seq) select $1, seq from bus.event where id = any($2::uuid[])
         order by seq on conflict do nothing returning seq`,
        [queue, events.map(({ id }) => id)],
      );
      return rows.length;
    },
    close: () => Promise.resolve(),
  };
}
