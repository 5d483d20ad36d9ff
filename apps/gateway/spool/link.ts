// The gateway's end of the spool's thread: orders, answered in their order, and a new thread when one dies.
import { Worker } from 'node:worker_threads';
import type { Log } from '#runtime/log';
import { SpoolFault } from './fault.js';
import type { Numbers, Order, Said, ThreadOptions, Waiting } from './thread.js';

/** Of the build, seen from it and from the sources: a thread is not started from TypeScript. */
const program = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/apps/gateway/spool/thread.js' : './thread.js',
  import.meta.url,
);

export interface Answer {
  readonly waiting: Waiting | null;
}

export class Link {
  readonly #asked = new Map<number, PromiseWithResolvers<Answer>>();
  #worker: Worker | null = null;
  #count = 0;

  constructor(
    private readonly options: ThreadOptions,
    private readonly log: Pick<Log, 'info' | 'error'>,
    /** Told before an answer that they came with. */
    private readonly counted: (numbers: Numbers) => void,
  ) {}

  /** Rejects with SpoolFault. */
  ask(order: Order): Promise<Answer> {
    const asked = Promise.withResolvers<Answer>();
    this.#count += 1;
    this.#asked.set(this.#count, asked);
    this.#worker ??= this.#start();
    this.#worker.postMessage({ number: this.#count, order });
    return asked.promise;
  }

  #start(): Worker {
    const worker = new Worker(program, {
      workerData: this.options,
      name: 'spool',
      execArgv: ['--enable-source-maps'],
    });
    worker.on('message', (said: Said) => this.#hear(said));
    worker.on('error', (error: unknown) =>
      this.log.error({ error }, 'The thread of the spool died; another is started'),
    );
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      for (const { reject } of this.#asked.values()) {
        reject(new SpoolFault('late', 'the thread of the spool ended before it answered'));
      }
      this.#asked.clear();
    });
    return worker;
  }

  #hear(said: Said): void {
    if ('log' in said) {
      this.log[said.log](said.fields, said.message);
      return;
    }
    const { number, numbers, waiting, fault } = said;
    const asked = this.#asked.get(number);
    this.#asked.delete(number);
    this.counted(numbers);
    if (fault) asked?.reject(new SpoolFault(fault.code, fault.message));
    else asked?.resolve({ waiting });
  }
}
