// muster assess, changes, undo: what an assessment would change on devices, what it changed, and back again.
//
//   assess.ts    assess now, or only say what that would change; stop    device.ts  devices, as these commands read them
//   waiting.ts   until what was asked for has ended      requests.ts  what the events say of that      ended.ts  and in words
//   look-ups.ts  what the events leave out
//   dry-run.ts   what would be changed       changes.ts  what was changed       undo.ts  put it back       newest.ts  which task
//   vouch.ts     a moved device is the device
import * as z from 'zod';
import type { Client } from '../client.js';
import type { Command } from '../command-line.js';
import { jsonOf } from '../printed.js';
import { amountOf } from '../said.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { deviceOf } from './device.js';
import { showDryRuns } from './dry-run.js';
import { assessed, show } from './ended.js';
import { asked } from './requests.js';
import { askMs, waitFor, waitMsOf } from './waiting.js';

const options = {
  group: { type: 'string' },
  policy: { type: 'string' },
  'dry-run': { type: 'boolean' },
  cancel: { type: 'boolean' },
  'no-wait': { type: 'boolean' },
  wait: { type: 'string' },
} as const;

const help = `muster assess DEVICE | --group ID
  Assesses a device (serial number or id), or each device of a group, and puts right what its policies let it; waits until
  all have ended, and names those of which not all is well. Ctrl-C ends the display only. Exit 1: some are not compliant,
  failed, were not reached or not assessed, or nothing was heard of them in time
  --policy ID          with this policy, not with those that hold for the device
  --dry-run            changes nothing: shows what would be changed. Exit 1: not all could be read
  --no-wait            only asks for it
  --wait SECONDS       so long at most (120; of a group 3600)
  --cancel             stops what waits or runs for this device, or for each of the group, instead. Exit 1: nothing did`;

/** Of a group: how many of its devices had something to stop. */
const stopped = z.looseObject({ devices: z.int().optional() });

export const assess: Command = {
  help,
  run: async (words) => {
    const { values, positionals } = readWords(words, options);
    const { group, policy = null, json } = values;
    if (group !== undefined && positionals.length > 0)
      throw new UsageError('--group goes with no device. Try --help.');
    const client = clientOf(values);
    const waitMs = waitMsOf(values);
    const path = group === undefined ? await deviceAt(client, positionals) : groupAt(group);
    if (values.cancel) {
      const others = ['dry-run', 'policy', 'wait', 'no-wait'] as const;
      if (others.some((name) => values[name] !== undefined))
        throw new UsageError(
          '--cancel stops whatever is under way, and goes with none of these. Try --help.',
        );
      const patient = { method: 'POST', body: {}, signal: AbortSignal.timeout(askMs) } as const;
      const stopping = await client.ask(`${path}/cancel`, stopped, patient);
      const who = stopping.devices === undefined ? 'Asked' : `Asked ${amountOf(stopping.devices, 'device')}`;
      return told(json, { cancelled: true, ...stopping }, `${who} to stop.`);
    }
    const mode = values['dry-run'] ? 'dryRun' : 'assess';
    const signal = AbortSignal.timeout(askMs);
    const ask = () =>
      client.ask(`${path}/assess`, asked, { method: 'POST', body: { policyId: policy, mode }, signal });
    if (values['no-wait']) {
      const { devices } = await ask();
      const what = mode === 'assess' ? 'Assessment' : 'Dry run';
      return told(
        json,
        { devices },
        `${what} of ${amountOf(devices, 'device')} asked for; their pages show how it ends.`,
      );
    }
    const devices = await waitFor(client, { ask, waitMs });
    return mode === 'assess'
      ? show(client, devices, { words: assessed, json })
      : showDryRuns(client, devices, { path, json });
  },
};

function told(json: boolean | undefined, answer: object, sentence: string): number {
  process.stdout.write(`${json ? jsonOf(answer) : sentence}\n`);
  return 0;
}

const deviceAt = async (client: Client, positionals: readonly string[]): Promise<string> =>
  `/api/devices/${(await deviceOf(client, positionals)).id}`;

const groupAt = (group: string): string => `/api/groups/${encodeURIComponent(group)}`;
