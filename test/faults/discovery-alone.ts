// Discovery as a process, with all that it hears from us: the cheapest part of Muster in which an event can be lost or
// take effect twice.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import amqp, { type ConfirmChannel } from 'amqplib';
import { Client } from 'pg';
import { declareTopology } from '#bus/rabbit/declare';
import { exchange } from '#bus/topology';
import { deviceAnnounced } from '#events/announcement';
import {
  discoveryProgressed,
  discoveryRequested,
  type DiscoveryProgressed,
  type Wanted,
} from '#events/discovery';
import { stamp, type Draft, type Event } from '#events/event';
import { defaultSettings, settingsChanged, type Settings } from '#events/settings';
import { migrate } from '#store/migrate';
import { openPostgres } from '#store/open';
import { freePort } from '../../scripts/free-port.mjs';
import { topology } from '../../apps/standalone/services.js';
import { Process } from '../support/process.js';
import { freshDatabase, freshVhost } from '../support/servers.js';
import { until } from '../support/until.js';
import { readJournal } from './journal.js';
import { judge, type Accepted, type Verdict } from './verdict.js';

const limitMs = 120_000;

export class DiscoveryAlone {
  readonly #accepted: Accepted[] = [];
  #process: Process | null = null;
  #told = 0;

  private constructor(
    private readonly parts: {
      /** Where the build is. */
      readonly home: string;
      readonly broker: string;
      readonly database: string;
      readonly client: Client;
      readonly connection: amqp.ChannelModel;
      readonly channel: ConfirmChannel;
    },
  ) {}

  static async open(home: string): Promise<DiscoveryAlone> {
    const [broker, database] = await Promise.all([freshVhost(), freshDatabase()]);
    await declareTopology({ urls: [broker] }, topology);
    const store = await openPostgres({ url: database });
    await migrate(store, ['discovery']);
    await store.close();
    const client = new Client({ connectionString: database });
    await client.connect();
    const connection = await amqp.connect(broker);
    const channel = await connection.createConfirmChannel();
    return new DiscoveryAlone({ home, broker, database, client, connection, channel });
  }

  /** What an operator would have said. */
  allow(change: Partial<Settings> = {}): Promise<void> {
    const body = { ...defaultSettings, acceptAnnouncements: true, ...change };
    return this.#tell([settingsChanged.draft({ id: 'settings', version: 1, changedBy: 'test', body })]);
  }

  /** New devices announce, each once. The broker has confirmed each: they are accepted. */
  async announce(count: number): Promise<void> {
    const drafts = Array.from({ length: count }, () => announcementOf(this.#told++));
    await this.#tell(drafts.map(({ draft }) => draft));
    this.#accepted.push(...drafts.map(({ accepted }) => accepted));
  }

  /** As console tells it of what an operator has looked for, in parts of ten. */
  async lookFor(discoveryId: string, wanted: readonly Wanted[]): Promise<void> {
    const parts = Math.ceil(wanted.length / 10);
    const drafts = Array.from({ length: parts }, (_, n) =>
      discoveryRequested.draft({
        discoveryId,
        part: n + 1,
        parts,
        wanted: wanted.slice(n * 10, (n + 1) * 10),
        requestedBy: 'test',
      }),
    );
    await this.#tell(drafts);
  }

  /** All that it told of what was looked for, in order; what it published twice, as it died before it knew, is one. */
  async progressed(): Promise<readonly DiscoveryProgressed[]> {
    const events = new Map((await readJournal(this.parts.broker)).map((event) => [event.id, event]));
    return [...events.values()].flatMap((event) => (discoveryProgressed.is(event) ? [event.data] : []));
  }

  /** As a machine that dies, at any moment; what it held is free at once, and not after half a minute. */
  async kill(): Promise<void> {
    await this.#process?.signal('SIGKILL');
    await this.parts.client.query('update discovery.outbox set claimed_until = now()');
    await this.parts.client.query(`update discovery.task set lease_until = now() where state = 'running'`);
  }

  /** Starts it, and waits until it has ended itself at `point`. */
  async dieAt(point: string): Promise<void> {
    const process = await this.#start({ MUSTER_KILL_POINT: point });
    const ended = process.ended();
    await until(`it ends at ${point}`, () => process.exitCode !== null, limitMs);
    await ended;
    // Another process would wait until the claim of the dead one has run out.
    await this.parts.client.query('update discovery.outbox set claimed_until = now()');
  }

  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#process = await this.#start(environment);
  }

  /** Resolves when it has taken all that it was told. */
  async heardAll(): Promise<void> {
    const count = async (): Promise<number> =>
      this.#count(`select count(*) from discovery.inbox where consumer = 'discovery.admission'`);
    await until('all are heard', async () => (await count()) >= this.#accepted.length, limitMs);
  }

  /**
   * What became of all that was accepted, once a last announcement was taken, since its queue keeps the order, and nothing
   * waits in a table.
   */
  async verdict(): Promise<Verdict> {
    await this.announce(1);
    const last = this.#accepted.at(-1)?.id;
    const heard = `select count(*) from discovery.inbox where event_id = '${last}'`;
    await until('the last one is taken', async () => (await this.#count(heard)) === 1, limitMs);
    const waiting = `select (select count(*) from discovery.outbox) + (select count(*) from discovery.parked) as count`;
    await until('nothing waits', async () => (await this.#count(waiting)) === 0, limitMs);
    return judge(this.#accepted, await readJournal(this.parts.broker), 'discovery');
  }

  async close(): Promise<void> {
    await this.#process?.signal('SIGKILL');
    await this.parts.client.end();
    await this.parts.connection.close();
  }

  async #count(sql: string): Promise<number> {
    const { rows } = await this.parts.client.query<{ count: string }>(sql);
    return Number(rows[0]?.count);
  }

  async #start(extra: Readonly<Record<string, string>>): Promise<Process> {
    const { home, broker, database } = this.parts;
    const environment = {
      MUSTER_AMQP_URL: broker,
      MUSTER_DATABASE_URL: database,
      MUSTER_HTTP_HOST: '127.0.0.1',
      MUSTER_HTTP_PORT: String(await freePort()),
      ...extra,
    };
    return new Process({ name: 'discovery', entry: join(home, 'dist/apps/discovery/main.js'), environment });
  }

  async #tell(drafts: readonly Draft[]): Promise<void> {
    const { channel } = this.parts;
    for (const draft of drafts) {
      const event = stamped(draft);
      const options = { persistent: true, messageId: event.id, type: event.type };
      channel.publish(exchange, event.type, Buffer.from(JSON.stringify(event)), options);
    }
    await channel.waitForConfirms();
  }
}

/** As its publisher would tell it, of itself. */
export function stamped(draft: Draft): Event {
  return stamp(draft, {
    publisher: draft.definition.publisher,
    sequence: Date.now(),
    occurredAt: new Date().toISOString(),
    causedBy: null,
    traceparent: null,
  });
}

function announcementOf(number: number): { readonly draft: Draft; readonly accepted: Accepted } {
  const id = randomUUID();
  const announcementId = `planted-${number}`;
  const serial = `PLANTED${String(number).padStart(4, '0')}`;
  const ip = `10.7.${number >> 8}.${number & 255}`;
  const { identity, transport, ...rest } = deviceAnnounced.example;
  const data = {
    ...rest,
    announcementId,
    acceptedAt: new Date().toISOString(),
    identity: { ...identity, serial, ip },
    transport: { ...transport, peerAddress: ip, fingerprint: null },
  };
  return { draft: deviceAnnounced.draft(data, id), accepted: { id, serial, announcementId } };
}
