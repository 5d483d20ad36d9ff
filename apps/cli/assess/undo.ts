// muster undo: what a task has changed is put back.
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { Client } from '../client.js';
import type { Command } from '../command-line.js';
import { jsonOf } from '../printed.js';
import { countOf, momentOf } from '../said.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { changedOn, deviceOf, type Named } from './device.js';

const options = {
  task: { type: 'string' },
  group: { type: 'string' },
  since: { type: 'string' },
  wait: { type: 'string' },
} as const;
const lookEveryMs = 500;

export const undo: Command = {
  help: `muster undo DEVICE | --group ID --since TIME
  Puts back what the newest task has changed on a device (serial number or id), wherever the device still says what was
  written; waits until it has. Exit 1: some of it was not put back.
  --task TASK          what this task has changed, as muster changes names it
  --wait SECONDS       so long at most (120)
  --group ID           each device of a group instead: asks only, and says of how many; their pages show how it ends
  --since TIME         with --group: all that was changed from then on: 2h, 30m, 7d, or 2026-11-21T08:00:00Z`,
  run: async (words) => {
    const { values, positionals } = readWords(words, options);
    const client = clientOf(values);
    if (values.group !== undefined || values.since !== undefined) {
      const { group, since, task } = values;
      if (group === undefined || since === undefined || task !== undefined || positionals.length > 0)
        throw new UsageError('--group goes with --since, and with no device and no --task. Try --help.');
      const count = await ofGroup(client, group, momentOf('--since', since, new Date()));
      const line = `Asked of ${count === 1 ? '1 device' : `${count} devices`}; their pages show how it ends.`;
      process.stdout.write(`${values.json ? jsonOf({ devices: count }) : line}\n`);
      return 0;
    }
    const waitMs = countOf('--wait', values.wait ?? '120', 86_400) * 1_000;
    const device = await deviceOf(client, positionals);
    const taskId = values.task ?? (await newestOf(client, device));
    const body = { taskId };
    await client.ask(`/api/devices/${device.id}/undo`, z.looseObject({}), { method: 'POST', body });
    const { undone, left } = await settled(client, device, { taskId, waitMs });
    const line = `${undone} of ${undone + left} settings are as they were before.${left > 0 ? ' The page of the device says what became of the others.' : ''}`;
    process.stdout.write(`${values.json ? jsonOf({ taskId, undone, left }) : line}\n`);
    return left > 0 ? 1 : 0;
  },
};

/** It stays as it is: an undo leaves it out. */
const isSecret = ({ setting }: { readonly setting: string }): boolean => setting.startsWith('credential.');

async function ofGroup(client: Client, group: string, since: Date): Promise<number> {
  const asked = z.looseObject({ devices: z.int() });
  const body = { since: since.toISOString() };
  const path = `/api/groups/${encodeURIComponent(group)}/undo`;
  return (await client.ask(path, asked, { method: 'POST', body })).devices;
}

async function newestOf(client: Client, { id, serial }: Named): Promise<string> {
  for await (const { taskId, undoes, changes } of changedOn(client, id)) {
    const left = changes.some((change) => change.undoneBy === null && !isSecret(change));
    if (left && undoes.length === 0) return taskId;
  }
  throw new UsageError(`Muster has changed nothing on ${serial} that could be put back.`);
}

interface Waiting {
  readonly taskId: string;
  readonly waitMs: number;
}

/** When all of it is put back, no task is under way any more, or the time is over. */
async function settled(client: Client, { id }: Named, { taskId, waitMs }: Waiting) {
  for (const began = performance.now(); ;) {
    const busy = await underWay(client, id);
    const { value: task } = await changedOn(client, id, { task: taskId }).next();
    const own = (task?.changes ?? []).filter((change) => !isSecret(change));
    const undone = own.filter(({ undoneBy }) => undoneBy !== null).length;
    const left = own.length - undone;
    const late = performance.now() - began > waitMs;
    // Console hears of the task a moment after it was asked for.
    const over = !busy && performance.now() - began > 10 * lookEveryMs;
    if (left === 0 || over || late) return { undone, left };
    await delay(lookEveryMs);
  }
}

async function underWay(client: Client, id: string): Promise<boolean> {
  const tasks = z.looseObject({ items: z.array(z.looseObject({ deviceId: z.string() })) });
  const { items } = await client.ask('/api/tasks?limit=500', tasks);
  return items.some(({ deviceId }) => deviceId === id);
}
