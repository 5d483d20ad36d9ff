// The file with the keys of a key ring. It is read again when it was changed: a new key needs no restart.
import { readFile, stat } from 'node:fs/promises';
import { KeyRing, newKeyLine } from './key-ring.js';
import { keptIn } from './secret-file.js';

/** Larger is no key file. */
const bytesMax = 65_536;

export class KeyFile {
  #read: { readonly stamp: string; readonly ring: KeyRing } | null = null;

  constructor(private readonly path: string) {}

  /** Rejects when the file cannot be read, or is none. */
  async ring(): Promise<KeyRing> {
    const { mtimeMs, size, ino } = await stat(this.path);
    if (size > bytesMax) throw new Error(`${this.path} is too large to be a key file`);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    if (this.#read?.stamp !== stamp)
      this.#read = { stamp, ring: new KeyRing(await readFile(this.path, 'utf8')) };
    return this.#read.ring;
  }
}

/** Makes the file with a first key where there is none, readable by its owner alone. */
export async function makeKeyFile(path: string): Promise<void> {
  await keptIn(path, () => Promise.resolve(newKeyLine()));
}
