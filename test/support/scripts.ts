// The project's scripts, from sources and from the build alike: the build lies in a folder of its own, the scripts do not,
// so that no import path holds for both.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as apt from '../../scripts/apt.mjs';
import type * as distributed from '../../scripts/distributed.mjs';
import type * as ports from '../../scripts/free-port.mjs';
import type * as postgres from '../../scripts/postgres-server.mjs';
import type * as rabbit from '../../scripts/rabbit-server.mjs';
import type * as servers from '../../scripts/servers.mjs';

const from = (name: string): string => pathToFileURL(join(process.cwd(), 'scripts', name)).href;

export const startDistributed: typeof distributed.startDistributed = async (options) =>
  ((await import(from('distributed.mjs'))) as typeof distributed).startDistributed(options);

export const freePort: typeof ports.freePort = async () =>
  ((await import(from('free-port.mjs'))) as typeof ports).freePort();

export const install: typeof servers.install = async (options) =>
  ((await import(from('servers.mjs'))) as typeof servers).install(options);

export const startRabbit: typeof rabbit.startRabbit = async (options) =>
  ((await import(from('rabbit-server.mjs'))) as typeof rabbit).startRabbit(options);

export const startPostgres: typeof postgres.startPostgres = async (options) =>
  ((await import(from('postgres-server.mjs'))) as typeof postgres).startPostgres(options);

/** Installs what `npm run bench:edge` compares with, where it is missing. */
export async function installCompared(): Promise<void> {
  const { compared, install: installPackages, missing } = (await import(from('apt.mjs'))) as typeof apt;
  const packages = missing(compared);
  if (packages.length > 0) await installPackages(packages);
}
