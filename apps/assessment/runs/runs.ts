// Assessments that come by themselves (R63): a schedule leads to runs, a run to child tasks of some devices each.
//
//   runs.ts        what console says of schedules and runs
//   due.ts         which schedule runs now: once for any number of instances
//   run.ts         the parent task of a run: fills it, cuts it, goes from stage to stage, ends it
//   stages.ts      how devices are spread over stages and child tasks, and when a run is stopped (pure)
//   members.ts     which devices a group has
//   chunk.ts       the child task: begins its devices, assesses them all at a time, saves what came of them
//   left-behind.ts what a child task leaves that ends before its devices have
//   begin.ts       whose turn it is: no device is spoken with by two tasks
//   run-task.ts    the two kinds of tasks
//   rows.ts        runs in SQL                 run-devices.ts  their devices in SQL; chunk-devices.ts: of a child task
//   told.ts        what is told of a run
import { NotYet, consumer, nothing, type Decision } from '#bus/consumer';
import type { Event } from '#events/event';
import {
  scheduleBody,
  scheduleCancelRequested,
  scheduleChanged,
  scheduleProgressed,
  scheduleRunRequested,
  type Schedule,
  type ScheduleCancelRequested,
  type ScheduleRunRequested,
} from '#events/schedule';
import type { DocumentChanged } from '#events/document';
import type { Tx } from '#store/store';
import { activeRuns, askCancel, keepSchedules, startRun, type KeptSchedule, type NewRun } from './rows.js';
import { missedRun } from './told.js';

type Heard = DocumentChanged<Schedule> | ScheduleRunRequested | ScheduleCancelRequested;

interface State {
  readonly schedules: Map<string, { readonly version: number; readonly body: Schedule | null }>;
  /** Schedules that have a run which goes on. */
  readonly busy: Set<string>;
}

type Change =
  | { readonly kind: 'schedule'; readonly schedule: KeptSchedule }
  | { readonly kind: 'run'; readonly run: NewRun }
  | { readonly kind: 'cancel'; readonly runId: string; readonly by: string };

export const schedules = consumer<State, Change, Heard>({
  name: 'assessment.schedules',
  on: [scheduleChanged, scheduleRunRequested, scheduleCancelRequested],
  load,
  decide,
  evolve: (state, change) => {
    if (change.kind === 'schedule') state.schedules.set(change.schedule.id, change.schedule);
    if (change.kind === 'run') state.busy.add(change.run.scheduleId);
  },
  save: async (tx, changes) => {
    await keepSchedules(
      tx,
      changes.flatMap((change) => (change.kind === 'schedule' ? [change.schedule] : [])),
    );
    for (const change of changes) {
      if (change.kind === 'run') await startRun(tx, change.run);
      if (change.kind === 'cancel') await askCancel(tx, change.runId, change.by);
    }
  },
});

async function load(tx: Tx, events: readonly Event<Heard>[]): Promise<State> {
  const ids = [
    ...new Set(
      events.flatMap((event) =>
        scheduleChanged.is(event)
          ? [event.data.id]
          : scheduleRunRequested.is(event)
            ? [event.data.scheduleId]
            : [],
      ),
    ),
  ];
  const rows = await tx.query<{ id: string; version: number; body: unknown }>(
    `select id, version, body from assessment.schedule where id = any($1::text[]) order by id for update`,
    [ids],
  );
  return {
    schedules: new Map(
      rows.map(({ id, version, body }) => [
        id,
        { version, body: body === null ? null : scheduleBody.parse(body) },
      ]),
    ),
    busy: await activeRuns(tx, ids),
  };
}

function decide(event: Event<Heard>, state: State): Decision<Change> {
  if (scheduleChanged.is(event)) return written(event, state);
  if (scheduleRunRequested.is(event)) return asked(event, state);
  if (scheduleCancelRequested.is(event)) {
    const { runId, requestedBy } = event.data;
    return { changes: [{ kind: 'cancel', runId, by: requestedBy }], events: [] };
  }
  return nothing;
}

/** Its times count from the moment when it was written: what was due before is no run that was missed. */
function written(event: Event<DocumentChanged<Schedule>>, { schedules }: State): Decision<Change> {
  const { id, version, body } = event.data;
  if ((schedules.get(id)?.version ?? 0) >= version) return nothing;
  const schedule = { id, version, body, until: event.occurredAt };
  return { changes: [{ kind: 'schedule', schedule }], events: [] };
}

function asked(event: Event<ScheduleRunRequested>, { schedules, busy }: State): Decision<Change> {
  const { runId, scheduleId, requestedBy } = event.data;
  const known = schedules.get(scheduleId);
  if (!known) throw new NotYet(`the schedule ${scheduleId} has not come here yet`);
  if (!known.body) return nothing;
  const cause = { id: event.id, traceparent: event.traceparent };
  const run: NewRun = { id: runId, scheduleId, body: known.body, dueAt: null, requestedBy, cause };
  if (!busy.has(scheduleId)) return { changes: [{ kind: 'run', run }], events: [] };
  const missed = missedRun(run, 'another run of it still goes on', event.occurredAt);
  return { changes: [], events: [scheduleProgressed.draft(missed)] };
}
