// The task that sends what waits for one listener. There is one at a time for each listener, and room for all of them, so
// that a listener that is slow, down or hostile delays no other (R72).
import * as z from 'zod';
import { worker, type Finish, type Grip, type Worker } from '#bus/worker';
import type { Line } from '#announce/announce';
import { backOffMs, type Pauses } from '#events/back-off';
import type { Store } from '#store/store';
import { countEnabled, deliver, loadListener, nextCopies, saveSettled } from './rows.js';
import { connectTo, said, send, together, type OwnIdentity, type Sent } from './send.js';

const payload = z.object({ listenerId: z.string() });

/** After that a run makes room for another process's; the rest is sent by the next one. */
const runLimitMs = 20_000;
const lookAheadMax = 64;
const pauses: Pauses = { firstMs: 1_000, maxMs: 30_000 };

export interface Delivering {
  readonly store: Store;
  readonly own: OwnIdentity;
}

export function deliverWorker(on: Delivering): Worker {
  return worker<z.infer<typeof payload>>({
    ...deliver,
    keyIs: 'listener',
    limit: async (tx) => Math.max(1, await countEnabled(tx)),
    payload,
    retryDelaysMs: [],
    run: async ({ payload: { listenerId } }, grip) => {
      const againAfterMs = await run(on, listenerId, grip);
      return againAfterMs === null ? done : again(againAfterMs);
    },
    failed: (_, error) => (error.name === 'TaskCancelled' ? done : again(pauses.maxMs)),
  });
}

const done: Finish = { events: [] };
const again = (afterMs: number): Finish => ({ events: [], againAt: new Date(Date.now() + afterMs) });

/** Resolves to when there is more to do, or null. */
async function run({ store, own }: Delivering, listenerId: string, grip: Grip): Promise<number | null> {
  const listener = await loadListener(store, listenerId);
  if (!listener) return null;
  const settle = (sent: Omit<Sent, 'retryAfterMs'>): Promise<void> =>
    store.transaction((tx) => saveSettled(tx, listenerId, sent));
  const end = Date.now() + runLimitMs;
  let line: Line | null = null;
  try {
    while (Date.now() < end) {
      const copies = together(await nextCopies(store, listenerId, lookAheadMax));
      if (copies.length === 0) return null;
      line ??= await connectTo(listener.body, own, grip.signal);
      await grip.check();
      const sent = await send(line, copies);
      grip.signal.throwIfAborted();
      await settle(sent);
      if (sent.failure !== null)
        return Math.max(sent.retryAfterMs ?? 0, backOffMs(listener.failures + 1, pauses));
      if (!line.open) line = null;
    }
    return 0;
  } catch (error) {
    grip.signal.throwIfAborted();
    await settle({ delivered: [], dropped: [], failure: said(error) });
    return backOffMs(listener.failures + 1, pauses);
  } finally {
    line?.close();
  }
}
