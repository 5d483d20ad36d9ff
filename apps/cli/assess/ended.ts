// What became of devices, in words: those of which not all is well by name, then how many of each.
import * as z from 'zod';
import type { Client } from '../client.js';
import { jsonOf, printed } from '../printed.js';
import { amountOf } from '../said.js';
import { stayingOf, type Secret } from './device.js';
import type { DeviceEnd } from './requests.js';

/** Outcomes and what they are called, the best first; `noAnswer`: nothing was heard in time. */
type Words = Readonly<Record<string, string>>;
const others = {
  unreachable: 'not reached',
  failed: 'failed',
  cancelled: 'cancelled',
} as const;
export const assessed: Words = {
  compliant: 'compliant',
  nonCompliant: 'not compliant',
  ...others,
  skipped: 'not assessed',
  noAnswer: 'not heard of in time',
};
export const undone: Words = {
  undone: 'as before',
  partly: 'in part as before',
  ...others,
  skipped: 'not undone',
  noAnswer: 'not heard of in time',
};

interface Shown {
  readonly words: Words;
  readonly json: boolean | undefined;
}

/** Prints them. Resolves to the exit code: 0 when each ended in the best way. */
export async function show(
  client: Client,
  devices: readonly DeviceEnd[],
  { words, json }: Shown,
): Promise<number> {
  const [best = ''] = Object.keys(words);
  const rows = await rowsOf(client, devices);
  const bad = rows.filter(({ outcome }) => outcome !== best);
  const lines = json
    ? rows.map((row) => jsonOf(row))
    : [...bad.map((row) => printed(lineOf(row, words))), ...rows.flatMap(staying), summary(rows, words)];
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  return bad.length > 0 ? 1 : 0;
}

export interface Row {
  readonly deviceId: string;
  readonly serial: string;
  readonly outcome: string;
  readonly detail: string | null;
  /** Of an undo, where there are any: they stay as they are. */
  readonly secrets?: readonly Secret[];
}

export async function rowsOf(client: Client, devices: readonly DeviceEnd[]): Promise<readonly Row[]> {
  const whyNot = await reasons(client, devices);
  return devices.map(({ deviceId, serial, end }) => {
    const { outcome, detail, secrets = [] } = end ?? { outcome: 'noAnswer', detail: null };
    const isSkipped = outcome === 'skipped' && detail !== null;
    const row = { deviceId, serial, outcome, detail: isSkipped ? (whyNot.get(detail) ?? detail) : detail };
    return secrets.length > 0 ? { ...row, secrets } : row;
  });
}

/** Also where all else is well. */
const staying = ({ serial, secrets = [] }: Row): readonly string[] =>
  secrets.length > 0 ? [printed(`${serial}: ${stayingOf(secrets)}`)] : [];

/** Why it was skipped is said in a whole sentence. */
export function lineOf({ serial, outcome, detail }: Row, words: Words): string {
  if (outcome === 'skipped' && detail) return `${serial}: ${detail}`;
  return `${serial}: ${words[outcome] ?? outcome}${detail ? `: ${detail}` : ''}`;
}

function summary(rows: readonly Row[], words: Words): string {
  const counts = Object.entries(words).flatMap(([outcome, word]) => {
    const count = rows.filter((row) => row.outcome === outcome).length;
    return count > 0 ? [`${count} ${word}`] : [];
  });
  return `${amountOf(rows.length, 'device')}${counts.length > 0 ? `: ${counts.join(', ')}` : ''}.`;
}

const history = z.looseObject({ history: z.array(z.looseObject({ type: z.string(), text: z.string() })) });

/** In the words of the history of one device of which it was told. */
async function reasons(client: Client, devices: readonly DeviceEnd[]): Promise<ReadonlyMap<string, string>> {
  const one = new Map(
    devices.flatMap(({ deviceId, end }) =>
      end?.outcome === 'skipped' ? [[end.detail ?? '', deviceId] as const] : [],
    ),
  );
  const found = [...one].map(async ([reason, deviceId]) => {
    // Who was deleted has no page any more.
    const page = await client.ask(`/api/devices/${deviceId}`, history).catch(() => null);
    const newest = page?.history.find(({ type }) => type === 'assessment.skipped');
    return [reason, newest?.text ?? reason] as const;
  });
  return new Map(await Promise.all(found));
}
