// The embedded Muster in a process of its own, as a bench sees it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuMsOf } from './cost.js';

export interface Order {
  readonly kind: 'carry' | 'state' | 'tables';
  readonly first: number;
  readonly count: number;
}

export type Answer =
  | { readonly kind: 'ready'; readonly url: string; readonly announcePort: number }
  | { readonly kind: 'published' }
  | { readonly kind: 'tables'; readonly largest: readonly Table[] }
  | State;

export interface Table {
  readonly name: string;
  readonly mb: number;
}

export interface State {
  readonly kind: 'state';
  /** Events that autogroup published: one for each device grouped. */
  readonly grouped: number;
  /** Number of the newest event on the bus. */
  readonly events: number;
  /** Nothing waits in any queue. */
  readonly idle: boolean;
  readonly waiting: number;
}

export interface Embedded {
  readonly pid: number;
  readonly url: string;
  readonly announcePort: number;
  /** Resolves when all are published. */
  publish(first: number, count: number): Promise<void>;
  state(): Promise<State>;
  /** The largest tables, with their indexes. */
  tables(): Promise<readonly Table[]>;
  stop(): Promise<void>;
}

export async function startEmbedded(
  dir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Embedded> {
  const child = fork(join(import.meta.dirname, 'embedded-server.js'), [dir], {
    env: {
      ...process.env,
      MUSTER_HTTP_PORT: '0',
      MUSTER_ANNOUNCE_PORT: '0',
      MUSTER_GATEWAY_IDENTITY_DIR: join(dir, 'gateway'),
      ...environment,
    },
  });
  const ended = once(child, 'exit');
  const heard = async <K extends Answer['kind']>(kind: K): Promise<Extract<Answer, { kind: K }>> =>
    new Promise((resolve, reject) => {
      const hear = (answer: Answer): void => {
        if (answer.kind !== kind) return;
        child.off('message', hear);
        resolve(answer as Extract<Answer, { kind: K }>);
      };
      child.on('message', hear);
      void ended.then(() => reject(new Error('the embedded Muster ended')));
    });
  const { url, announcePort } = await heard('ready');
  const ask = (order: Order): void => void child.send(order);
  return {
    pid: child.pid ?? 0,
    url,
    announcePort,
    publish: async (first, count) => {
      const done = heard('published');
      ask({ kind: 'carry', first, count });
      await done;
    },
    state: () => {
      const answer = heard('state');
      ask({ kind: 'state', first: 0, count: 0 });
      return answer;
    },
    tables: async () => {
      const answer = heard('tables');
      ask({ kind: 'tables', first: 0, count: 0 });
      return (await answer).largest;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Devices grouped per second, from the first published to the last grouped, and the processor time for each until all is quiet. */
export async function carryEmbedded(muster: Embedded, first: number, count: number) {
  const [before, cpuBefore, startedAt] = [await muster.state(), cpuMsOf(muster.pid), performance.now()];
  const published = muster.publish(first, count);
  const look = async (done: () => Promise<boolean>): Promise<number> => {
    while (!(await done())) await delay(100);
    return (performance.now() - startedAt) / 1000;
  };
  const seconds = await look(async () => (await muster.state()).grouped >= before.grouped + count);
  await published;
  const allSeconds = await look(async () => (await muster.state()).idle);
  const cpuMsEach = (cpuMsOf(muster.pid) - cpuBefore) / count;
  return { perSecond: count / seconds, allPerSecond: count / allSeconds, cpuMsEach };
}
