// Devices made anew from the journal, while everything runs: after an upgrade that mends a rule or a sentence.
//
//   rebuild.ts  the task: read the journal, then make device by device; whoever takes it over goes on
//   run.ts      the row of it: asked, where it is, how it ended
//   staged.ts   events set aside: of the journal, and of the feed since
//   make.ts     some devices in one transaction, locked as live locks them
//   fold.ts     one device from its events, pure
import * as z from 'zod';
import type { Bus } from '#bus/bus';
import { worker, type Grip, type Worker } from '#bus/worker';
import { reasonOf } from '#store/failure';
import type { Store, Tx } from '#store/store';
import { makeSome } from './make.js';
import { beginMaking, beginRound, clearSome, end, hold, task, type Run } from './run.js';
import { aboutDevices, copyFeed, stage } from './staged.js';

export interface Rebuilding {
  readonly store: Store;
  readonly bus: Bus;
}

/** Rows of the feed taken in a transaction that holds no device. */
const feedRows = 2_000;
/** Rounds of one attempt: each is for devices whose news the feed lacks. */
const roundsMax = 5;
const runMaxMs = 24 * 3_600_000;

export function rebuildWorker(on: Rebuilding): Worker {
  return worker({
    kind: task.kind,
    budget: task.budget,
    keyIs: 'projection',
    limit: () => Promise.resolve(1),
    // Where it is stands in console.rebuild.
    payload: z.unknown(),
    retryDelaysMs: [5_000, 30_000, 60_000, 300_000],
    runMaxMs,
    run: async (_, grip) => {
      await rebuild(on, grip);
      return { events: [], save: (tx) => end(tx, null) };
    },
    failed: (_, error) => ({ events: [], save: (tx) => end(tx, reasonOf(error).slice(0, 1_000)) }),
  });
}

/** Begins, or goes on where another process ended. Each transaction by itself leaves all as it should be. */
export async function rebuild(on: Rebuilding, grip: Grip): Promise<void> {
  /** Null when nothing is asked for any more. */
  const step = async <T>(work: (tx: Tx, run: Run) => Promise<T>): Promise<T | null> => {
    await grip.check();
    return on.store.transaction(async (tx) => {
      const run = await hold(tx);
      return run && work(tx, run);
    });
  };
  const clear = async (): Promise<void> => {
    while (await step(clearSome));
  };
  // Of one before, which failed.
  if ((await step((_, run) => Promise.resolve(run.phase))) === 'waiting') await clear();
  for (let round = 1; round <= roundsMax; round += 1) {
    const run = await step(async (tx, found) => {
      if (found.phase === 'waiting') await beginRound(tx);
      return hold(tx);
    });
    if (!run) return;
    if (run.phase !== 'making') await readJournal(on, run, grip, step);
    if ((await makeAll(step)) === 0) return clear();
    await step(beginRound);
  }
  throw new Error('some devices have news faster than the journal can be read');
}

type InStep = <T>(work: (tx: Tx, run: Run) => Promise<T>) => Promise<T | null>;

async function readJournal({ bus }: Rebuilding, { since }: Run, { signal }: Grip, step: InStep) {
  await step((tx) => tx.query('update console.rebuild set events_read = 0'));
  await bus.readJournal({ since, to: null, signal }, async (page) => {
    await step((tx) => stage(tx, page.length, aboutDevices(page)));
  });
  await step(beginMaking);
}

/** Resolves to how many devices need another round. */
async function makeAll(step: InStep): Promise<number> {
  for (;;) {
    const copied = await step((tx, run) => copyFeed(tx, run, feedRows));
    if (copied && !copied.gap && copied.left > feedRows) continue;
    const made = copied?.gap ? 'gap' : await step(makeSome);
    if (made !== 'done') break;
  }
  const rows = await step((tx) => tx.query('select 1 from console.rebuild_device limit 1'));
  return rows?.length ?? 0;
}
