// Types of distributed.mjs for what is built: tests and benches.
import type { Rabbit } from './rabbit-server.mjs';
import type { Server } from './server-process.mjs';

/** One process of one service. */
export interface ServiceProcess {
  readonly name: string;
  readonly number: number;
  /** Of its health and metrics. */
  readonly url: string;
  readonly announcePort: number | null;
  readonly pid: number;
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | string | null>;
  ready(): Promise<void>;
  signal(which: NodeJS.Signals): boolean;
  restart(extra?: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

/** Killed, it can be started again at the same port. */
interface Restartable {
  restart(): Promise<void>;
}

export interface Distributed {
  readonly processes: readonly ServiceProcess[];
  readonly rabbit: Pick<Rabbit, 'url' | 'pid' | 'control' | 'kill' | 'stop'> & Restartable;
  readonly postgres: Pick<Server, 'url' | 'pid' | 'kill' | 'stop'> & Restartable;
  readonly adminPasswordFile: string;
  /** Passwords by account, authority.crt. In this process, what the authority vouches for is trusted already. */
  readonly secretsFolder: string;
  named(name: string): readonly ServiceProcess[];
  stop(): Promise<void>;
}

export function startDistributed(options: {
  readonly dir: string;
  readonly node: string;
  /** Of every service, or of some: by name. */
  readonly instances?: number | Readonly<Record<string, number>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: { readonly http?: number; readonly announce?: number; readonly management?: number };
  readonly say?: (label: string, line: string) => void;
}): Promise<Distributed>;
