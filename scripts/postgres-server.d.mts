// Types of postgres-server.mjs for the tests.
import type { Server, Tls } from './server-process.mjs';

export function startPostgres(options: {
  readonly dir: string;
  readonly port?: number;
  readonly tls?: Tls;
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<Server>;
