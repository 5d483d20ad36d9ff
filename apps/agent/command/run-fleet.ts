// muster fleet: printers for whoever has none at hand.
import { isIP } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '#events/message-of';
import type { Log } from '#runtime/log';
import { startFleet, type Fleet, type FleetCounts } from '../fleet.js';
import { portOf, UsageError, type Values } from './options.js';
import { untilStopped } from './until-stopped.js';
import { parseFault, type FaultyPrinter } from '../fleet/fault.js';

const countMax = 5_000;

export async function runFleet(
  values: Values,
  { log, say }: { readonly log: Log; readonly say: (text: string) => void },
): Promise<number> {
  const apiPort = portOf(values['api-port'], 7627);
  const fleet = await startFleet({
    count: countOf(values.count),
    stateDir: values.state ?? join('.data', 'fleet'),
    server: serverOf(values),
    faults: faultsOf(values.fault ?? []),
    log,
    ...(values.network !== undefined && { networkPrefix: values.network }),
    ...(values['serial-prefix'] !== undefined && { serialPrefix: values['serial-prefix'] }),
    apiPort,
  });
  const { identity } = fleet.printers[0] ?? {};
  say(`${fleet.printers.length} printers are up, the first at https://${identity?.ip}:${apiPort}`);
  const stopped = untilStopped().then(() => null);
  const counts = await Promise.race([fleet.settled(), stopped]);
  if (counts) say(report(counts));
  if (counts && !values.once) await stopped;
  return end(fleet);
}

async function end(fleet: Fleet): Promise<number> {
  const { printers, accepted } = fleet.counts();
  await fleet.stop();
  return printers === accepted ? 0 : 1;
}

const report = ({ accepted, refused, failed, retries }: FleetCounts): string =>
  `announced: ${accepted} accepted, ${refused} refused, ${failed} failed; ${retries} told to come again`;

function countOf(text = '20'): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > countMax) {
    throw new UsageError(`--count must be from 1 to ${countMax}, not ${text}.`);
  }
  return count;
}

/** `10.0.0.1`, `10.0.0.1:3329`, `fd00::1` or `[fd00::1]:3329`; `--port` wins. */
function serverOf({ server = '127.0.0.1', port }: Values): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, typedPort = '3329'] = /^(?:\[(.+)\]|(.+?))(?::(\d{1,5}))?$/.exec(server) ?? [];
  const host = isIP(server) === 0 ? (bracketed ?? plain ?? server) : server;
  return { host, port: portOf(port ?? (isIP(server) === 0 ? typedPort : undefined), 3329) };
}

function faultsOf(texts: readonly string[]): readonly FaultyPrinter[] {
  try {
    return texts.map(parseFault);
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}
