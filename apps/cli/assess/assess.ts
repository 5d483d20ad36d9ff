// muster assess, changes, undo: what an assessment would change on devices, what it changed, and back again.
//
//   assess.ts   assess now, or only say what that would change; stop    device.ts  devices, as these commands read them
//   changes.ts  what was changed                                         undo.ts    put it back
//   vouch.ts    a moved device is the device
import * as z from 'zod';
import type { Client } from '../client.js';
import type { Command } from '../command-line.js';
import { jsonOf } from '../printed.js';
import { tableOf } from '../table.js';
import { countOf } from '../said.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { deviceOf, dryRun, said, type DryRun } from './device.js';
import { setTimeout as delay } from 'node:timers/promises';

const options = {
  group: { type: 'string' },
  policy: { type: 'string' },
  'dry-run': { type: 'boolean' },
  cancel: { type: 'boolean' },
  wait: { type: 'string' },
} as const;

const help = `muster assess DEVICE | --group ID
  Assesses a device (serial number or id), or each device of a group, and puts right what its policies let it.
  --policy ID          with this policy, not with those that hold for the device
  --dry-run            changes nothing: waits, and shows what would be changed. Exit 1: not all could be read
  --wait SECONDS       so long at most (--dry-run; 120)
  --cancel             stops what waits or runs for this device, or for each of the group, instead. Exit 1: nothing did`;

interface Wanted {
  readonly policyId: string | null;
  readonly mode: 'assess' | 'dryRun';
}

const empty = z.looseObject({});
const asked = z.looseObject({ devices: z.int() });
/** Of a group: how many of its devices had something to stop. */
const stopped = z.looseObject({ devices: z.int().optional() });
const devicesOf = (count: number): string => (count === 1 ? '1 device' : `${count} devices`);
const lookEveryMs = 500;

export const assess: Command = {
  help,
  run: async (words) => {
    const { values, positionals } = readWords(words, options);
    const { group, policy = null } = values;
    if (group !== undefined && positionals.length > 0)
      throw new UsageError('--group goes with no device. Try --help.');
    const client = clientOf(values);
    const mode = values['dry-run'] ? 'dryRun' : 'assess';
    const waitMs = countOf('--wait', values.wait ?? '120', 86_400) * 1_000;
    const about = group === undefined ? await oneDevice(client, positionals) : ofGroup(client, group);
    if (values.cancel) {
      const stopping = await client.ask(`${about.path}/cancel`, stopped, { method: 'POST', body: {} });
      const who = stopping.devices === undefined ? 'Asked' : `Asked ${devicesOf(stopping.devices)}`;
      return told(values.json, { cancelled: true, ...stopping }, `${who} to stop.`);
    }
    const before = mode === 'dryRun' ? await about.runs() : new Map<string, Run>();
    const count = await about.ask({ policyId: policy, mode });
    if (mode === 'assess')
      return told(
        values.json,
        { devices: count },
        `Assessment of ${devicesOf(count)} asked for; their pages show how it ends.`,
      );
    const runs = await newRuns(about, { before, count, waitMs });
    for (const line of values.json ? runs.map((run) => jsonOf(run)) : shown(runs, count))
      process.stdout.write(`${line}\n`);
    return runs.filter(wasRead).length < count ? 1 : 0;
  },
};

function told(json: boolean | undefined, answer: object, sentence: string): number {
  process.stdout.write(`${json ? jsonOf(answer) : sentence}\n`);
  return 0;
}

interface Run extends DryRun {
  readonly serial: string;
}

/** One device, or those of a group. */
interface About {
  readonly path: string;
  /** Resolves to how many devices were asked for. */
  ask(wanted: Wanted): Promise<number>;
  /** The newest dry run of each, by its device. */
  runs(): Promise<ReadonlyMap<string, Run>>;
}

async function oneDevice(client: Client, positionals: readonly string[]): Promise<About> {
  const { id, serial } = await deviceOf(client, positionals);
  const path = `/api/devices/${id}`;
  const detail = z.looseObject({ lastDryRun: dryRun.nullable() });
  return {
    path,
    ask: async (body) => {
      await client.ask(`${path}/assess`, empty, { method: 'POST', body });
      return 1;
    },
    runs: async () => {
      const { lastDryRun } = await client.ask(path, detail);
      return new Map(lastDryRun ? [[id, { ...lastDryRun, serial }]] : []);
    },
  };
}

const page = z.looseObject({
  items: z.array(dryRun.extend({ deviceId: z.string(), serial: z.string() })),
  next: z.string().nullable(),
});

function ofGroup(client: Client, group: string): About {
  const path = `/api/groups/${encodeURIComponent(group)}`;
  return {
    path,
    ask: async (body) => (await client.ask(`${path}/assess`, asked, { method: 'POST', body })).devices,
    runs: async () => {
      const found = new Map<string, Run>();
      for (let after: string | null = ''; after !== null;) {
        const query: string = new URLSearchParams({ limit: '500', after }).toString();
        const answer: z.infer<typeof page> = await client.ask(`${path}/dry-runs?${query}`, page);
        for (const item of answer.items) found.set(item.deviceId, item);
        after = answer.next;
      }
      return found;
    },
  };
}

interface Waiting {
  readonly before: ReadonlyMap<string, Run>;
  readonly count: number;
  readonly waitMs: number;
}

/** Those that ended since, all of them or as many as there are when the time is over. */
async function newRuns(about: About, { before, count, waitMs }: Waiting): Promise<readonly Run[]> {
  for (const began = performance.now(); ;) {
    const now = await about.runs();
    const ended = [...now].filter(([id, { taskId }]) => before.get(id)?.taskId !== taskId);
    if (ended.length >= count || performance.now() - began > waitMs) return ended.map(([, run]) => run);
    await delay(lookEveryMs);
  }
}

/** Of one that was not, nobody knows what would be changed. */
const wasRead = ({ outcome }: Run): boolean => outcome === 'compliant' || outcome === 'nonCompliant';

const columns = ['Device', 'Setting', 'Now', 'Would be', 'By'].map((title) => ({ title }));

function shown(runs: readonly Run[], count: number): readonly string[] {
  const rows = runs.flatMap(({ serial, changes }) =>
    changes.map(({ title, before, after, driver }) => [
      serial,
      title,
      said(before),
      said(after),
      driver ?? '-',
    ]),
  );
  const failed = runs.filter((run) => !wasRead(run));
  const others = failed.map(({ serial, outcome, detail }) => `${serial}: ${outcome}. ${detail ?? ''}`);
  const missing = count - runs.length;
  return [
    ...(rows.length > 0 ? tableOf(columns, rows) : []),
    ...others,
    `${rows.length} settings would be changed on ${new Set(rows.map(([serial]) => serial)).size} of ${count} devices.`,
    ...(missing > 0 ? [`${missing} have not answered yet.`] : []),
  ];
}
