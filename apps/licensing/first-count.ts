// Before anything happened nobody has said how many seats there are: licensing does, when it starts.
import type { Bus } from '#bus/bus';
import { seatsCounted } from '#events/licence';
import { noCause, stampDrafts } from '#store/outbox';
import type { Store } from '#store/store';
import { loadSeats } from './rows.js';
import { count } from './seats.js';

/** Tells the count as long as no device and no licence has come, with which it is told. */
export async function tellFirstCount(store: Store, bus: Pick<Bus, 'record'>): Promise<void> {
  await store.transaction(async (tx) => {
    const seats = await loadSeats(tx, { deviceIds: [], withWaiting: false });
    const [row] = await tx.query<{ untouched: boolean }>(
      `select not exists (select 1 from licensing.device)
         and not exists (select 1 from licensing.pool where version > 0) as untouched`,
    );
    if (!row?.untouched) return;
    await bus.record(
      tx,
      'licensing',
      await stampDrafts(tx, 'licensing', [seatsCounted.draft(count(seats))], noCause),
    );
  });
}
