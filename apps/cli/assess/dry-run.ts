// What an assessment would change on devices, as their newest dry runs say.
import * as z from 'zod';
import type { Client } from '../client.js';
import { jsonOf, printed } from '../printed.js';
import { amountOf } from '../said.js';
import { tableOf } from '../table.js';
import { dryRun, said, type DryRun } from './device.js';
import { assessed, lineOf, rowsOf, type Row } from './ended.js';
import type { DeviceEnd } from './requests.js';

interface Shown {
  /** Of the device, or of the group. */
  readonly path: string;
  readonly json: boolean | undefined;
}

/** Prints them. Resolves to the exit code: 0 when each device could be read. */
export async function showDryRuns(
  client: Client,
  devices: readonly DeviceEnd[],
  { path, json }: Shown,
): Promise<number> {
  const runs = await runsOf(client, path);
  const ended = devices.flatMap(({ deviceId, serial, end }): readonly Run[] => {
    const run = end && end.outcome !== 'skipped' ? runs.get(deviceId) : undefined;
    return run ? [{ ...run, deviceId, serial }] : [];
  });
  const rows = await rowsOf(client, devices);
  const unread = rows.filter(({ deviceId }) => !ended.some((run) => run.deviceId === deviceId));
  const lines = json ? [...ended, ...unread].map((row) => jsonOf(row)) : shown(ended, rows);
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  return ended.filter(wasRead).length < devices.length ? 1 : 0;
}

interface Run extends DryRun {
  readonly deviceId: string;
  readonly serial: string;
}

const one = z.looseObject({ lastDryRun: dryRun.nullable() });
const page = z.object({
  items: z.array(dryRun.extend({ deviceId: z.string() })),
  next: z.string().nullable(),
});

/** The newest of each, by its device. */
async function runsOf(client: Client, path: string): Promise<ReadonlyMap<string, DryRun>> {
  const found = new Map<string, DryRun>();
  if (path.startsWith('/api/devices/')) {
    const { lastDryRun } = await client.ask(path, one);
    return new Map(lastDryRun ? [[path.slice('/api/devices/'.length), lastDryRun]] : []);
  }
  for (let after: string | null = ''; after !== null;) {
    const query: string = new URLSearchParams({ limit: '500', after }).toString();
    const answer: z.infer<typeof page> = await client.ask(`${path}/dry-runs?${query}`, page);
    for (const item of answer.items) found.set(item.deviceId, item);
    after = answer.next;
  }
  return found;
}

/** Of one that was not, nobody knows what would be changed. */
const wasRead = ({ outcome }: { readonly outcome: string }): boolean =>
  outcome === 'compliant' || outcome === 'nonCompliant';

const columns = ['Device', 'Setting', 'Now', 'Would be', 'Over'].map((title) => ({ title }));

function shown(runs: readonly Run[], devices: readonly Row[]): readonly string[] {
  const rows = runs.flatMap(({ serial, changes }) =>
    changes.map(({ title, before, after, driver }) => [
      serial,
      title,
      said(before),
      said(after),
      driver ?? '-',
    ]),
  );
  // Of one that was read, what stays as it is, and what was held back from it or refused by it.
  const others = devices.filter((row) => !wasRead(row) || row.detail !== null);
  const names = new Set(rows.map(([serial]) => serial));
  return [
    ...(rows.length > 0 ? tableOf(columns, rows) : []),
    ...others.map((row) => printed(lineOf(row, assessed))),
    `${amountOf(rows.length, 'setting')} would be changed on ${names.size} of ${amountOf(devices.length, 'device')}.`,
  ];
}
