// A command line as a person types it, within this process: a process for each would cost more than what it does.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Trial } from './console.js';
import { ownFolder } from './servers.js';

export interface Typed {
  readonly status: number;
  /** Standard output. */
  readonly out: string;
  /** Both. */
  readonly text: string;
}

/** @param command the program's own: words to exit code. One at a time: it listens to this process's own output */
export async function typed(
  command: (words: readonly string[]) => Promise<number>,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Typed> {
  let out = '';
  let text = '';
  const heard = (stream: 'out' | 'err') => (said: unknown) => {
    text += String(said);
    if (stream === 'out') out += String(said);
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(heard('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(heard('err')),
  ];
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  try {
    const status = await command(words);
    return { status, out, text };
  } finally {
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}

export type Typist = (...words: readonly string[]) => Promise<Typed>;

/** An operator who types such lines, with a token of his role for this console. */
export async function typist(
  trial: Trial,
  command: (words: readonly string[]) => Promise<number>,
): Promise<Typist> {
  const token = join(await ownFolder('token'), 'token');
  await writeFile(token, await trial.token('operator'));
  const environment = { MUSTER_CONSOLE_URL: trial.host.url, MUSTER_TOKEN_FILE: token };
  return (...words) => typed(command, words, environment);
}
