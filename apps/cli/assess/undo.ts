// muster undo: what a task has changed is put back.
import { ClientError, type Client } from '../client.js';
import type { Command } from '../command-line.js';
import { jsonOf, printed } from '../printed.js';
import { amountOf, momentOf } from '../said.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { changedOn, deviceOf, isSecret, type Named } from './device.js';
import { rowsOf, lineOf, show, undone } from './ended.js';
import { asked, type DeviceEnd } from './requests.js';
import { askMs, waitFor, waitMsOf } from './waiting.js';

const options = {
  task: { type: 'string' },
  group: { type: 'string' },
  since: { type: 'string' },
  'no-wait': { type: 'boolean' },
  wait: { type: 'string' },
} as const;

export const undo: Command = {
  help: `muster undo DEVICE | --group ID --since TIME
  Puts back what the newest task has changed on a device (serial number or id), or what all devices of a group were changed,
  wherever a device still says what was written; waits until it has. Ctrl-C ends the display only. Exit 1: some of it was
  not put back, or nothing was heard of it in time
  --task TASK          what this task has changed, as muster changes names it
  --since TIME         with --group: all that was changed from then on: 2h, 30m, 7d, or 2026-11-21T08:00:00Z
  --no-wait            only asks for it
  --wait SECONDS       so long at most (120; of a group 3600)`,
  run: async (words) => {
    const { values, positionals } = readWords(words, options);
    const { group, since, task, json } = values;
    const client = clientOf(values);
    const waitMs = waitMsOf(values);
    const named = task !== undefined || positionals.length > 0;
    if ((group === undefined) !== (since === undefined) || (group !== undefined && named))
      throw new UsageError('--group goes with --since, and with no device and no --task. Try --help.');
    const { path, body, shown } =
      group === undefined || since === undefined
        ? await ofDevice(client, await deviceOf(client, positionals), task)
        : ofGroup(client, group, since);
    const signal = AbortSignal.timeout(askMs);
    const ask = () => client.ask(path, asked, { method: 'POST', body, signal });
    if (!values['no-wait']) return shown(await waitFor(client, { ask, waitMs }), json);
    const { devices } = await ask();
    const line = `Asked of ${amountOf(devices, 'device')}; their pages show how it ends.`;
    process.stdout.write(`${json ? jsonOf({ devices }) : line}\n`);
    return 0;
  },
};

interface About {
  readonly path: string;
  readonly body: object;
  /** Prints what became of it. Resolves to the exit code. */
  readonly shown: (ends: readonly DeviceEnd[], json: boolean | undefined) => Promise<number>;
}

function ofGroup(client: Client, group: string, since: string): About {
  return {
    path: `/api/groups/${encodeURIComponent(group)}/undo`,
    body: { since: momentOf('--since', since, new Date()).toISOString() },
    shown: (ends, json) => show(client, ends, { words: undone, json }),
  };
}

async function ofDevice(client: Client, device: Named, task: string | undefined): Promise<About> {
  const taskId = task ?? (await newestOf(client, device));
  return {
    path: `/api/devices/${device.id}/undo`,
    body: { taskId },
    shown: async (ends, json) => {
      const { value: changed } = await changedOn(client, device.id, { task: taskId }).next();
      const own = (changed?.changes ?? []).filter((change) => !isSecret(change));
      const back = own.filter(({ undoneBy }) => undoneBy !== null).length;
      const left = own.length - back;
      const rows = await rowsOf(client, ends);
      const why = rows
        .filter(({ outcome }) => outcome !== 'undone')
        .map((row) => printed(lineOf(row, undone)));
      const lines = [`${back} of ${own.length} settings are as they were before.`, ...(left > 0 ? why : [])];
      process.stdout.write(`${json ? jsonOf({ taskId, undone: back, left }) : lines.join('\n')}\n`);
      return left > 0 ? 1 : 0;
    },
  };
}

async function newestOf(client: Client, { id, serial }: Named): Promise<string> {
  for await (const { taskId, undoes, changes } of changedOn(client, id)) {
    const left = changes.some((change) => change.undoneBy === null && !isSecret(change));
    if (left && undoes.length === 0) return taskId;
  }
  throw new ClientError(
    'refused',
    `Muster has changed nothing on ${serial} that is not put back. An undo is put back by its own name: see muster changes, and --task.`,
  );
}
