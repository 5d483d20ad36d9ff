// A secret file that is made once: of several processes that begin at once, all have the one that was first.
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * What the file holds, readable by its owner only; made when there is none. Written whole and then named, so that a crash
 * leaves all of it or nothing.
 */
export async function keptIn(path: string, make: () => Promise<string>): Promise<string> {
  const kept = await readFile(path, 'utf8').catch(missing);
  if (kept !== null) return kept;
  const made = await make();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, made, { mode: 0o600, flush: true });
  await nameFirst(draft, path);
  return readFile(path, 'utf8');
}

/** Where there are no hard links the last one wins, which matters only to processes that begin at the same moment. */
async function nameFirst(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) return rename(draft, path);
  }
  await rm(draft);
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
