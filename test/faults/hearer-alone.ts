// A service that tells nothing of what it hears, as a process: what it lost is seen by its inbox alone.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import amqp from 'amqplib';
import { Client } from 'pg';
import { declareTopology } from '#bus/rabbit/declare';
import { exchange } from '#bus/topology';
import { deviceDiscovered } from '#events/device';
import { migrate } from '#store/migrate';
import { openPostgres } from '#store/open';
import { freePort } from '../../scripts/free-port.mjs';
import { topology } from '../../apps/standalone/services.js';
import { Process } from '../support/process.js';
import { freshDatabase, freshVhost } from '../support/servers.js';
import { until } from '../support/until.js';
import { root } from '../tidy/sources.js';
import { stamped } from './discovery-alone.js';
import { untaken } from './inboxes.js';
import { readJournal } from './journal.js';

const limitMs = 120_000;

interface Parts {
  /** Where the build is. */
  readonly home: string;
  readonly service: string;
  readonly broker: string;
  readonly database: string;
  readonly client: Client;
}

export class HearerAlone {
  #process: Process | null = null;

  private constructor(private readonly parts: Parts) {}

  static async open(home: string, service: string): Promise<HearerAlone> {
    const [broker, database] = await Promise.all([freshVhost(), freshDatabase()]);
    await declareTopology({ urls: [broker] }, topology);
    const store = await openPostgres({ url: database });
    await migrate(store, [service]);
    await store.close();
    const client = new Client({ connectionString: database });
    await client.connect();
    return new HearerAlone({ home, service, broker, database, client });
  }

  /** Devices are discovered. Resolves to the id of the last event, once the broker has all. */
  async tell(count: number): Promise<string> {
    const connection = await amqp.connect(this.parts.broker);
    const channel = await connection.createConfirmChannel();
    let last = '';
    for (let number = 0; number < count; number += 1) {
      const data = { ...deviceDiscovered.example, deviceId: randomUUID() };
      const event = stamped(deviceDiscovered.draft(data));
      const options = { persistent: true, messageId: event.id, type: event.type };
      channel.publish(exchange, event.type, Buffer.from(JSON.stringify(event)), options);
      last = event.id;
    }
    await channel.waitForConfirms();
    await connection.close();
    return last;
  }

  /** Starts it, and waits until it has ended itself at `point`. */
  async dieAt(point: string): Promise<void> {
    const process = await this.#start({ MUSTER_KILL_POINT: point });
    await until(`it ends at ${point}`, () => process.exitCode !== null, limitMs);
  }

  /** Started again, it has taken the last event there is, as its queue keeps the order: what it has not taken by then. */
  async missing(): Promise<readonly string[]> {
    const { service, client, broker } = this.parts;
    const last = await this.tell(1);
    await this.#start({});
    const taken = async (): Promise<boolean> =>
      (await client.query(`select from ${service}.inbox where event_id = $1`, [last])).rowCount === 1;
    await until('the last one is taken', taken, limitMs);
    const query = async <Row extends object>(sql: string, parameters: readonly unknown[]) =>
      (await client.query<Row>(sql, [...parameters])).rows;
    const journal = (await readJournal(broker)).filter(({ type }) => type === deviceDiscovered.type);
    return untaken({ topology, query, services: [service] }, journal);
  }

  async close(): Promise<void> {
    await this.#process?.signal('SIGKILL');
    await this.parts.client.end();
  }

  async #start(extra: Readonly<Record<string, string>>): Promise<Process> {
    const { home, service, broker, database } = this.parts;
    const environment = {
      MUSTER_AMQP_URL: broker,
      MUSTER_DATABASE_URL: database,
      MUSTER_HTTP_HOST: '127.0.0.1',
      MUSTER_HTTP_PORT: String(await freePort()),
      MUSTER_PAGE_DIR: join(root, 'dist/web'),
      ...extra,
    };
    this.#process = new Process({
      name: service,
      entry: join(home, `dist/apps/${service}/main.js`),
      environment,
    });
    return this.#process;
  }
}
