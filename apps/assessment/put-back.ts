// Changes of a task put back on its device: rules of IPsec first, then the settings, and no secrets.
import type { Grip } from '#bus/worker';
import { secretSettings, settingsCatalogue } from '#device/catalogue';
import type { Reading, Setback } from '#device/device';
import { ipsecRulesKey } from '#device/ipsec';
import type { Speaking } from '#device/ways/ways';
import { detailMax, type SettingChange } from '#events/device-setting';
import type { UndoneItem } from '#events/undo';
import { cut } from '#events/cut';
import type { Store } from '#store/store';
import type { Task } from '#store/tasks';
import { rulesChanged, settleChanges, titleOf, type Keep } from './changes.js';
import { undoRules } from './ipsec.js';
import type { UndoPayload } from './task.js';
import { writeAll, type Kept, type Step, type Writing, type Wrote } from './write.js';

interface Wanted {
  /** In the order in which they are put back. */
  readonly changes: readonly SettingChange[];
  /** The task that made them. */
  readonly undoes: string;
  readonly reading: Reading;
}

interface On {
  readonly store: Store;
  readonly keep: Keep;
  readonly device: Speaking;
  readonly grip: Grip;
}

interface PutBack {
  readonly items: UndoneItem[];
}

/** What one task has changed. A setback: it cannot be spoken with any more. */
export async function putBack(
  task: Task<UndoPayload>,
  { store, keep, device, grip }: On,
  { changes, undoes, reading }: Wanted,
): Promise<PutBack | Setback> {
  const by = { deviceId: task.key, taskId: task.id };
  const on: Writing = {
    device,
    signal: grip.signal,
    keep: async (kept) => {
      await grip.check();
      return keep({ ...by, changes: kept, asked: true });
    },
    isRight: (_, says, wanted) => says === wanted,
  };
  // They were written last, so that they are the first to be put back: they may stand in the way of the others.
  const kept = changes.some(isRules) ? await rulesChanged(store, undoes) : null;
  const rules = kept && (await undoRules(on, kept));
  if (rules?.says) await settleChanges(store, by, new Map<string, Kept>([[ipsecRulesKey, rules.says]]));
  if (rules?.lost) return rules.lost;
  const settings = changes.filter((change) => !isRules(change) && !secretSettings.has(change.setting));
  const still = settings.filter(({ setting, after }) => reading.values.get(setting) === after);
  const wrote = await writeAll(on, stepsBack(still, device), reading.values);
  await settleChanges(store, by, wrote.reading.values);
  if (wrote.lost) return wrote.lost;
  const tried = new Set(still.map(({ setting }) => setting));
  const items = settings.map((change) => itemOf(change, tried.has(change.setting) ? wrote : null, reading));
  const leftOut = changes.filter(({ setting }) => secretSettings.has(setting)).map(leftOutItem);
  return { items: [...(rules ? [rules.item] : []), ...items, ...leftOut] };
}

export const secretsStay = 'secrets are not put back';

const leftOutItem = ({ setting, before, after }: SettingChange): UndoneItem => ({
  ...{ setting, title: titleOf(setting), from: after, to: before, says: null },
  ...{ outcome: 'leftOut', detail: `${secretsStay}: it keeps the one that it has` },
});

const isRules = ({ setting }: SettingChange): boolean => setting === ipsecRulesKey;

/** As they come: of those that stand beside each other and are safe, one driver writes several at once. */
function stepsBack(changes: readonly SettingChange[], device: Speaking): readonly Step[] {
  const steps: { changes: Map<string, SettingChange['before']>; cutsOff: boolean; by: string | null }[] = [];
  for (const { setting, before } of changes) {
    const cutsOff = settingsCatalogue.get(setting)?.cutsOff === true;
    const by = device.by(setting);
    const last = steps.at(-1);
    if (last && !cutsOff && !last.cutsOff && last.by === by) last.changes.set(setting, before);
    else steps.push({ changes: new Map([[setting, before]]), cutsOff, by });
  }
  return steps;
}

/** @param wrote null: it was not written, as the device did not say any more what Muster had written */
function itemOf({ setting, before, after }: SettingChange, wrote: Wrote | null, first: Reading): UndoneItem {
  const { values, failed } = wrote?.reading ?? first;
  const says = values.get(setting) ?? (wrote ? first.values.get(setting) : undefined) ?? null;
  const item = { setting, title: titleOf(setting), from: after, to: before, says };
  if (says === before) return { ...item, outcome: 'restored', detail: null };
  const unread = failed.get(setting);
  if (unread !== undefined) return { ...item, outcome: 'failed', detail: cut(unread, detailMax) };
  if (says === null) return { ...item, outcome: 'unsupported', detail: 'the device has no such setting now' };
  if (!wrote)
    return {
      ...item,
      outcome: 'changedSince',
      detail: 'it says something else than what Muster had written',
    };
  const silence = wrote.unanswered.get(setting);
  if (silence !== undefined) return { ...item, outcome: 'failed', detail: cut(silence, detailMax) };
  const refusal = wrote.refused.get(setting);
  if (refusal !== undefined)
    return { ...item, outcome: 'refused', detail: cut(`the device refused it: ${refusal}`, detailMax) };
  if (wrote.stopped !== null) return { ...item, outcome: 'failed', detail: cut(wrote.stopped, detailMax) };
  const detail = `it took it, but says ${JSON.stringify(says)} when read again`;
  return { ...item, outcome: 'refused', detail: cut(detail, detailMax) };
}
