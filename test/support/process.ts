// One process of Muster, as a test starts and kills it. Its output is kept and shown when something goes wrong.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as child from '../../scripts/child.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const keptCharacters = 40_000;

export interface ProcessOptions {
  /** Shown in failures. */
  readonly name: string;
  /** Below dist, such as apps/gateway/main.js; or a path of its own. */
  readonly entry: string;
  /** False: `entry` is a program of the system, by its whole path. */
  readonly node?: boolean;
  readonly words?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A worker of vitest may be ended without a word: nothing that it started outlives it. */
let guard: child.Guard | null = null;
// By its address: the build lies in a folder of its own, the scripts do not.
const { startGuard } = (await import(pathToFileURL(resolve('scripts/child.mjs')).href)) as typeof child;

export class Process {
  readonly #child: ChildProcess;
  #output = '';

  constructor(readonly options: ProcessOptions) {
    const { entry, node = true, words = [], environment = {} } = options;
    const [program, ...first] = node ? [process.execPath, resolve(root, 'dist', entry)] : [entry];
    this.#child = spawn(program ?? entry, [...first, ...words], {
      cwd: root,
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    guard ??= startGuard();
    if (this.#child.pid !== undefined) guard.watch(this.#child.pid);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-keptCharacters);
      });
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The newest of what it wrote. */
  get output(): string {
    return this.#output;
  }

  /** Null while it runs. */
  get exitCode(): number | null {
    return this.#child.exitCode ?? (this.#child.signalCode === null ? null : 128);
  }

  /** Its exit code, 128 when a signal ended it. */
  async ended(): Promise<number> {
    if (this.exitCode === null) await once(this.#child, 'exit');
    return this.exitCode ?? 128;
  }

  async signal(name: 'SIGKILL' | 'SIGTERM'): Promise<number> {
    this.#child.kill(name);
    return this.ended();
  }

  /** Runs it to its end; throws its output when that was no success. */
  static async run(options: ProcessOptions): Promise<string> {
    const started = new Process(options);
    const code = await started.ended();
    if (code !== 0) throw new Error(`${options.name} ended with ${code}:\n${started.output}`);
    return started.output;
  }
}
