// muster vouch: a device that was moved without a proof is the device, says an operator.
import * as z from 'zod';
import type { Command } from '../command-line.js';
import { jsonOf } from '../printed.js';
import { secondOf } from '../said.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { deviceOf } from './device.js';

const options = { certificate: { type: 'string' } } as const;
const who = z.object({ ip: z.string(), fingerprint: z.string().nullable() });
const shown = z.looseObject({
  mac: z.string(),
  model: z.string(),
  moved: z.looseObject({ at: z.iso.datetime(), who }).nullable(),
});

/** As it is typed: what has no certificate of its own is named in a word. */
const certificateOf = ({ fingerprint }: z.infer<typeof who>): string => fingerprint ?? 'none';

export const vouch: Command = {
  help: `muster vouch DEVICE [--certificate FINGERPRINT]
  Of a device that was moved without a proof (serial number or id): who is there now. Exit 1: nobody is to be vouched for.
  --certificate FINGERPRINT  it is the device, with this certificate (SHA-256 as it was shown, or none): what is kept to
                       open it goes there from now on. Compare with its own panel before; its history says what came of it`,
  run: async (words) => {
    const { values, positionals } = readWords(words, options);
    const client = clientOf(values);
    const { id, serial } = await deviceOf(client, positionals);
    const { moved, mac, model } = await client.ask(`/api/devices/${id}`, shown);
    const tell = (answer: object, line: string): void =>
      void process.stdout.write(`${values.json ? jsonOf(answer) : line}\n`);
    if (!moved) {
      tell({ moved }, `Nobody is to be vouched for: ${serial} was not moved without a proof.`);
      return 1;
    }
    const certificate = certificateOf(moved.who);
    if (values.certificate === undefined) {
      const is = `${moved.who.ip} since ${secondOf(moved.at)}: ${model}, MAC address ${mac}, certificate ${certificate}`;
      tell({ moved }, `Nobody vouches for who is at ${is}.`);
      return 0;
    }
    if (values.certificate.toLowerCase() !== certificate)
      throw new UsageError(`it is ${certificate} that is pinned to ${serial} now.`);
    const body = { who: moved.who };
    await client.ask(`/api/devices/${id}/vouch`, z.looseObject({}), { method: 'POST', body });
    tell({ vouched: moved.who }, `Asked for: what is kept to open ${serial} goes to ${moved.who.ip}.`);
    return 0;
  },
};
