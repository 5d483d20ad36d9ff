// What Muster has changed on devices, kept before each write, so that it can be told and put back whatever happens then.
import { settingChange, type SettingChange, settingValue } from '#events/device-setting';
import { secretSettings, settingsCatalogue } from '#device/catalogue';
import { ipsecRulesKey, type SentRule } from '#device/ipsec';
import { ipsecText, ipsecTitle } from '#documents/ipsec/item';
import { settingsChanged } from '#events/settings';
import { gathered } from '#store/gathered';
import type { Tx } from '#store/store';
import * as z from 'zod';
import type { Change, Kept } from './write.js';

/** Of each device the newest are kept. */
const changesMax = 1_000;
/** Of one task. */
const toldMax = 500;

export interface ByTask {
  readonly deviceId: string;
  readonly taskId: string;
}

type Store = Pick<Tx, 'query'>;

/** What a task is about to write. */
interface Keeping extends ByTask {
  readonly changes: readonly Change[];
  /** An operator asks for it by name: it is kept while Allow Automatic Remediation is off as well. */
  readonly asked?: boolean;
}

/** Null: it is kept for good. Else why nothing may be written, and nothing is kept. */
export type Keep = (of: Keeping) => Promise<string | null>;

const switchedOff = 'Allow Automatic Remediation is off: only reported';

/** The switch is asked by the statement that keeps. Of a setting that the task has changed before, what it was at first stays. */
export const keeper = (on: Store): Keep =>
  gathered(async (all: readonly Keeping[]) => {
    // Devices in the order in which all others lock them.
    const [row] = await on.query<{ on: boolean }>(
      `with switch as (select coalesce((select (body->>'allowRemediation')::boolean from assessment.document
         where kind = $2 and id = $2), false) as on),
       kept as (
         insert into assessment.change (device_id, task_id, setting, before, after, driver)
         select "deviceId", "taskId", one->>'setting', one->'before', one->'after', one->>'driver'
         from switch, jsonb_to_recordset($1::jsonb) as k("deviceId" uuid, "taskId" uuid, asked boolean, changes jsonb),
           jsonb_array_elements(changes) with ordinality as given(one, place)
         where switch.on or asked order by "deviceId", place
         on conflict (task_id, setting) do update set after = excluded.after, driver = excluded.driver,
           at = excluded.at, says = null, undone_by = null)
       select switch.on from switch`,
      [JSON.stringify(all), settingsChanged.noun],
    );
    return ({ asked = false }) => (asked || row?.on === true ? null : switchedOff);
  });

/**
 * What the device says in the end. What it says as before was not changed, and is forgotten.
 * @returns what the task has changed
 */
export async function settleChanges(
  on: Store,
  { deviceId, taskId }: ByTask,
  says: ReadonlyMap<string, Kept>,
): Promise<SettingChange[]> {
  const rows = await on.query(
    `with said as (select key, value from jsonb_each($3::jsonb)),
     same as (delete from assessment.change using said where task_id = $2 and setting = key and value = before),
     other as (update assessment.change set says = value from said where task_id = $2 and setting = key and value <> before),
     old as (delete from assessment.change where device_id = $1 and task_id <> $2 and number <= (
       select number from assessment.change where device_id = $1 order by number desc offset ${changesMax} limit 1))
     select setting, before, coalesce(value, says, after) as after, driver, at, coalesce(value, says) is not null as verified
     from assessment.change left join said on key = setting
     where task_id = $2 and value is distinct from before order by number limit ${toldMax}`,
    [deviceId, taskId, JSON.stringify(Object.fromEntries(says))],
  );
  return told(rows);
}

const rules = z.array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])));
const kept = z.union([settingValue, rules.transform(ipsecText)]);
const changed = settingChange
  .omit({ title: true, at: true })
  .extend({ at: z.date(), before: kept, after: kept });

/** In the order in which they were made. */
export async function changesOf(on: Store, taskId: string): Promise<SettingChange[]> {
  const rows = await on.query(
    `select setting, before, coalesce(says, after) as after, driver, at, says is not null as verified
     from assessment.change where task_id = $1 order by number limit ${toldMax}`,
    [taskId],
  );
  return told(rows);
}

const told = (rows: unknown): SettingChange[] =>
  z
    .array(changed)
    .parse(rows)
    .map((row) => ({ ...row, title: titleOf(row.setting), at: row.at.toISOString() }));

/** The rules of IPsec that a task has changed, as they were and as the device says them since; null: it has changed none. */
export async function rulesChanged(
  on: Store,
  taskId: string,
): Promise<{ readonly before: readonly SentRule[]; readonly after: readonly SentRule[] } | null> {
  const [row] = await on.query(
    `select before, coalesce(says, after) as after from assessment.change where task_id = $1 and setting = $2`,
    [taskId, ipsecRulesKey],
  );
  return row ? z.object({ before: rules, after: rules }).parse(row) : null;
}

/** Of what can be put back. */
export async function isAnythingLeft(
  on: Store,
  deviceId: string,
  taskIds: readonly string[],
): Promise<boolean> {
  const rows = await on.query(
    `select 1 as one from assessment.change
     where device_id = $1 and task_id = any($2::uuid[]) and undone_by is null and setting <> all($3::text[]) limit 1`,
    [deviceId, taskIds, [...secretSettings]],
  );
  return rows.length > 0;
}

/** Not undone yet, the newest first; secrets are among them. */
export async function undoable(on: Store, { deviceId, taskId }: ByTask): Promise<readonly SettingChange[]> {
  const rows = await on.query<{ setting: string }>(
    `select setting from assessment.change where device_id = $1 and task_id = $2 and undone_by is null`,
    [deviceId, taskId],
  );
  const left = new Set(rows.map(({ setting }) => setting));
  return (await changesOf(on, taskId)).filter(({ setting }) => left.has(setting)).toReversed();
}

export async function markUndone(
  on: Store,
  undoes: string,
  { by, settings }: { readonly by: string; readonly settings: readonly string[] },
): Promise<void> {
  await on.query(
    `update assessment.change set undone_by = $2 where task_id = $1 and setting = any($3::text[])`,
    [undoes, by, settings],
  );
}

export const titleOf = (setting: string): string =>
  settingsCatalogue.get(setting)?.title ?? (setting === ipsecRulesKey ? ipsecTitle : setting);
