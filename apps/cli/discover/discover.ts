// muster discover: asks for it, and shows how it goes until it ended (R35).
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { leftOutWords } from '#documents/device-list/left-out';
import { messageOf } from '#events/message-of';
import { ClientError, type Client } from '../client.js';
import type { Command } from '../command-line.js';
import { jsonOf, printed } from '../printed.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { failures, progressOf, run, sentence, type Run } from './run.js';

const path = '/api/discoveries';
const lookEveryMs = 1_000;
const sendMs = 120_000;
/** A console that is started again meanwhile comes back; what is looked for does not wait for it. */
const awayMaxMs = 300_000;

export const discover: Command = {
  help: `muster discover ADDRESS... | --file FILE | --watch ID | --cancel ID
  Looks for printers that do not announce themselves, inside the device networks: at addresses, ranges (10.1.2.1-10.1.2.99),
  networks (10.1.2.0/24) and host names, and wherever printers answer to multicast (multicast:4: by mDNS in the networks of
  discovery itself, by SLP over 4 hops). Shows how it goes; Ctrl-C ends the display only. Needs the token of an operator.
  Exit 0: every address was answered, or nobody was there in a range; 1: some failed, or the list was refused.
  --file FILE          a list: text, one a line; .csv with named columns; .xml. All of it is taken, or nothing
  --no-wait            only asks for it, and prints its id
  --watch ID           asks for nothing, shows how that one goes
  --cancel ID          has that one go no further`,
  run: async (words) => {
    const { values, positionals } = readWords(words, {
      file: { type: 'string' },
      'no-wait': { type: 'boolean' },
      watch: { type: 'string' },
      cancel: { type: 'string' },
    });
    const ways = [values.file, values.watch, values.cancel, positionals[0]].filter(
      (way) => way !== undefined,
    );
    if (ways.length !== 1)
      throw new UsageError('Write addresses, or one of --file, --watch and --cancel. Try --help.');
    const client = clientOf(values);
    const first = await begun(client, { ...values, addresses: positionals });
    const { ignoredColumns } = first;
    if (ignoredColumns?.length) process.stderr.write(`${printed(leftOutWords(ignoredColumns))}\n`);
    if (values['no-wait']) {
      process.stdout.write(`${values.json ? jsonOf(first) : first.id}\n`);
      return 0;
    }
    const last = { ...(await followed(client, first)), ...(ignoredColumns && { ignoredColumns }) };
    return shown(client, last, values.json ?? false);
  },
};

interface Wanted {
  readonly file?: string | undefined;
  readonly watch?: string | undefined;
  readonly cancel?: string | undefined;
  readonly addresses: readonly string[];
}

function begun(client: Client, { file, watch, cancel, addresses }: Wanted): Promise<Run> {
  if (watch !== undefined) return client.ask(placeOf(watch), run);
  if (cancel !== undefined) return client.ask(`${placeOf(cancel)}/cancel`, run, { method: 'POST' });
  const content = file === undefined ? typed(addresses) : read(file);
  const asking = { method: 'POST', content, signal: AbortSignal.timeout(sendMs) } as const;
  return client.ask(path, run, asking).catch((error: unknown) => {
    throw error instanceof ClientError ? withLines(error) : error;
  });
}

const placeOf = (id: string): string => `${path}/${encodeURIComponent(id)}`;

const typed = (addresses: readonly string[]) => ({
  type: 'text/plain; charset=utf-8',
  bytes: new Uint8Array(Buffer.from(addresses.join('\n'))),
});

const types: Readonly<Record<string, string>> = { '.csv': 'text/csv', '.xml': 'application/xml' };

function read(file: string) {
  try {
    const type = types[extname(file).toLowerCase()] ?? 'text/plain';
    return { type: `${type}; charset=utf-8`, bytes: new Uint8Array(readFileSync(file)) };
  } catch (error) {
    throw new UsageError(`The list cannot be read: ${messageOf(error)}`);
  }
}

/** The refusal, and below it each bad line. */
function withLines(error: ClientError): ClientError {
  const lines = error.faults.map(({ line, to = line, text = '', message }) => {
    const place = line === to ? `line ${line}` : `lines ${line} to ${to}`;
    return `${place}: ${text === '' ? '' : `${printed(text)} `}${message}`;
  });
  return new ClientError(error.code, [error.message, ...lines].join('\n'), error.status);
}

async function followed(client: Client, first: Run): Promise<Run> {
  let seen = first;
  for (let told = ''; seen.endedAt === null;) {
    const progress = progressOf(seen);
    if (progress !== told) process.stderr.write(`${progress}\n`);
    told = progress;
    await delay(lookEveryMs);
    seen = await look(client, first.id);
  }
  return seen;
}

async function look(client: Client, id: string): Promise<Run> {
  for (const began = performance.now(); ;) {
    try {
      return await client.ask(placeOf(id), run);
    } catch (error) {
      const away = error instanceof ClientError && error.code === 'unreachable';
      if (!away || performance.now() - began > awayMaxMs) throw error;
      await delay(lookEveryMs);
    }
  }
}

async function shown(client: Client, last: Run, json: boolean): Promise<number> {
  for await (const failed of failures(client, `${placeOf(last.id)}/results`)) {
    const { line, address, reason } = failed;
    process.stdout.write(
      json ? `${jsonOf(failed)}\n` : `${printed(`line ${line}: ${address}: ${reason ?? ''}`)}\n`,
    );
  }
  process.stdout.write(`${json ? jsonOf(last) : printed(sentence(last))}\n`);
  return last.refused + last.notReached > 0 ? 1 : 0;
}
