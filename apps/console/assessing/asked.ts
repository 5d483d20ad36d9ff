// What operators asked of devices: who asked by an entry of the audit log, and the task that came of it, once assessment has told.
import { assessmentQueued } from '#events/assessment';
import type { Draft, Event } from '#events/event';
import type { Tx } from '#store/store';

/** Requests about devices, in the transaction that puts them on the bus. */
export async function keepAsked(tx: Tx, entry: number, drafts: readonly Draft[]): Promise<void> {
  const rows = drafts.map(({ id, definition, data }) => ({
    request: id,
    device: definition.subjectOf(data),
  }));
  await tx.query(
    `insert into console.asked (request, audit, device_id)
     select request, $1, device from jsonb_to_recordset($2::jsonb) as r(request uuid, device uuid)`,
    [entry, JSON.stringify(rows)],
  );
}

export interface AnsweredChange {
  readonly kind: 'answered';
  readonly request: string;
  readonly taskId: string;
}

/** A task that a request has made, or joined. */
export const answeredChanges = (event: Event): readonly AnsweredChange[] =>
  assessmentQueued.is(event) && event.causedBy !== null && event.data.requestedBy.length > 0
    ? [{ kind: 'answered', request: event.causedBy, taskId: event.data.taskId }]
    : [];

export async function saveAnswered(tx: Tx, changes: readonly AnsweredChange[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(
    `with held as (select request from console.asked where request = any($1::uuid[]) order by request for update)
     update console.asked a set task_id = r.task
     from held join unnest($1::uuid[], $2::uuid[]) as r(request, task) using (request) where a.request = held.request`,
    [changes.map(({ request }) => request), changes.map(({ taskId }) => taskId)],
  );
}
