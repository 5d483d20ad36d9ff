// Files of the folder: written whole or not at all, for their owner only, and flushed; and those
// that a person names.
import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '#events/message-of';
import { TrustFault } from './fault.js';

/** What a person hands over is never larger: a bundle of a hundred certificates has half of it. */
const bytesMax = 1_048_576;

export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** For others as well: certificates, lists. Throws TrustFault. */
export function writePublic(path: string, content: string | Uint8Array): void {
  writeWhole(path, content, 0o644);
}

/** 0600. A crash leaves the old file or the new one. Throws TrustFault. */
export function writeWhole(path: string, content: string | Uint8Array, mode = 0o600): void {
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, content, { mode, flush: true, flag: 'wx' });
    renameSync(draft, path);
    flushFolder(dirname(path));
  } catch (cause) {
    throw new TrustFault('file', `${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

/** What was renamed or made in it stays so, even if the power fails now. */
export function flushFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Throws TrustFault. */
export function readWhole(path: string): Buffer {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > bytesMax) throw new Error(`it has more than ${bytesMax} bytes`);
    return bytes;
  } catch (cause) {
    throw new TrustFault('file', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
