// What a group's devices were changed since a moment, to be put back: by task, as each of them is undone.
import { secretSettings } from '#device/catalogue';
import { assessmentUndoRequested } from '#events/undo';
import type { Store } from '#store/store';
import type { Request } from './requests.js';

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
  readonly requests: readonly Request[];
  /** Where the next step begins; null: all were looked at. */
  readonly next: string | null;
}

/** What undoing has written is no change of its own, and secrets stay as they are: neither is undone. @param after id of the last device of the step before */
export async function nextStep(store: Store, on: Since, after: string | null): Promise<Step> {
  const rows = await store.query<{ deviceId: string; serial: string; tasks: readonly string[] }>(
    `select d.id as "deviceId", d.serial, array(
       select c.task_id from console.change c
       where c.device_id = d.id and c.at >= $3 and c.undone_by is null and c.setting <> all($4)
         and not exists (select 1 from console.change u where u.device_id = d.id and u.undone_by = c.task_id)
       group by c.task_id order by max(c.at) desc limit ${tasksMax}) as tasks
     from console.device d
     where d.listed and d.group_ids @> array[$1::text] and ($2::uuid is null or d.id > $2) order by d.id limit ${stepMax}`,
    [on.groupId, after, on.since, [...secretSettings]],
  );
  const { requestedBy } = on;
  // The last that is asked for is the first that is put back: the newest.
  const requests = rows.flatMap(({ deviceId, serial, tasks }) =>
    tasks.toReversed().map((taskId): Request => {
      const request = assessmentUndoRequested.draft({ deviceId, taskId, requestedBy });
      return { request, serial, undoes: taskId };
    }),
  );
  return {
    requests,
    next: rows.length < stepMax ? null : (rows.at(-1)?.deviceId ?? null),
  };
}
