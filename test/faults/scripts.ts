// The project's scripts, from sources and from the build alike: the build lies in a folder of its own, the scripts do not,
// so that no import path holds for both.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as distributed from '../../scripts/distributed.mjs';
import type * as servers from '../../scripts/servers.mjs';

const from = (name: string): string => pathToFileURL(join(process.cwd(), 'scripts', name)).href;

export const startDistributed: typeof distributed.startDistributed = async (options) =>
  ((await import(from('distributed.mjs'))) as typeof distributed).startDistributed(options);

export const freePort: typeof servers.freePort = async () =>
  ((await import(from('servers.mjs'))) as typeof servers).freePort();
