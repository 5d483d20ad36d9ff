// The end of a task: what its run changes, then its row, then its events. Where its worker allows it, those of tasks that end while
// another end is being saved go together into the next transaction; where that fails, each has one of its own.
import { gathered } from '../store/gathered.js';
import { stampEach, type Cause, type Caused } from '../store/outbox.js';
import type { Store, Tx } from '../store/store.js';
import { again, finish, type Claim } from '../store/task-claims.js';
import type { Bus } from './bus.js';
import { killPoint } from './kill-point.js';
import { LeaseLost } from './lease.js';
import type { Finish, Worker } from './worker.js';

export interface TaskEnd {
  readonly claim: Claim;
  readonly finish: Finish;
  readonly cause: Cause;
}

/** done: the task is gone. again: it waits for its next run. */
export type Saved = 'done' | 'again';
/** Rejects with LeaseLost when the task is somebody else's by now: nothing of it was saved. */
export type SaveEnd = (end: TaskEnd) => Promise<Saved>;

interface Ends {
  readonly store: Store;
  readonly bus: Bus;
  readonly worker: Pick<Worker, 'endsTogether'>;
}

export const taskEnds = ({ store, bus, worker }: Ends): SaveEnd => {
  const save = async (ends: readonly TaskEnd[]): Promise<(end: TaskEnd) => Saved> => {
    // Rows are locked in the order in which consumers lock them.
    const inOrder = ends.toSorted((a, b) => (a.claim.task.key < b.claim.task.key ? -1 : 1));
    const saved = await store.transaction(async (tx) => {
      tx.afterCommit(() => killPoint('committed'));
      const all = new Map<TaskEnd, Saved>();
      const told: Caused[] = [];
      for (const end of inOrder) {
        const { saved: how, events } = await saveEnd(tx, store.schema, end);
        all.set(end, how);
        told.push(...events);
      }
      if (told.length > 0) await bus.record(tx, store.schema, await stampEach(tx, store.schema, told));
      return all;
    });
    return (end) => saved.get(end) ?? 'done';
  };
  return worker.endsTogether ? gathered(save) : async (end) => (await save([end]))(end);
};

/** Rows of the service are locked before task rows, as its consumers do it. */
async function saveEnd(
  tx: Tx,
  schema: string,
  { claim, finish: ending, cause }: TaskEnd,
): Promise<{ readonly saved: Saved; readonly events: readonly Caused[] }> {
  await ending.save?.(tx);
  const settled = await ending.settle?.(tx);
  const { againAt } = settled ?? ending;
  const afterMs = againAt ? againAt.getTime() - Date.now() : null;
  const held =
    afterMs === null
      ? await finish(tx, schema, claim)
      : await again(tx, schema, claim, { afterMs, because: 'anew' });
  if (!held) throw new LeaseLost('another instance has the task');
  const drafts = [...ending.events, ...(settled?.events ?? [])];
  return {
    saved: againAt ? 'again' : 'done',
    events: drafts.map((draft) => ({ draft, cause })),
  };
}
