// Runs services on a bus and a database, whichever these are: one service in a process of its own, or all in one.
import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../bus/bus.js';
import { Delivery } from '../bus/delivery.js';
import { guardKillPoint } from '../bus/kill-point.js';
import { queuesOf } from '../bus/topology.js';
import { runWorkers, type Worker } from '../bus/worker.js';
import { backOffMs } from '../events/back-off.js';
import { missing } from '../store/migrate.js';
import { Store, type Database } from '../store/store.js';
import type { Configured } from './config.js';
import { measure } from './figures.js';
import { observeReady } from './gauges.js';
import type { Log } from './log.js';
import { startReports } from './report.js';
import type { ServiceName } from '../events/service.js';
import type { EdgeService, Figures, Parts, Running, Service, StoredParts, StoredService } from './service.js';
import type { Telemetry } from './telemetry.js';
import { keepUp } from './upkeep.js';

export interface Hosting {
  readonly services: readonly Configured[];
  /** Stopped with the host, or when there is none: it is the host's. */
  readonly bus: Bus;
  /** Null for a gateway alone. */
  readonly database: Database | null;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly instance: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly batchMax: number;
  /** How often each service says how it fares. */
  readonly reportSeconds: number;
}

export interface Host {
  /** Where health, metrics and, with console, API and page are. */
  readonly url: string;
  /** Resolves when all services do their work, or were stopped before. Rejects, nothing left running, when one cannot start. */
  readonly started: Promise<void>;
  problems(): readonly string[];
  /** Where a service listens that has a port of its own; null: it has none, or has not started. */
  portOf(service: ServiceName): number | null;
  /** Drains: no new work, what is in flight ends, then bus and HTTP close. The database stays open: it is the caller's. */
  stop(): Promise<void>;
}

/** A service with what it runs on. */
interface Hosted {
  readonly service: Service;
  readonly parts: Parts;
  readonly stored: {
    readonly service: StoredService;
    readonly parts: StoredParts;
    readonly delivery: Delivery;
  } | null;
  /** What was started of it. */
  readonly running: Running[];
}

/** So long a gateway may take to open its door before health is served without it. */
const headStartMs = 1_000;

/** Rejects, nothing left running, when HTTP cannot be served. */
export async function host(on: Hosting): Promise<Host> {
  guardKillPoint(on.log);
  const hosted = on.services.map((configured) => prepare(on, configured));
  const ports = new Map<ServiceName, number>();
  let state: 'starting' | 'running' | 'stopping' = 'starting';
  const problemsOf = (some: readonly Hosted[]): readonly string[] => {
    if (state !== 'running') return [`the process is ${state}`];
    const running = some.flatMap((each) => each.running);
    const alone = running.length > 0 && running.every((part) => part.carriesOn?.());
    const problem = alone ? null : on.bus.status().problem;
    return [...(problem ? [problem] : []), ...some.flatMap(ownProblems)];
  };
  const problems = () => problemsOf(hosted);
  const aborted = new AbortController();
  const { signal } = aborted;
  const startAll = async (): Promise<void> => {
    for (const one of hosted) {
      if (signal.aborted) return;
      for await (const part of startService(on, one)) {
        one.running.push(part);
        if (part.port !== undefined) ports.set(one.service.name, part.port);
      }
    }
  };
  const stopAll = async (): Promise<void> => {
    for (const part of hosted.flatMap(({ running }) => running).toReversed()) await part.stop();
  };
  // Devices do not wait for what serves health, which takes half a second to load.
  const edge = on.database ? null : startAll();
  edge?.catch(() => undefined);
  if (edge) await Promise.race([edge.catch(() => undefined), delay(headStartMs, null, { ref: false })]);
  const { openHttp } = await import('./http.js');
  const app = await openHttp({
    ...on.http,
    log: on.log,
    health: { problems, telemetry: on.telemetry },
    stored: hosted.flatMap(({ stored }) => stored ?? []),
  }).catch(async (error: unknown) => {
    aborted.abort();
    await edge?.catch(() => undefined);
    await stopAll();
    await on.bus.stop();
    throw error;
  });
  const reported = hosted.map((one) => ({
    service: one.service.name,
    problems: () => problemsOf([one]),
    figures: () => figuresOf(one),
  }));
  const ready = observeReady(on.telemetry.meter, reported);
  const reports = startReports({
    bus: on.bus,
    instance: on.instance,
    services: reported,
    ...paceOf(on),
  });
  const begun = (async () => {
    if (on.database) await awaitDatabase(on.database, hosted, on.log, signal);
    if (!signal.aborted) await app.startAllMicroservices();
    await (edge ?? startAll());
    if (state === 'starting') state = 'running';
  })();
  const end = async (): Promise<void> => {
    state = 'stopping';
    aborted.abort();
    await begun.catch(() => undefined);
    await stopAll();
    await app.close();
    await reports.stop();
    ready.stop();
    await on.bus.stop();
  };
  let ended: Promise<void> | null = null;
  const stop = (): Promise<void> => (ended ??= end());
  const started = begun.catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1').replace('0.0.0.0', '127.0.0.1');
  const portOf = (service: ServiceName): number | null => ports.get(service) ?? null;
  return { url, started, problems, portOf, stop };
}

