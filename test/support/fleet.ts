// Virtual printers for stories, in this process, with their state in a folder of their own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '#runtime/log';
import type { Muster } from './muster.js';
import { startFleet, type Fleet, type FleetOptions } from '../../apps/agent/fleet.js';

const log = openLog({ level: 'silent', fields: {} });
const folders = new WeakMap<Fleet, string>();

export type Plugged = Pick<FleetOptions, 'count'> & Partial<FleetOptions>;

/** Printers that announce to a gateway of `muster`: its first, unless `gateway` names another. */
export async function plugIn(muster: Muster, options: Plugged, gateway = 0): Promise<Fleet> {
  const stateDir = await mkdtemp(join(tmpdir(), 'muster-fleet-'));
  const port = muster.announcePorts[gateway];
  if (port === undefined) throw new Error(`there is no gateway ${gateway}`);
  const server = { host: '127.0.0.1', port };
  const fleet = await startFleet({ stateDir, server, apiPort: muster.devicePort, log, ...options });
  folders.set(fleet, stateDir);
  return fleet;
}

export async function unplug(fleet: Fleet | undefined): Promise<void> {
  if (!fleet) return;
  await fleet.stop();
  const folder = folders.get(fleet);
  if (folder) await rm(folder, { recursive: true, force: true });
}
