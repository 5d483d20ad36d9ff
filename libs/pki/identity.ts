// A self-signed identity kept in a folder, for who was given no certificate.
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selfSigned, type Credentials, type Holder } from './certificate.js';

/**
 * The identity in `folder` (identity.pem: key, then certificate, readable by its owner only), made when there is none.
 * One file, written whole and then named, so that a crash leaves all of it or nothing; of several processes that begin at
 * once, all have the one that was first.
 */
export async function identityIn(folder: string, holder: Holder): Promise<Credentials> {
  const path = join(folder, 'identity.pem');
  const kept = await readFile(path, 'utf8').catch(missing);
  if (kept !== null) return split(kept, path);
  const made = await selfSigned(holder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${made.key}\n${made.certificate}\n`, { mode: 0o600, flush: true });
  await nameFirst(draft, path);
  return split(await readFile(path, 'utf8'), path);
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

function split(text: string, path: string): Credentials {
  const at = text.indexOf('-----BEGIN CERTIFICATE-----');
  if (at < 0) throw new Error(`${path} holds no certificate; remove it and a new identity is made`);
  return { key: text.slice(0, at), certificate: text.slice(at) };
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
