// The openssl of this machine in a folder of its own: what Muster makes is judged by a program that is not Muster's.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Said {
  readonly status: number | null;
  /** Standard output, then standard error. */
  readonly text: string;
}

export class OpenSsl {
  readonly dir = mkdtempSync(join(tmpdir(), 'muster-openssl-'));

  /** Path of a file with this in it. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.dir, name);
    writeFileSync(path, content);
    return path;
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  read(name: string): string {
    return readFileSync(join(this.dir, name), 'utf8');
  }

  bytes(name: string): Buffer {
    return readFileSync(join(this.dir, name));
  }

  /** Words of the command line; files are in the folder. */
  try(...words: readonly string[]): Said {
    const { status, stdout, stderr } = spawnSync('openssl', [...words], { cwd: this.dir, encoding: 'utf8' });
    return { status, text: stdout + stderr };
  }

  /** The same; throws what it said when it failed. */
  run(...words: readonly string[]): string {
    const { status, text } = this.try(...words);
    if (status !== 0) throw new Error(`openssl ${words.join(' ')} ended with ${status}:\n${text}`);
    return text;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true });
  }
}
