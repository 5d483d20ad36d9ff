// What assessment tells of runs, kept for the page. The newest word counts, in whatever order they come.
import { scheduleProgressed, type ScheduleProgressed } from '#events/schedule';
import type { Event } from '#events/event';
import type { Tx } from '#store/store';

export interface RunChange {
  readonly kind: 'run';
  readonly sequence: number;
  readonly body: ScheduleProgressed;
}

export const runChanges = (event: Event): readonly RunChange[] =>
  scheduleProgressed.is(event) ? [{ kind: 'run', sequence: event.sequence, body: event.data }] : [];

export async function saveRuns(tx: Tx, changes: readonly RunChange[]): Promise<void> {
  if (changes.length === 0) return;
  const newest = new Map<string, RunChange>();
  for (const change of changes) {
    const other = newest.get(change.body.runId);
    if (!other || other.sequence < change.sequence) newest.set(change.body.runId, change);
  }
  await tx.query(
    `insert into console.run as r (id, schedule_id, sequence, ended_at, body)
     select (body->>'runId')::uuid, body->>'scheduleId', sequence, (body->>'endedAt')::timestamptz, body
     from jsonb_to_recordset($1::jsonb) as n(sequence bigint, body jsonb) order by body->>'runId'
     on conflict (id) do update set sequence = excluded.sequence, ended_at = excluded.ended_at, body = excluded.body
       where r.sequence < excluded.sequence`,
    [JSON.stringify([...newest.values()])],
  );
}
