// The secret by which a device gets its first certificate, and whether that was for this very one. A device whose certificate was
// revoked comes back by a new secret only: by the old one it would undo by itself what an operator did.
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { installedFiles, ownFolder, readOptional } from '../credentials.js';
import { replaceFile } from '../state.js';
import { EstFailed } from './est.js';

export interface Secret {
  readonly user: string;
  readonly password: string;
}

/** Throws EstFailed. */
export async function secretIn(folder: string): Promise<Secret> {
  const text = await readOptional(join(folder, installedFiles.secret));
  const [, user, password] = /^\s*([^\s:]{1,128})[\s:]+(\S{1,256})\s*$/.exec(text ?? '') ?? [];
  if (user !== undefined && password !== undefined) return { user, password };
  const wanted = `${installedFiles.secret} must hold user and password, as muster ca enrol prints them`;
  throw new EstFailed(text === null ? `there is no secret to enrol with: ${wanted}` : wanted, true);
}

/** One that was put in since the device enrolled; null: there is none. */
export async function newSecretIn(folder: string): Promise<Secret | null> {
  const secret = await secretIn(folder).catch((error: unknown) => {
    if (error instanceof EstFailed) return null;
    throw error;
  });
  if (!secret) return null;
  return (await readOptional(usedFile(folder))) === hashOf(secret) ? null : secret;
}

/** Before its certificate is in force: were it forgotten, the secret would count as new. */
export async function markUsed(folder: string, secret: Secret): Promise<void> {
  await mkdir(join(folder, ownFolder), { recursive: true, mode: 0o700 });
  await replaceFile(usedFile(folder), hashOf(secret), true);
}

const usedFile = (folder: string): string => join(folder, ownFolder, 'secret.used');

const hashOf = ({ user, password }: Secret): string =>
  createHash('sha256').update(`${user}:${password}`).digest('hex');
