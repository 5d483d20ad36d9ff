// from-device: a policy like a device, which is asked for all its settings now.
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { settingsCatalogue } from '#device/catalogue';
import { writePolicyFile } from '#documents/policy-file';
import { policyBody } from '#events/policy';
import { deviceOf } from '../assess/device.js';
import type { Client } from '../client.js';
import { printed } from '../printed.js';
import { countOf } from '../said.js';
import { clientOf, readWords } from '../words.js';

const lookEveryMs = 500;
const readOut = z.looseObject({ taskId: z.string(), outcome: z.string(), detail: z.string().nullable() });
const device = z.looseObject({ lastReadOut: readOut.nullable() });
type ReadOut = z.infer<typeof readOut>;

export async function fromDevice(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, { wait: { type: 'string' } });
  const client = clientOf(values);
  const waitMs = countOf('--wait', values.wait ?? '120', 86_400) * 1_000;
  const { id, serial } = await deviceOf(client, positionals);
  const path = `/api/devices/${id}`;
  const read = await readNow(client, path, waitMs);
  if (read?.outcome !== 'compliant' && read?.outcome !== 'nonCompliant') {
    const why = read
      ? `${read.outcome}. ${read.detail ?? ''}`
      : 'it has not answered yet; its page tells when it has.';
    process.stderr.write(`${printed(`${serial} could not be read: ${why}`)}\n`);
    return 1;
  }
  const body = await client.ask(`${path}/policy`, policyBody);
  process.stdout.write(writePolicyFile({ id: `like-${id.slice(0, 8)}`, body }, settingsCatalogue));
  return 0;
}

/** Null: the time was over before it answered. */
async function readNow(client: Client, path: string, waitMs: number): Promise<ReadOut | null> {
  const before = (await client.ask(path, device)).lastReadOut?.taskId ?? null;
  await client.ask(`${path}/policy`, z.looseObject({}), { method: 'POST', body: {} });
  for (const began = performance.now(); ;) {
    const { lastReadOut } = await client.ask(path, device);
    if (lastReadOut && lastReadOut.taskId !== before) return lastReadOut;
    if (performance.now() - began > waitMs) return null;
    await delay(lookEveryMs);
  }
}
