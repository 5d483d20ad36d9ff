// muster events: what happens on the bus.
//
//   events.ts  the command             stream.ts  the event stream, resumed after a cut
//   line.ts    an event as a line      about.ts   whether it is about a device      fields.ts  what others wrote
import type { Command } from '../command-line.js';
import { jsonOf } from '../printed.js';
import { patternOf } from '../said.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { aboutAny, namesOf } from './about.js';
import { lineOf } from './line.js';
import { follow } from './stream.js';

const help = `muster events tail                    events as they happen, until Ctrl-C; resumes where it was after a cut
  --type PATTERN       of this type only, such as device.licensed or device.*; may be repeated
  --subject ID         about this device (id or serial number) or document only
  --json               each event whole, one a line
muster events replay …                puts events of the journal on one queue again; its options are its own:
                                      muster events replay --help`;

const options = { type: { type: 'string', multiple: true }, subject: { type: 'string' } } as const;

async function tail(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, options);
  if (positionals.length > 0) throw new UsageError(`${positionals.join(' ')} is not understood.`);
  const asked = (values.type ?? []).map((pattern) => patternOf('--type', pattern));
  const client = clientOf(values);
  const names = values.subject === undefined ? null : await namesOf(client, values.subject);
  const isAbout = names ? aboutAny(names) : () => true;
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
  // Whoever reads us has read enough: `| head`.
  process.stdout.on('error', () => stopping.abort());
  await follow(client, stopping.signal, {
    each: (event) => {
      // Asked of each, so that it learns from those that are not shown.
      if (!isAbout(event)) return;
      if (asked.length > 0 && !asked.some((matches) => matches(event.type))) return;
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