function prepare(on: Hosting, { service, config }: Configured): Hosted {
  // A process of one service says so on each line already.
  const log = on.services.length > 1 ? on.log.child({ service: service.name }) : on.log;
  const { bus, instance, batchMax } = on;
  const { meter } = on.telemetry;
  const parts: Parts = { config, log, meter, bus, instance };
  if (service.stored === false) return { service, parts, stored: null, running: [] };
  if (!on.database) throw new Error(`${service.name} needs a database`);
  const store = new Store(on.database, service.name, service.name === 'console' ? 'page' : 'service');
  const { consumers } = service;
  const delivery = new Delivery({ service: service.name, store, bus, consumers, log, meter, batchMax });
  return { service, parts, stored: { service, parts: { ...parts, store }, delivery }, running: [] };
}

function ownProblems({ stored, running }: Hosted): readonly string[] {
  return [stored?.delivery.problem() ?? [], ...running.map((part) => part.problems?.() ?? [])].flat();
}

const unknownFigures: Figures = {
  queues: [],
  parked: null,
  outbox: null,
  spool: null,
  edge: null,
  budgets: [],
};

function figuresOf({ running }: Hosted): Figures {
  return running.reduce((all, part) => ({ ...all, ...part.figures?.() }), unknownFigures);
}

/** Behind all other work, where services share a connection. */
function measureStored(
  { bus, database, telemetry }: Hosting,
  { service, parts }: NonNullable<Hosted['stored']>,
  workers: readonly Worker[],
): Running {
  const { name, watches = [] } = service;
  const store = new Store(parts.store.database, name, 'page');
  const { meter } = telemetry;
  const hasOutbox = database?.single === false;
  return measure({ service: name, bus, queues: queuesOf(name), watches, store, hasOutbox, workers, meter });
}

/**
 * In one process console needs no sign of life from the services beside it: while nothing changes they say little, and
 * leave the journal to what happens.
 */
function paceOf({ reportSeconds, database }: Hosting): { changedMs: number; everyMs: number } {
  const changedMs = reportSeconds * 1000;
  return { changedMs, everyMs: database?.single ? 20 * changedMs : changedMs };
}

/**
 * Back-off while the database is away, or its migrations have not run: the service waits, its liveness does not. Resolves
 * when it is there, or `signal` says stop.
 */
async function awaitDatabase(
  database: Database,
  hosted: readonly Hosted[],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const schemas = hosted.flatMap(({ stored }) => stored?.parts.store.schema ?? []);
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      await database.connect();
      const lacking = await Promise.all(
        schemas.map(async (schema) => ({ schema, files: await missing(database, schema) })),
      );
      const behind = lacking.filter(({ files }) => files.length > 0);
      if (behind.length === 0) return;
      if (tries % 10 === 0)
        log.warn({ behind }, 'The database lacks migrations: run `muster migrate`; waiting for it');
    } catch (error) {
      if (tries % 10 === 0) log.warn({ error }, 'The database cannot be reached; trying again');
    }
    await delay(backOffMs(tries + 1, { firstMs: 100, maxMs: 1_000 }), null, { signal }).catch(
      () => undefined,
    );
  }
}

/** One part after the other: those before one that cannot start are to be stopped. */
async function* startService(on: Hosting, { service, parts, stored }: Hosted): AsyncGenerator<Running> {
  if (!stored) {
    yield (service as EdgeService).start(parts);
    return;
  }
  const { store, log, meter } = stored.parts;
  const workers = stored.service.workers?.(stored.parts) ?? [];
  const { bus, instance } = on;
  yield measureStored(on, stored, workers);
  if (workers.length > 0) {
    yield runWorkers({ store, bus, workers, log, meter, service: service.name, instance });
  }
  if (stored.service.start) yield stored.service.start(stored.parts);
  yield keepUp({ store, log });
}
