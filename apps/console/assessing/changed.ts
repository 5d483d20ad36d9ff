// What Muster has changed on a device, as it is shown: by whole tasks, as each of them is put back whole.
import { secretSettings } from '#device/catalogue';
import type { SettingChange } from '#events/device-setting';
import type { Store } from '#store/store';
import * as z from 'zod';
import type { Answer } from '#answers/answers';
import { pageOf, pageQuery, type Page } from '../http/resource.js';

const place = z.tuple([z.iso.datetime(), z.uuid()]);

/** `limit` and `after` count tasks: one of them may have changed hundreds of settings. */
export const changedQuery = pageQuery.pick({ after: true }).extend({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: pageQuery.shape.after.refine(
    (after) => after === '' || place.safeParse(after.split('~')).success,
    'must be the `next` of the page before',
  ),
  /** This one alone. */
  task: z.uuid().optional(),
});
export type ChangedQuery = z.infer<typeof changedQuery>;

type ChangedTask = Answer<'ChangeList'>['items'][number];

interface Row extends Omit<SettingChange, 'at'> {
  readonly taskId: string;
  /** Of its last change. */
  readonly taskAt: Date;
  readonly undoes: string[];
  readonly cause: ChangedTask['cause'];
  readonly at: Date;
  readonly undoneBy: string | null;
}

/** The newest task first, each from its first change to its last. */
export async function readChanged(
  store: Store,
  deviceId: string,
  { limit, after, task }: ChangedQuery,
): Promise<Page<ChangedTask>> {
  const [before, beforeId] = after === '' ? [null, null] : after.split('~');
  const tasks = `select task_id, max(at) as at from console.change
    where device_id = $1 and ($2::uuid is null or task_id = $2) group by task_id`;
  const rows = await store.query<Row & Record<string, unknown>>(
    `with task as (
       select * from (${tasks}) as t where $3::timestamptz is null or (at, task_id) < ($3, $4::uuid)
       order by at desc, task_id desc limit $5)
     select task_id as "taskId", task.at as "taskAt", setting, title, before, after, driver, verified, cause, c.at,
       undone_by as "undoneBy", array(select distinct u.task_id from console.change u
         where u.device_id = $1 and u.undone_by = task.task_id) as undoes
     from task join console.change c using (task_id) where device_id = $1
     order by task.at desc, task_id desc, place`,
    [deviceId, task ?? null, before, beforeId, limit + 1],
  );
  const [counted] = await store.query<{ total: number }>(`select count(*) as total from (${tasks}) as t`, [
    deviceId,
    task ?? null,
  ]);
  return pageOf([...Map.groupBy(rows, ({ taskId }) => taskId).values()], {
    limit,
    total: Number(counted?.total ?? 0),
    item: taskOf,
    next: (changes) => `${taskOf(changes).at}~${taskOf(changes).taskId}`,
  });
}

function taskOf(rows: readonly Row[]): ChangedTask {
  const [first] = rows;
  if (!first) throw new Error('a task without a change is none of these');
  const { taskId, taskAt, undoes, cause } = first;
  const changes = rows.map(({ taskId: _, taskAt: __, undoes: ___, cause: ____, at, ...change }) => ({
    ...change,
    at: at.toISOString(),
    secret: secretSettings.has(change.setting),
  }));
  return { taskId, at: taskAt.toISOString(), undoes, cause, changes };
}
