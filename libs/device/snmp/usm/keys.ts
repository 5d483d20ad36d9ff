// Keys of users on their devices, made by a thread and remembered: those of each engine, never a password, and only so many.
import { createHmac, randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { KeyAnswer, KeyOrder } from './key-thread.js';

/** Of the build, seen from it and from the sources: a thread is not started from TypeScript. */
const program = new URL(
  import.meta.url.endsWith('.ts') ? '../../../../dist/libs/device/snmp/usm/key-thread.js' : './key-thread.js',
  import.meta.url,
);

export type Keys = readonly Buffer[];

export class KeyMaker {
  /** The one used last comes last. */
  readonly #made = new Map<string, Promise<Keys>>();
  /** Who reads the names of keys cannot try passwords on them. */
  readonly #naming = randomBytes(32);
  readonly #asked = new Map<number, PromiseWithResolvers<Keys>>();
  #thread: Worker | null = null;
  #count = 0;

  /** @param keysMax remembered at most */
  constructor(private readonly keysMax: number) {}

  /** How many it remembers. */
  get size(): number {
    return this.#made.size;
  }

  /** Rejects when the thread dies. */
  make(order: KeyOrder): Promise<Keys> {
    const name = this.#nameOf(order);
    const made = this.#made.get(name) ?? this.#order(order);
    this.#made.delete(name);
    this.#made.set(name, made);
    made.catch(() => this.#made.delete(name));
    for (const oldest of this.#made.keys()) {
      if (this.#made.size <= this.keysMax) break;
      this.#made.delete(oldest);
    }
    return made;
  }

  #nameOf({ hash, password, engineId, count }: KeyOrder): string {
    const engine = Buffer.from(engineId).toString('hex');
    return createHmac('sha256', this.#naming)
      .update(JSON.stringify([hash, engine, count, password]))
      .digest('base64');
  }

  #order(order: KeyOrder): Promise<Keys> {
    const asked = Promise.withResolvers<Keys>();
    this.#count += 1;
    this.#asked.set(this.#count, asked);
    this.#thread ??= this.#start();
    this.#thread.postMessage({ number: this.#count, order });
    return asked.promise;
  }

  #start(): Worker {
    const thread = new Worker(program, { name: 'snmp-keys', execArgv: ['--enable-source-maps'] });
    thread.on('message', ({ number, keys }: KeyAnswer) => {
      this.#asked.get(number)?.resolve(keys.map((key) => Buffer.from(key)));
      this.#asked.delete(number);
    });
    let cause: unknown = null;
    thread.on('error', (error: unknown) => {
      cause = error;
    });
    thread.on('exit', () => {
      if (this.#thread === thread) this.#thread = null;
      for (const { reject } of this.#asked.values()) {
        reject(new Error('the thread that makes keys has ended', { cause }));
      }
      this.#asked.clear();
    });
    // It keeps no process from its end: whoever waits for a key has a socket open.
    thread.unref();
    return thread;
  }
}

/** Of this process: 10,000 keys are some 2 MB. */
export const keyMaker = new KeyMaker(10_000);
