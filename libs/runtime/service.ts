// What every process of Muster needs.
//
//   service.ts     what an app is made of; an app's main.ts hands it to serve
//   serve.ts       one service as a process on RabbitMQ and PostgreSQL; drains on SIGTERM
//   required-queues.ts  without which each publishes nothing
//   host.ts        runs services on a bus and a database, whichever: HTTP (http.ts), deliveries, workers, in order
//   report.ts      tells console how each service fares; figures.ts: its numbers, gauges.ts: as metrics
//   repeat.ts      work that a service does again and again beside its events; upkeep.ts: such work for every store
//   config.ts      environment and files to a frozen object, or every fault listed; broker-urls.ts and
//                  database-address.ts: where servers are, in-clear.ts: and whether others could listen
//   log.ts         structured lines with trace ids; nest-log.ts: Nest's among them
//   telemetry.ts   OpenTelemetry: spans out by OTLP, metrics at /metrics
//   uncollected.ts what spans are where nobody collects them
//   health.ts      /health/live and /health/ready
//   port-unavailable.ts  a port that is taken, in words; help.ts: to --help; version.ts: of Muster
import type { Type } from '@nestjs/common';
import type { Meter } from '@opentelemetry/api';
import type { Bus } from '../bus/bus.js';
import type { Consumer } from '../bus/consumer.js';
import type { Worker } from '../bus/worker.js';
import type { QueueLoad, ServiceName, ServiceReport } from '../events/service.js';
import type { Store } from '../store/store.js';
import type { Log } from './log.js';

/** What a running service may use. */
export interface Parts<Config = unknown> {
  readonly config: Config;
  readonly log: Log;
  readonly meter: Meter;
  readonly bus: Bus;
  /** This process among the service's instances, for logs and leases. */
  readonly instance: string;
}

/** With a database: every service but the gateway. */
export interface StoredParts<Config = unknown> extends Parts<Config> {
  readonly store: Store;
}

/** Numbers for the report of a service. */
export interface Figures extends Readonly<Pick<ServiceReport, 'parked' | 'outbox' | 'spool' | 'edge'>> {
  readonly queues: readonly QueueLoad[];
  readonly budgets: readonly ServiceReport['budgets'][number][];
}

/** Something that runs as long as its service does. */
export interface Running {
  /** Takes no new work, ends what it has, resolves. */
  stop(): Promise<void>;
  /** Why it cannot do its work now; empty when it can. Asked by /health/ready. */
  problems?(): readonly string[];
  /** Numbers that it alone knows, for the service's report. From memory: asked every second or so. */
  figures?(): Partial<Figures>;
  /** True while it can do its work without the bus, as the gateway does with a spool: then the bus is no problem of its own. */
  carriesOn?(): boolean;
  /** Where it listens, if it does. */
  readonly port?: number;
}

interface Named<Config> {
  readonly name: ServiceName;
  /** One pure function from the environment; throws ConfigError with every fault. */
  readonly config: (environment: NodeJS.ProcessEnv) => Config;
}

/** A service with a database: every one but the gateway. */
export interface StoredService<Config = unknown> extends Named<Config> {
  readonly stored?: true;
  readonly consumers: readonly Consumer[];
  workers?(parts: StoredParts<Config>): readonly Worker[];
  /** Queues of others whose depth it exports too: a service that is stopped cannot. */
  readonly watches?: readonly string[];
  /** Schedules and the like. Started when database and bus are there, stopped before they go. */
  start?(parts: StoredParts<Config>): Promise<Running>;
  /** Controllers and their providers, beside /health and /metrics; may inject PARTS. */
  readonly module?: Type;
}

/** The gateway: no database, nothing heard but the edge configuration. */
export interface EdgeService<Config = unknown> extends Named<Config> {
  readonly stored: false;
  start(parts: Parts<Config>): Promise<Running>;
}

export type Service<Config = unknown> = StoredService<Config> | EdgeService<Config>;

/** Injection token of StoredParts for Nest providers. */
export const PARTS = Symbol('parts');
