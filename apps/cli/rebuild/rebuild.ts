// muster rebuild: asks for it, and shows how it goes until it ended.
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { ClientError, type Client } from '../client.js';
import type { Command } from '../command-line.js';
import { jsonOf, printed } from '../printed.js';
import { amountOf } from '../said.js';
import { clientOf, readWords, UsageError } from '../words.js';

const path = '/api/projection/rebuild';
const lookEveryMs = 1_000;
/** A console that is started again meanwhile comes back; the rebuild goes on without it where there are others. */
const awayMaxMs = 300_000;

const count = z.int().nonnegative();
/** Of a later console too: what it adds is passed on with --json. */
const answer = z.looseObject({
  state: z.enum(['never', 'running', 'finished', 'failed']),
  phase: z.enum(['waiting', 'reading', 'making']).nullable(),
  askedBy: z.string().nullable(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  failure: z.string().nullable(),
  eventsRead: count,
  devicesDone: count,
  devicesTotal: count.nullable(),
  // Not told by an earlier console.
  devicesLeft: count.default(0),
  leftDevices: z.array(z.looseObject({ deviceId: z.string(), reason: z.string() })).default([]),
});
type Rebuild = z.infer<typeof answer>;

export const rebuild: Command = {
  help: `muster rebuild [--watch]
  Makes what console shows of devices anew from the journal, after an upgrade that says so. Nothing is stopped, nothing is
  lost; needs the token of an administrator. Shows how it goes. Exit 0: done, 1: it failed, or one runs already.
  --watch              asks for none, shows how the last one goes or ended`,
  run: async (words) => {
    const { values, positionals } = readWords(words, { watch: { type: 'boolean' } });
    if (positionals.length > 0)
      throw new UsageError(`${positionals.join(' ')} was not expected. Try --help.`);
    const client = clientOf(values);
    const asked = await client.ask(path, answer, values.watch ? {} : { method: 'POST' });
    const last = await followed(client, asked);
    process.stdout.write(`${values.json ? jsonOf(last) : printed(sentence(last))}\n`);
    return last.state === 'failed' ? 1 : 0;
  },
};

async function followed(client: Client, first: Rebuild): Promise<Rebuild> {
  let seen = first;
  for (let told = ''; seen.state === 'running';) {
    const progress = progressOf(seen);
    if (progress !== told) process.stderr.write(`${progress}\n`);
    told = progress;
    await delay(lookEveryMs);
    seen = await look(client);
  }
  return seen;
}

async function look(client: Client): Promise<Rebuild> {
  for (const began = performance.now(); ;) {
    try {
      return await client.ask(path, answer);
    } catch (error) {
      const away = error instanceof ClientError && error.code === 'unreachable';
      if (!away || performance.now() - began > awayMaxMs) throw error;
      await delay(lookEveryMs);
    }
  }
}

function progressOf({ phase, eventsRead, devicesDone, devicesTotal }: Rebuild): string {
  if (phase === 'reading') return `reading the journal: ${eventsRead} events`;
  if (phase === 'making') return `making devices: ${devicesDone} of ${devicesTotal ?? '?'}`;
  return 'waiting for an instance that begins';
}

function sentence(last: Rebuild): string {
  const { state, askedBy, startedAt, finishedAt, failure, devicesDone } = last;
  if (state === 'never') return 'No rebuild was asked for yet.';
  const devices = amountOf(devicesDone, 'device');
  if (state === 'failed')
    return `The rebuild failed after ${devices}: ${failure ?? ''}. The others are as they were; ask again.`;
  const took = Math.round((Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')) / 1_000);
  return `Rebuilt: ${devices} in ${took} s, asked for by ${askedBy ?? ''}.${leftOf(last)}`;
}

/** Console names the first of them only. */
function leftOf({ devicesLeft, leftDevices }: Rebuild): string {
  if (devicesLeft === 0) return '';
  const named = leftDevices.map(({ deviceId, reason }) => `${deviceId} (${reason})`).join(', ');
  const more = devicesLeft > leftDevices.length ? ', and more' : '';
  return ` Of these ${devicesLeft} could not be made and stayed as they were: ${named}${more}.`;
}
