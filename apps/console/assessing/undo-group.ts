// What a group's devices were changed since a moment, to be put back: by task, as each of them is undone.
import { assessmentUndoRequested } from '#events/undo';
import type { Draft } from '#events/event';
import type { Store } from '#store/store';

/** Devices that are asked for in one transaction. */
const stepMax = 200;
/** Tasks of one device, the newest: as many as one task puts back. */
const tasksMax = 20;

export interface Since {
  readonly groupId: string;
  readonly since: Date;
  readonly requestedBy: string;
}

export interface Step {
  /** Devices of which something is asked. */
  readonly devices: number;
  readonly drafts: readonly Draft[];
  /** Where the next step begins; null: all were looked at. */
  readonly next: string | null;
}

/** What undoing has written is no change of its own, and secrets stay as they are: neither is undone. @param after id of the last device of the step before */
export async function nextStep(store: Store, on: Since, after: string | null): Promise<Step> {
  const rows = await store.query<{ deviceId: string; tasks: readonly string[] }>(
    `select d.id as "deviceId", array(
       select c.task_id from console.change c
       where c.device_id = d.id and c.at >= $3 and c.undone_by is null and c.setting not like 'credential.%'
         and not exists (select 1 from console.change u where u.device_id = d.id and u.undone_by = c.task_id)
       group by c.task_id order by max(c.at) desc limit ${tasksMax}) as tasks
     from console.device d
     where d.listed and d.group_ids @> array[$1::text] and ($2::uuid is null or d.id > $2) order by d.id limit ${stepMax}`,
    [on.groupId, after, on.since],
  );
  const { requestedBy } = on;
  // The last that is asked for is the first that is put back: the newest.
  const drafts = rows.flatMap(({ deviceId, tasks }) =>
    tasks.toReversed().map((taskId) => assessmentUndoRequested.draft({ deviceId, taskId, requestedBy })),
  );
  return {
    devices: rows.filter(({ tasks }) => tasks.length > 0).length,
    drafts,
    next: rows.length < stepMax ? null : (rows.at(-1)?.deviceId ?? null),
  };
}
