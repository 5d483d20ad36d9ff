// Types of server-process.mjs for the tests.
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
