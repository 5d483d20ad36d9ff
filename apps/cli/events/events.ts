// muster events: what happens on the bus.
//
//   events.ts   the command    stream.ts   the event stream, resumed after a cut    line.ts   an event as a line
import type { Command } from '../command-line.js';
import { jsonOf } from '../printed.js';
import { patternOf } from '../said.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { lineOf } from './line.js';
import { follow } from './stream.js';

const help = `muster events tail                    events as they happen, until Ctrl-C; resumes where it was after a cut
  --type PATTERN       of this type only, such as device.licensed or device.*; may be repeated
  --subject ID         about this device id, serial number or document only
  --json               each event whole, one a line
muster events replay …                puts events of the journal on one queue again: muster events replay --help`;

const options = { type: { type: 'string', multiple: true }, subject: { type: 'string' } } as const;

async function tail(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, options);
  if (positionals.length > 0) throw new UsageError(`${positionals.join(' ')} is not understood.`);
  const asked = (values.type ?? []).map((pattern) => patternOf('--type', pattern));
  const client = clientOf(values);
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
  // Whoever reads us has read enough: `| head`.
  process.stdout.on('error', () => stopping.abort());
  await follow(client, stopping.signal, {
    each: (event) => {
      const { type, subject } = event;
      if (asked.length > 0 && !asked.some((matches) => matches(type))) return;
      if (values.subject !== undefined && values.subject !== subject) return;
      process.stdout.write(`${values.json ? jsonOf(event) : lineOf(event)}\n`);
    },
    told: (text) => void process.stderr.write(`${text}\n`),
  });
  return 0;
}

export const events: Command = {
  help,
  run: ([name, ...words]) => {
    if (name !== 'tail') throw new UsageError('say tail or replay. Try --help.');
    return tail(words);
  },
};
