// What Muster changed on devices, task by task, and what a dry run says that it would change.
import type { AssessmentFinished } from '#events/assessment';
import type { SettingChange } from '#events/device-setting';
import type { AssessmentUndone } from '#events/undo';
import type { Event } from '#events/event';
import type { Store, Tx } from '#store/store';
import type { Cause } from '../../../libs/answers/devices.js';

interface Made extends SettingChange {
  readonly kind: 'changed';
  readonly deviceId: string;
  readonly taskId: string;
  readonly place: number;
  readonly cause: Cause;
}

interface Undone {
  readonly kind: 'undone';
  /** Whose changes were put back. */
  readonly taskId: string;
  readonly by: string;
  readonly settings: readonly string[];
}

interface Newest {
  readonly deviceId: string;
  readonly sequence: number;
  readonly body: AssessmentFinished;
}

/** Against policies. */
interface Foreseen extends Newest {
  readonly kind: 'foreseen';
}

/** All that a device is set to. */
interface ReadOut extends Newest {
  readonly kind: 'readOut';
}

export type ChangedChange = Made | Undone | Foreseen | ReadOut;

type Ended = Pick<AssessmentFinished, 'deviceId' | 'taskId' | 'changes'>;

const made = ({ deviceId, taskId, changes }: Ended, cause: Cause): readonly Made[] =>
  changes.map((change, place) => ({ kind: 'changed', deviceId, taskId, place, cause, ...change }));

/** What an event of a task says of who or what it is for. */
export type AskedFor = Pick<AssessmentFinished, 'trigger' | 'requestedBy' | 'runId' | 'schedule'>;

export const causeOf = ({ trigger, requestedBy, runId, schedule }: AskedFor): Cause => ({
  trigger,
  requestedBy,
  run: runId === undefined || !schedule ? null : { runId, ...schedule },
});

export function assessedChanges({ data, sequence }: Event<AssessmentFinished>): readonly ChangedChange[] {
  const { deviceId, mode, policies } = data;
  if (mode !== 'dryRun') return made(data, causeOf(data));
  const newest = { deviceId, sequence, body: data };
  return [policies.length === 0 ? { kind: 'readOut', ...newest } : { kind: 'foreseen', ...newest }];
}

export function undoneChanges(data: AssessmentUndone): readonly ChangedChange[] {
  const restored = data.items.filter(({ outcome }) => outcome === 'restored');
  const settings = restored.map(({ setting }) => setting);
  const cause: Cause = { trigger: 'requested', requestedBy: data.requestedBy, run: null };
  return [...made(data, cause), { kind: 'undone', taskId: data.undoes, by: data.taskId, settings }];
}

interface All {
  readonly made: readonly Made[];
  readonly undone: readonly Undone[];
  readonly foreseen: readonly Foreseen[];
  readonly readOut: readonly ReadOut[];
}

export async function saveChanges(tx: Tx, { made: all, undone, foreseen, readOut }: All): Promise<void> {
  // Two events of a task may tell of one setting: the later counts.
  const rows = [...new Map(all.map((one) => [`${one.taskId} ${one.setting}`, one])).values()];
  if (rows.length > 0) {
    await tx.query(
      `insert into console.change (task_id, setting, device_id, place, title, before, after, driver, verified, at, cause)
       select "taskId", setting, "deviceId", place, title, before, after, driver, verified, at, cause
       from jsonb_to_recordset($1::jsonb) as r("taskId" uuid, setting text, "deviceId" uuid, place int, title text,
         before jsonb, after jsonb, driver text, verified boolean, at timestamptz, cause jsonb) order by "taskId", setting
       on conflict (task_id, setting) do update set after = excluded.after, driver = excluded.driver,
         verified = excluded.verified, at = excluded.at`,
      [JSON.stringify(rows)],
    );
  }
  for (const { taskId, by, settings } of undone) {
    await tx.query(
      `update console.change set undone_by = $2 where task_id = $1 and setting = any($3::text[])`,
      [taskId, by, settings],
    );
  }
  await saveNewest(tx, 'dry_run', foreseen);
  await saveNewest(tx, 'readout', readOut);
  // What was read before still holds where it could not be read again.
  await saveNewest(
    tx,
    'reading',
    readOut.filter(({ body }) => wasRead(body)),
  );
}

const wasRead = ({ outcome }: AssessmentFinished): boolean =>
  outcome === 'compliant' || outcome === 'nonCompliant';

type Table = 'dry_run' | 'readout' | 'reading';

async function saveNewest(tx: Tx, table: Table, rows: readonly Newest[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `insert into console.${table} as d (device_id, sequence, body)
     select distinct on ("deviceId") "deviceId", sequence, body
     from jsonb_to_recordset($1::jsonb) as r("deviceId" uuid, sequence bigint, body jsonb)
     order by "deviceId", sequence desc
     on conflict (device_id) do update set sequence = excluded.sequence, body = excluded.body
       where d.sequence < excluded.sequence`,
    [JSON.stringify(rows)],
  );
}

/** Of the newest dry run. */
export const readForeseen = (store: Store, deviceId: string): Promise<AssessmentFinished | null> =>
  newestIn(store, 'dry_run', deviceId);

/** What it said to that the last time that it could be read. */
export const readReading = (store: Store, deviceId: string): Promise<AssessmentFinished | null> =>
  newestIn(store, 'reading', deviceId);

/** Of the newest time that all its settings were asked for. */
export const readReadOut = (store: Store, deviceId: string): Promise<AssessmentFinished | null> =>
  newestIn(store, 'readout', deviceId);

async function newestIn(store: Store, table: Table, deviceId: string): Promise<AssessmentFinished | null> {
  const [row] = await store.query<{ body: AssessmentFinished }>(
    `select body from console.${table} where device_id = $1`,
    [deviceId],
  );
  return row?.body ?? null;
}

/** A dry run as it is shown. */
export const foreseenOf = ({
  taskId,
  outcome,
  detail,
  finishedAt,
  policies,
  results,
}: AssessmentFinished) => ({
  taskId,
  outcome,
  detail,
  finishedAt,
  policies,
  changes: results
    .filter(({ wouldWrite }) => wouldWrite)
    .map(({ setting, title, before, required, driver = null }) => ({
      setting,
      title,
      before,
      after: required,
      driver,
    })),
});

/** Of all its settings, as it is told: GET /api/devices/{id}/policy has them. */
export const readOutOf = ({ taskId, outcome, detail, finishedAt }: AssessmentFinished) => ({
  taskId,
  outcome,
  detail,
  finishedAt,
});
