// What a service keeps of deleted devices, so that word of them which comes late changes nothing.
import type { Tx } from './store.js';

/** Far longer than an event is under way, or parked before somebody looks at it. */
const retiredDays = 90;
/** Rows that one call deletes at most. */
const rowsMax = 1000;

/**
 * Deletes rows whose `retired_at` is long ago. Called where devices are retired, so that what is left of them stays in
 * proportion to what is deleted in that time.
 */
export async function forgetRetired(tx: Tx, table: string): Promise<void> {
  await tx.query(
    `delete from ${table} where ctid = any(array(
       select ctid from ${table} where retired_at < now() - make_interval(days => $1) limit $2 for update skip locked))`,
    [retiredDays, rowsMax],
  );
}
