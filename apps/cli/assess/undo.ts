// muster undo: what a task has changed is put back.
import type { Client } from '../client.js';
import type { Command } from '../command-line.js';
import { jsonOf, printed } from '../printed.js';
import { amountOf, momentOf } from '../said.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { deviceOf, secretsOf, stayingOf, type Named } from './device.js';
import { rowsOf, lineOf, show, undone } from './ended.js';
import { leftOf, nameOf, newestOf, taskOf } from './newest.js';
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
  wherever a device still says what was written; waits until it has, and says which task it was. Secrets stay as they are, and
  are named, but for devices of a group of which nothing else was changed. Where of the newest task only secrets are left,
  nothing is put back: it names that and an older one. Ctrl-C ends the display only. Exit 1: that, or some of it was not put
  back, or nothing was heard of it in time
  --task TASK          what this task has changed, as muster changes names it; an undo is put back so
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
    const {
      path,
      body,
      task: one,
      shown,
    } = group === undefined || since === undefined
      ? await ofDevice(client, await deviceOf(client, positionals), task)
      : ofGroup(client, group, since);
    const signal = AbortSignal.timeout(askMs);
    const ask = () => client.ask(path, asked, { method: 'POST', body, signal });
    if (!values['no-wait']) return shown(await waitFor(client, { ask, waitMs }), json);
    const { devices } = await ask();
    const what = one ? ` to put back ${nameOf(one)}` : '';
    const line = `Asked of ${amountOf(devices, 'device')}${what}; their pages show how it ends.`;
    process.stdout.write(`${json ? jsonOf({ devices, ...one }) : line}\n`);
    return 0;
  },
};

interface TaskAt {
  readonly taskId: string;
  /** Null: it is not listed. */
  readonly at: string | null;
}

interface About {
  readonly path: string;
  readonly body: object;
  /** Null: all of some time. */
  readonly task: TaskAt | null;
  /** Prints what became of it. Resolves to the exit code. */
  readonly shown: (ends: readonly DeviceEnd[], json: boolean | undefined) => Promise<number>;
}

function ofGroup(client: Client, group: string, since: string): About {
  return {
    path: `/api/groups/${encodeURIComponent(group)}/undo`,
    body: { since: momentOf('--since', since, new Date()).toISOString() },
    task: null,
    shown: (ends, json) => show(client, ends, { words: undone, json }),
  };
}

async function ofDevice(client: Client, device: Named, named: string | undefined): Promise<About> {
  // One that is not there is refused when it is asked for.
  const { taskId, at } =
    named === undefined
      ? await newestOf(client, device)
      : ((await taskOf(client, device, named)) ?? { taskId: named, at: null });
  return {
    path: `/api/devices/${device.id}/undo`,
    body: { taskId },
    task: { taskId, at },
    shown: async (ends, json) => {
      const { changes = [] } = (await taskOf(client, device, taskId)) ?? {};
      const all = changes.filter(({ secret }) => !secret).length;
      const { settings, secrets } = leftOf({ changes });
      const [left, back] = [settings.length, all - settings.length];
      const stay = secrets.length > 0 ? `; ${stayingOf(secrets)}` : '';
      const rows = await rowsOf(client, ends);
      const why = rows.filter(({ outcome }) => outcome !== 'undone').map((row) => lineOf(row, undone));
      const lines = [
        `Of ${nameOf({ taskId, at })}, ${back} of ${all} settings are as they were before${stay}.`,
        ...(left > 0 ? why : []),
      ];
      const text = lines.map((line) => printed(line)).join('\n');
      const answer = { taskId, at, undone: back, left, secrets: secretsOf(secrets) };
      process.stdout.write(`${json ? jsonOf(answer) : text}\n`);
      return left > 0 ? 1 : 0;
    },
  };
}
