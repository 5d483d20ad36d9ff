// `muster look`: which devices are there, and what can be seen of them from this machine, without a running Muster. For whoever
// sets Muster up, and wants to know what it will meet.
//
//   words.ts  what was typed    look.ts  what is done then
import { messageOf } from '#events/message-of';
import { look } from './look.js';
import { help, readWords, UsageError } from './words.js';

const stopped = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopped.abort());

try {
  const words = readWords(process.argv.slice(2));
  if (words === null) process.stdout.write(help);
  else await look(words, stopped.signal);
} catch (error) {
  if (!stopped.signal.aborted) process.stderr.write(`muster look: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
