// Lists that were fetched, kept over restarts for when their address is away. Nothing is believed for lying here: what is
// read again goes through the same checks as what is fetched, its signature first. Several processes may share the folder.
import { hash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface KeptListsOptions {
  /** Null: nothing is kept. */
  readonly dir: string | null;
  readonly bytesMax: number;
  /** Told when a file cannot be read or written; the work goes on. */
  readonly fault: (error: unknown) => void;
}

export class KeptLists {
  constructor(private readonly options: KeptListsOptions) {}

  /** What was kept from this source; null: nothing that can be read. Never rejects. */
  async read(source: string): Promise<Uint8Array | null> {
    const path = this.#pathOf(source);
    if (path === null) return null;
    try {
      const file = await open(path);
      try {
        const { size } = await file.stat();
        return size > this.options.bytesMax ? null : await file.readFile();
      } finally {
        await file.close();
      }
    } catch (error) {
      if (!isAbsent(error)) this.options.fault(error);
      return null;
    }
  }

  /** All of it or nothing, whatever happens meanwhile. Never rejects. */
  async write(source: string, bytes: Uint8Array): Promise<void> {
    const path = this.#pathOf(source);
    if (path === null) return;
    const draft = `${path}.${randomUUID()}`;
    try {
      await mkdir(this.options.dir ?? '', { recursive: true, mode: 0o700 });
      await writeFile(draft, bytes, { mode: 0o600, flush: true, flag: 'wx' });
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      this.options.fault(error);
    }
  }

  /** What is of no use any more goes: lists of other sources, and drafts of who was killed while writing. Never rejects. */
  async forgetAllBut(sources: readonly string[]): Promise<void> {
    const { dir, fault } = this.options;
    if (dir === null) return;
    const wanted = new Set(sources.map(nameOf));
    try {
      const others = (await readdir(dir)).filter((name) => ours.test(name) && !wanted.has(name));
      for (const name of others) {
        const path = join(dir, name);
        // A neighbour may be at it.
        const { mtimeMs } = await stat(path);
        if (name.endsWith('.crl') || mtimeMs < Date.now() - draftMs) await rm(path, { force: true });
      }
    } catch (error) {
      if (!isAbsent(error)) fault(error);
    }
  }

  #pathOf(source: string): string | null {
    return this.options.dir === null ? null : join(this.options.dir, nameOf(source));
  }
}

/** Nobody writes for longer. */
const draftMs = 60_000;

const nameOf = (source: string): string => `${hash('sha256', source, 'hex')}.crl`;
const ours = /^[0-9a-f]{64}\.crl(\.[0-9a-f-]{36})?$/;

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
