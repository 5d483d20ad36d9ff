// muster status: where every event is, and how each process fares.
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../client.js';
import { ClientError } from '../client.js';
import { secondOf } from '../said.js';
import { styled } from '../table.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { statusAnswer } from './answer.js';
import { textOf } from './text.js';

const watchMs = 2_000;

export const status = {
  help: `muster status [--watch]
  Services with their instances, queues, what is parked or dead, outbox, spool, tasks. Exit 0: all is well, 1: something
  is to be looked at, 2: console could not be asked.
  --watch              again every ${watchMs / 1000} s, until Ctrl-C`,
  run: async (words: readonly string[]): Promise<number> => {
    const { values, positionals } = readWords(words, { watch: { type: 'boolean' } });
    if (positionals.length > 0)
      throw new UsageError(`${positionals.join(' ')} was not expected. Try --help.`);
    const client = clientOf(values);
    const show = () => shown(client, values.json ?? false);
    if (!values.watch) {
      const { text, code } = await show();
      process.stdout.write(`${text}\n`);
      return code;
    }
    return watch(client, show);
  },
};

interface Shown {
  readonly text: string;
  readonly code: 0 | 1;
}

async function shown(client: Client, json: boolean): Promise<Shown> {
  const answer = await client.ask('/api/status', statusAnswer);
  const text = json
    ? JSON.stringify(answer)
    : textOf(answer, process.stdout.isTTY ? process.stdout.columns : null);
  return { text, code: answer.troubles.length === 0 ? 0 : 1 };
}

/** Until it is told to stop; the exit code is that of the last look. A console that is away may come back. */
async function watch(client: Client, show: () => Promise<Shown>): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  let last = 2;
  while (!stopping.signal.aborted) {
    const { text, code } = await show().catch((error: unknown) => {
      if (!(error instanceof ClientError) || error.code !== 'unreachable') throw error;
      return { text: error.message, code: 2 };
    });
    last = code;
    const head = styled('dim', `${client.url}  ${secondOf(new Date().toISOString())}`);
    // A terminal is drawn anew; what is written to a file goes on.
    process.stdout.write(process.stdout.isTTY ? `\u001b[2J\u001b[H${head}\n\n${text}\n` : `${text}\n`);
    await delay(watchMs, undefined, { signal: stopping.signal }).catch(() => undefined);
  }
  return last;
}
