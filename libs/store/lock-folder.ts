// One process at a time in a data folder: PGlite itself would let two in, and tables would vanish.
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../events/message-of.js';
import { lockFile, type Unlock } from './lock-file.js';

/** Thrown when another living process holds the folder. */
export class FolderLocked extends Error {
  override readonly name = 'FolderLocked';
  constructor(dir: string, holder: string) {
    super(`${dir} is in use by ${holder}; stop that one, or name another folder`);
  }
}

/** Takes the folder for this process; resolves to what gives it back. */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const note = join(dir, 'process-id');
  const unlock = take(dir);
  if (!unlock) throw new FolderLocked(dir, await holderFrom(note));
  // Whoever may only read it could still keep others from locking it.
  await chmod(fileIn(dir), 0o600).catch(() => undefined);
  // For the words of a refusal alone: a full disk is told elsewhere.
  await writeFile(note, `${process.pid} ${hostname()}`, { mode: 0o600 }).catch(() => undefined);
  return async () => {
    await rm(note, { force: true });
    unlock();
  };
}

const fileIn = (dir: string): string => join(dir, 'lock');

function take(dir: string): Unlock | null {
  try {
    return lockFile(fileIn(dir));
  } catch (error) {
    const why = messageOf(error);
    throw new Error(`${dir} cannot be locked (${why}): its file system must allow POSIX locks`, {
      cause: error,
    });
  }
}

/** In containers the number alone says little: each has a process 1. */
async function holderFrom(note: string): Promise<string> {
  const text = await readFile(note, 'utf8').catch(() => '');
  const [, id, host] = /^(\d+)(?: (\S+))?$/.exec(text) ?? [];
  if (id === undefined) return 'another process';
  return host === undefined || host === hostname() ? `process ${id}` : `process ${id} on ${host}`;
}
