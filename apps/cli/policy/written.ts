// Lines for a terminal, and files that were named.
import { readFileSync } from 'node:fs';
import { settingsCatalogue } from '#device/catalogue';
import { readPolicyFile, type PolicyFileRead } from '#documents/read-policy-file';
import { messageOf } from '#events/message-of';
import { printed } from '../printed.js';
import { UsageError } from '../words.js';
import type { Change } from './answers.js';

export const write = (text: string): void => void process.stdout.write(`${text}\n`);

export const linesOf = (changes: readonly Change[]): readonly string[] =>
  changes.length === 0 ? ['  nothing'] : changes.map(({ text }) => `  ${printed(text)}`);

export interface Read {
  readonly name: string;
  readonly text: string;
  readonly read: PolicyFileRead;
}

/** Throws UsageError when it cannot be read at all. */
export function fileNamed(name: string): Read {
  const text = contentOf(name);
  return { name, text, read: readPolicyFile(text, settingsCatalogue) };
}

function contentOf(name: string): string {
  try {
    return readFileSync(name === '-' ? process.stdin.fd : name, 'utf8');
  } catch (error) {
    throw new UsageError(`${name} cannot be read: ${messageOf(error)}`);
  }
}

/** As compilers write them, so that editors find the place: `base.yaml:12:15: items.3.required: …`. */
export const faultsOf = ({ name, read }: Read): readonly string[] =>
  (read.faults ?? []).map(({ line, column, path, message }) =>
    printed(`${name}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`),
  );
