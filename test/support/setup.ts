// Once per test run: a door through which test files ask for RabbitMQ and PostgreSQL. Nothing is started until one asks,
// so a run of unit tests pays nothing; the servers belong to this process, and die with it.
import { chmod, mkdtemp, readdir, rm, writeFile, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../scripts/postgres-server.mjs';
import { startRabbit } from '../../scripts/rabbit-server.mjs';
import type { Server } from '../../scripts/server-process.mjs';
import { install } from '../../scripts/servers.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** Port of loopback where GET /rabbit and GET /postgres answer what is needed to use them. */
    readonly servers: number;
    /** Of this run, gone with it. */
    readonly folder: string;
  }
}

const prefix = 'muster-test-';
// Nothing of a test run outlives its processes; flushing to disk would only slow it down.
const fast = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweep();
  const dir = await mkdtemp(path.join(tmpdir(), prefix));
  await chmod(dir, 0o711);
  await writeFile(path.join(dir, 'owner'), String(process.pid));
  const rabbit = lazy(() => startRabbit({ dir: path.join(dir, 'rabbit') }));
  const postgres = lazy(() => startPostgres({ dir: path.join(dir, 'postgres'), settings: fast }));
  const doors: Record<string, () => Promise<object>> = {
    '/rabbit': async () => {
      const { url, environment, pid } = await rabbit.get();
      return { url, environment, pid };
    },
    '/postgres': async () => ({ url: (await postgres.get()).url }),
  };
  const server = createServer((request, response) => {
    const open = doors[request.url ?? ''] ?? (() => Promise.reject(new Error('no such server')));
    open().then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(portOf(server.address())));
  });
  project.provide('servers', port);
  project.provide('folder', dir);
  return async () => {
    server.close();
    await Promise.all([rabbit.kill(), postgres.kill()]);
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  };
}

function portOf(address: unknown): number {
  if (typeof address === 'object' && address !== null && 'port' in address) return Number(address.port);
  throw new Error('the door of the servers has no port');
}

function lazy<S extends Server>(start: () => Promise<S>) {
  let started: Promise<S> | undefined;
  return {
    get: () => (started ??= installing().then(start)),
    kill: async () => (await started?.catch(() => undefined))?.kill(),
  };
}

let installed: Promise<void> | undefined;

/** One installation for both servers. */
function installing(): Promise<void> {
  return (installed ??= install({ say: (line) => console.error(line) }));
}

/** Folders of runs that were killed; their servers went with them. */
async function sweep(): Promise<void> {
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const name of left) {
    const dir = path.join(tmpdir(), name);
    const owner = Number(await readFile(path.join(dir, 'owner'), 'utf8').catch(() => ''));
    if (owner > 0 && !alive(owner)) await rm(dir, { recursive: true, force: true });
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
