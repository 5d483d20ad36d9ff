// `muster events replay`: events of the journal on one queue again, such as an integrator's own, or that of a service whose
// store was lost. Beside the services, which may not do this, and by the one list of who hears what.
import { resolve } from 'node:path';
import { openEmbeddedBus } from '#bus/embedded';
import { putBackEmbedded, type PutBack } from '#bus/put-back';
import { openRabbit } from '#bus/rabbit';
import { openPutBack } from '#bus/rabbit/put-back';
import { BusError, type Bus } from '#bus/bus';
import { parseEnvelope, type Event } from '#events/event';
import { brokerUrls } from '#runtime/broker-urls';
import { busShape, ConfigError, readConfig } from '#runtime/config';
import { openLog } from '#runtime/log';
import { FolderLocked } from '#store/lock-folder';
import { openEmbedded } from '#store/open';
import { printed } from '../cli/printed.js';
import { UsageError } from '../cli/words.js';
import { brokerTrouble } from './broker-trouble.js';
import { help, readReplay, type ReplayOptions } from './replay-options.js';
import { topology } from './services.js';

const log = openLog({ level: 'silent', fields: {} });
const toldEveryMs = 2_000;

interface Counts {
  readonly read: number;
  readonly wanted: number;
  readonly put: number;
}

/** Where events come from, and where they go. */
interface Way {
  readonly bus: Pick<Bus, 'readJournal'>;
  readonly back: PutBack;
  close(): Promise<void>;
}

async function main(): Promise<number> {
  const options = readReplay(process.argv.slice(2), topology, new Date());
  if (!options) {
    process.stdout.write(`${help}\n`);
    return 0;
  }
  const way = await (options.data === null ? byBroker(options) : inFolder(options.data, options.queue));
  try {
    const counts = await replay(way, options);
    process.stdout.write(`${result(counts, options)}\n`);
    return 0;
  } finally {
    await way.close();
  }
}

async function byBroker({ queue }: ReplayOptions): Promise<Way> {
  const config = readConfig(busShape, process.env);
  const authority = config.MUSTER_AMQP_CA_FILE ?? null;
  const urls = brokerUrls(config);
  const back = await openPutBack({ urls, authority }, queue);
  const bus = await openRabbit({ urls, authority, name: 'events replay', store: null, log });
  const close = async (): Promise<void> => void (await Promise.all([bus.stop(), back.close()]));
  return { bus, back, close };
}

async function inFolder(data: string, queue: string): Promise<Way> {
  const database = await openEmbedded({ dir: resolve(data) });
  const bus = openEmbeddedBus({ database, topology, log });
  const close = async (): Promise<void> => {
    await bus.stop();
    await database.close();
  };
  return { bus, back: putBackEmbedded(database, queue), close };
}

async function replay({ bus, back }: Way, options: ReplayOptions): Promise<Counts> {
  const { since, to, wants, dryRun } = options;
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new Error('interrupted'));
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop);
  let counts: Counts = { read: 0, wanted: 0, put: 0 };
  let told = performance.now();
  const take = async (messages: readonly unknown[]): Promise<void> => {
    const events = messages.flatMap(eventIn).filter(wants);
    const put = dryRun || events.length === 0 ? 0 : await back.put(events);
    counts = {
      read: counts.read + messages.length,
      wanted: counts.wanted + events.length,
      put: counts.put + put,
    };
    if (performance.now() - told < toldEveryMs) return;
    told = performance.now();
    process.stderr.write(`${result(counts, options)} so far\n`);
  };
  try {
    await bus.readJournal({ since, to, signal: stopping.signal }, take);
    return counts;
  } catch (error) {
    process.stderr.write(`${result(counts, options)} before it broke off\n`);
    throw error;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, stop);
  }
}

/** What is no event is nobody's. */
function eventIn(message: unknown): readonly Event[] {
  try {
    return [parseEnvelope(message)];
  } catch {
    return [];
  }
}

function result({ read, wanted, put }: Counts, { queue, dryRun }: ReplayOptions): string {
  const done = dryRun ? `${wanted} events would be put` : `${put} events put`;
  const waiting = !dryRun && put < wanted ? `, ${wanted - put} wait there already` : '';
  return `${done} on ${printed(queue)} of ${read} read${waiting}`;
}

function codeOf(error: unknown): number {
  const known = error instanceof ConfigError || error instanceof FolderLocked || error instanceof BusError;
  const usage = error instanceof UsageError;
  const interrupted = error instanceof Error && error.message === 'interrupted';
  const text = usage || interrupted ? error.message : (brokerTrouble(error) ?? textOf(error, known));
  process.stderr.write(`muster events replay: ${text}\n${usage ? 'Try --help.\n' : ''}`);
  return usage ? 2 : 1;
}

const textOf = (error: unknown, known: boolean): string | undefined =>
  error instanceof Error ? (known || 'code' in error ? error.message : error.stack) : String(error);

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = codeOf(error);
}
