// Types of rabbit-server.mjs for the tests.
import type { Server, Tls } from './server-process.mjs';

export interface Rabbit extends Server {
  readonly environment: Readonly<Record<string, string>>;
  /** Runs rabbitmqctl on it and resolves with what it said. */
  control(...words: string[]): Promise<string>;
}

export function startRabbit(options: {
  readonly dir: string;
  readonly port?: number;
  readonly tls?: Tls;
  /** Port of its page and HTTP API, which it has not without it. */
  readonly management?: number;
  /** Of its administrator muster, when it is started for the first time. */
  readonly password?: string;
}): Promise<Rabbit>;
export function controlRabbit(
  environment: Readonly<Record<string, string>>,
  words: readonly string[],
): Promise<string>;
