// Options that every command takes: where console is, and who asks.
import { readFileSync } from 'node:fs';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { messageOf } from '#events/message-of';
import { Client } from './client.js';

/** Thrown when something was typed that cannot be understood, or a file it names cannot be read. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const commonHelp = `Each, but for events replay and ipsec, takes
  --url URL            where console is (MUSTER_CONSOLE_URL, or http://127.0.0.1:3330)
  --token-file FILE    an API token, made on the page Access (MUSTER_TOKEN_FILE)
  --json               for a program to read
  --help               this text`;

const common = {
  url: { type: 'string' },
  'token-file': { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;

/** What was typed, options of all and of this command. Throws UsageError. */
export function readWords<const Own extends ParseArgsOptionsConfig>(words: readonly string[], own: Own) {
  const options: typeof common & Own = { ...common, ...own };
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${messageOf(error)} Try --help.`);
  }
}

/** The options that say whom to ask, and as whom. */
export interface Asked {
  readonly url?: string | undefined;
  readonly 'token-file'?: string | undefined;
}

/** Throws UsageError. */
export function clientOf(asked: Asked, environment: NodeJS.ProcessEnv = process.env): Client {
  const url = asked.url ?? (environment['MUSTER_CONSOLE_URL'] || 'http://127.0.0.1:3330');
  if (!/^https?:/.test(url) || !URL.canParse(url)) throw new UsageError(`${url} is no address of a console.`);
  const file = asked['token-file'] ?? environment['MUSTER_TOKEN_FILE'];
  return new Client({ url, token: file ? readToken(file) : null });
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`The token cannot be read: ${messageOf(error)}`);
  }
  if (token === '') throw new UsageError(`There is no token in ${file}: the file is empty.`);
  return token;
}
