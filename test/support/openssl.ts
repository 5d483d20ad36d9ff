// The openssl of this machine in a folder of its own: what Muster makes is judged by a program that is not Muster's.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const ca = [
  ...['-addext', 'basicConstraints=critical,CA:true'],
  ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
];

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

  /** A root with a key of its own: NAME.key, NAME.pem. @param words more of them, such as -CA and -CAkey for one below another */
  authority(name: string, subject = `/CN=${name}`, ...words: readonly string[]): void {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    this.run('req', '-x509', '-days', '2', ...newKey, '-subj', subject, ...ca, ...words, ...files);
  }

  /** A key and a request for it: NAME.key, NAME.der. @param key another one than ECDSA P-256, and other words */
  request(name: string, subject: string, ...key: readonly string[]): void {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.der`, '-outform', 'DER'];
    this.run('req', '-new', '-nodes', ...(key.length > 0 ? key : newKey), '-subj', subject, ...files);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true });
  }
}
