// Console as its process runs it, with HTTP, bus and database.
import { metrics } from '@opentelemetry/api';
import { openEmbeddedBus } from '#bus/embedded';
import { topologyOf, type Subscriber } from '#bus/topology';
import type { Bus } from '#bus/bus';
import { catalogue } from '#events/catalogue';
import { stamp, type Draft, type Event } from '#events/event';
import { configure } from '#runtime/config';
import { host, type Host } from '#runtime/host';
import { openLog } from '#runtime/log';
import { startTelemetry } from '#runtime/telemetry';
import { migrate } from '#store/migrate';
import { openEmbedded, openPostgres } from '#store/open';
import type { Database } from '#store/store';
import { freshDatabase } from './servers.js';
import { until } from './until.js';
import { console } from '../../apps/console/console.js';
import { hashOf, secret, tokenPrefix } from '../../apps/console/who/caller.js';
import type { TokenRole } from '../../libs/answers/access.js';

/** Both databases; what is told of one holds for the other. */
export const databases = [
  { name: 'PGlite', open: () => openEmbedded({ dir: null }) },
  { name: 'PostgreSQL', open: async () => openPostgres({ url: await freshDatabase() }) },
] as const;

export const password = 'a long enough password';

/** Every field of an answer or an event that these tests look at; those that are not in it are undefined. */
export interface Said {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly token: string;
  readonly serial: string;
  readonly action: string;
  readonly who: string;
  readonly detail: string;
  readonly text: string;
  readonly reminder: string | null;
  readonly version: number;
  readonly body: Said | null;
  readonly faults: readonly { readonly path: string; readonly line: number; readonly message: string }[];
  readonly items: readonly Said[];
  readonly agent: object;
  readonly total: number;
  readonly next: string | null;
  readonly history: readonly Said[];
  readonly lastAnnouncement: unknown;
  readonly notAssessed: unknown;
  readonly lastAssessment: { readonly results: unknown };
  readonly devices: number;
  readonly certificates: readonly object[];
  readonly dropped: readonly string[];
  readonly assessing: number;
  readonly tasks: { readonly queued: number; readonly running: number };
  readonly seats: unknown;
  readonly server: string;
  readonly policyId: string | null;
  readonly added: readonly string[];
  readonly components: { readonly schemas: object };
  readonly paths: Readonly<Record<string, object>>;
  readonly asyncapi: string;
  readonly channels: object;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Said;
  readonly text: string;
}

export interface Asking {
  readonly token?: string;
  readonly headers?: Record<string, string>;
  /** Text is sent as text/plain, anything else as JSON. */
  readonly body?: unknown;
}

/** Not kept by a broker, but by the same database. */
export function openTrialBus(database: Database, others: readonly Subscriber[] = []): Bus {
  const on = console.consumers.flatMap((consumer) => consumer.on);
  const topology = topologyOf(catalogue.values(), [{ service: 'console', on }, ...others]);
  return openEmbeddedBus({ database, topology, log: openLog({ level: 'silent', fields: {} }) });
}

export const noopMeter = metrics.getMeter('trial');

export class Trial {
  #sequence = 0;

  private constructor(
    readonly database: Database,
    readonly bus: Bus,
    readonly host: Host,
  ) {}

  /** @param others services that hear something too, for tests that run one beside console */
  static async start(
    database: Database,
    environment: NodeJS.ProcessEnv = {},
    others: readonly Subscriber[] = [],
  ): Promise<Trial> {
    // Credentials lie in a table of assessment's.
    const schemas = new Set(['bus', 'console', 'assessment', ...others.map(({ service }) => service)]);
    await migrate(database, [...schemas]);
    const log = openLog({ level: 'silent', fields: {} });
    const bus = openTrialBus(database, others);
    const running = await host({
      services: configure([console], environment),
      bus,
      database,
      telemetry: startTelemetry('console-trial', undefined),
      log,
      instance: 'trial',
      http: { host: '127.0.0.1', port: 0 },
      batchMax: 200,
      reportSeconds: 15,
    });
    await running.started;
    return new Trial(database, bus, running);
  }

  /** A token of a role, without asking for it through the API. */
  async token(role: TokenRole): Promise<string> {
    const token = tokenPrefix + secret();
    await this.database.query(
      `insert into console.token (id, name, token_hash, role, created_by) values (gen_random_uuid(), $1, $2, $3, 'trial')`,
      [`${role}-${token.slice(-6)}`, hashOf(token), role],
    );
    return token;
  }

  async ask(method: string, path: string, { token, headers, body }: Asking = {}): Promise<Answer> {
    const text = typeof body === 'string';
    const response = await fetch(`${this.host.url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': text ? 'text/plain' : 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: text ? body : JSON.stringify(body) }),
    });
    const said = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const { status, headers: answered } = response;
    return { status, headers: answered, body: (isJson ? JSON.parse(said) : {}) as Said, text: said };
  }

  /** An event of another service, numbered after the one before. */
  event<D>(publisher: string, draft: Draft<D>): Event<D> {
    this.#sequence += 1;
    const occurredAt = new Date().toISOString();
    return stamp(draft, {
      publisher,
      sequence: this.#sequence,
      occurredAt,
      causedBy: null,
      traceparent: null,
    });
  }

  /** Publishes them, and resolves when console has all of them in its feed and its projections. */
  async hear(...events: readonly Event[]): Promise<void> {
    await this.bus.publish(events);
    const ids = events.map(({ id }) => id);
    await until('all events are projected', async () => {
      const rows = await this.database.query(
        `select 1 from console.feed where event->>'id' = any($1::text[])`,
        [ids],
      );
      return rows.length === ids.length;
    });
  }

  /** Events of a type that are on the bus, oldest first. */
  async told(type: string): Promise<readonly Said[]> {
    const rows = await this.database.query<{ body: Event<Said> }>(
      'select body from bus.event where type = $1 order by seq',
      [type],
    );
    return rows.map(({ body }) => body.data);
  }

  async stop(): Promise<void> {
    await this.host.stop();
    await this.database.close();
  }
}
