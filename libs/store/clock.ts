// The database's clock: the same for all instances.
import type { Tx } from './store.js';

/** Tests step another one. */
export type Clock = (on: Pick<Tx, 'query'>) => Promise<Date>;

/** What instances agree about: never one of theirs. */
export const databaseClock: Clock = async (on) => {
  const [row] = await on.query<{ now: Date }>('select clock_timestamp() as now');
  return row?.now ?? new Date();
};
