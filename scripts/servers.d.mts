// Types of servers.mjs for the tests.
export interface Server {
  readonly url: string;
  /** Leader of the server's process group. */
  readonly pid: number;
  /** Orderly; a second call waits for the first. */
  stop(): Promise<void>;
  /** At once, as SIGKILL does it. */
  kill(): Promise<void>;
}

/** Files; with them nobody is heard who does not speak TLS. */
export interface Tls {
  readonly certificate: string;
  readonly key: string;
}

export interface Rabbit extends Server {
  readonly environment: Readonly<Record<string, string>>;
  /** Runs rabbitmqctl on it and resolves with what it said. */
  control(...words: string[]): Promise<string>;
}

export function installed(): { readonly rabbitmq: boolean; readonly postgres: boolean };
export function install(options?: { say?(line: string): void }): Promise<void>;
export function startRabbit(options: {
  readonly dir: string;
  readonly port?: number;
  readonly tls?: Tls;
  /** Port of its page and HTTP API, which it has not without it. */
  readonly management?: number;
  /** Of its administrator muster, when it is started for the first time. */
  readonly password?: string;
}): Promise<Rabbit>;
export function startPostgres(options: {
  readonly dir: string;
  readonly port?: number;
  readonly tls?: Tls;
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<Server>;
export function controlRabbit(
  environment: Readonly<Record<string, string>>,
  words: readonly string[],
): Promise<string>;
export function freePort(): Promise<number>;
