// Which schedule runs now. Its times are those of the database's clock, the same for all instances, and the row of a schedule is
// locked while it is decided: each time leads to one run at most.
import { randomUUID } from 'node:crypto';
import type { Bus } from '#bus/bus';
import { decideDue, isTimeZone } from '#documents/schedule';
import { scheduleProgressed } from '#events/schedule';
import { databaseClock, type Clock } from '#store/clock';
import { noCause, stampDrafts } from '#store/outbox';
import type { Store } from '#store/store';
import {
  activeRuns,
  decidedUntil,
  enabledSchedules,
  holdSchedule,
  startRun,
  type ScheduleRow,
} from './rows.js';
import { missedRun } from './told.js';

export interface Deciding {
  readonly store: Store;
  readonly bus: Pick<Bus, 'record'>;
  /** The database's own, unless told otherwise. */
  readonly clock?: Clock;
}

/** Resolves to how many runs were begun. */
export async function runDue(deciding: Deciding): Promise<number> {
  const { store, clock = databaseClock } = deciding;
  const now = await clock(store);
  let begun = 0;
  for (const schedule of await enabledSchedules(store)) {
    if (!isDecided(schedule, now)) begun += await decideOne(deciding, schedule.id);
  }
  return begun;
}

/** A zone that this build does not know has no times: console refuses it, unless its own build knows more. */
function isDecided({ body, until }: ScheduleRow, now: Date): boolean {
  if (!isTimeZone(body.timeZone)) return true;
  const decided = decideDue(body, until, now);
  return decided.until.getTime() === until.getTime();
}

function decideOne({ store, bus, clock = databaseClock }: Deciding, id: string): Promise<number> {
  return store.transaction(async (tx) => {
    const schedule = await holdSchedule(tx, id);
    if (!schedule) return 0;
    const now = await clock(tx);
    const { until, due, missed } = decideDue(schedule.body, schedule.until, now);
    if (until.getTime() !== schedule.until.getTime()) await decidedUntil(tx, id, until);
    const dueAt = due ?? missed;
    if (!dueAt) return 0;
    const run = {
      id: randomUUID(),
      scheduleId: id,
      body: schedule.body,
      dueAt,
      requestedBy: null,
      cause: noCause,
    };
    const busy = (await activeRuns(tx, [id])).size > 0;
    if (due && !busy) {
      await startRun(tx, run);
      return 1;
    }
    const why = due
      ? 'the run before it still goes on'
      : 'Muster was not running then, and it is too late now';
    const told = scheduleProgressed.draft(missedRun(run, why, now.toISOString()));
    await bus.record(tx, store.schema, await stampDrafts(tx, store.schema, [told], noCause));
    return 0;
  });
}
