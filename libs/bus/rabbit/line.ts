// One connection to RabbitMQ that comes back: several addresses tried in turn, back-off with jitter, for ever.
//
//   line.ts         the connection; line-metrics.ts: as an alert sees it
//   publisher.ts    messages with confirms, made by message.ts; gathering.ts: several in a packet; required-queues.ts: which must be there; confirms.ts: seen and timed
//   queue.ts        batches from a queue; delivered.ts: what its messages say
//   follow.ts       the newest of a stream        stream.ts  a part of one
//   put-back.ts     one queue, past the exchange  depths.ts  how much waits             close.ts   within a limit
//   declare.ts      the topology over AMQP; definitions.ts: what AMQP cannot declare; management.ts: that, by HTTP
//   integrators.ts  accounts and queues of others
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import amqp, { type ChannelModel, type Message } from 'amqplib';
import { backOffMs, type Pauses } from '../../events/back-off.js';
import { messageOf } from '../../events/message-of.js';
import { close } from './close.js';
import type { BusLog } from '../log-fields.js';

export interface LineOptions {
  /** amqp(s)://user:password@host:port/vhost each; one cluster. */
  readonly urls: readonly string[];
  /** Shown in the broker's list of connections. */
  readonly name: string;
  /** PEM of the authority that the broker's certificate must lead to, for amqps. */
  readonly authority?: string | null;
  readonly log: BusLog;
}

export interface Blocked {
  readonly reason: string;
  /** On the clock of performance.now(). */
  readonly since: number;
}

const connectTimeoutMs = 5_000;
const heartbeatSeconds = 5;
/** A connection that lived so long begins the back-off anew. */
const steadyMs = 5_000;

/** Between tries to reach the broker. */
export const pauses: Pauses = { firstMs: 100, maxMs: 5_000 };

export class Line {
  readonly #options: LineOptions;
  readonly #stopping = new AbortController();
  readonly #users = new Set<(model: ChannelModel) => void>();
  #model: ChannelModel | null = null;
  #problem = 'not connected yet';
  #blocked: Blocked | null = null;
  readonly #cutOff = new Set<string>();
  #next = 0;
  readonly #running: Promise<void>;
  readonly #tried: Promise<void>;

  constructor(options: LineOptions) {
    this.#options = options;
    const tried = Promise.withResolvers<void>();
    this.#tried = tried.promise;
    this.#running = this.#run(tried.resolve);
  }

  /** Resolves when the first attempt is over, whether or not it succeeded. */
  tried(): Promise<void> {
    return this.#tried;
  }

  get model(): ChannelModel | null {
    return this.#model;
  }

  /** Why the broker takes no messages on this connection (its memory or disk alarm); null when it does. */
  get blocked(): Blocked | null {
    return this.#blocked;
  }

  /** Null when connected. */
  get problem(): string | null {
    if (this.#model) return null;
    const queues = [...this.#cutOff].toSorted().join(' or ');
    return `no connection to RabbitMQ: ${this.#problem}${queues && `, when ${queues} was to be read`}`;
  }

  /** The connection went before this queue was read: where RabbitMQ cannot start a queue, it ends whoever asks for it. */
  cutOff(queue: string): void {
    this.#cutOff.add(queue);
  }

  /** Calls `use` with each connection, the present one included. */
  onUp(use: (model: ChannelModel) => void): () => void {
    this.#users.add(use);
    if (this.#model) use(this.#model);
    return () => this.#users.delete(use);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(tried: () => void): Promise<void> {
    const { log, name } = this.#options;
    const { signal } = this.#stopping;
    const stopped = once(signal, 'abort').then(() => 'stopped');
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        const model = await this.#connect();
        const began = performance.now();
        const closed = this.#adopt(model);
        tried();
        this.#problem = await Promise.race([closed, stopped]);
        // One that is refused again and again is no success.
        if (performance.now() - began > steadyMs) attempt = 0;
        if (signal.aborted) await close(model);
        if (!signal.aborted)
          log.warn({ connection: name, problem: this.#problem }, 'RabbitMQ is away; reconnecting');
      } catch (error) {
        const problem = messageOf(error);
        if (problem !== this.#problem)
          log.warn({ connection: name, problem }, 'RabbitMQ cannot be reached; trying again');
        this.#problem = problem;
        tried();
      }
      await delay(backOffMs(attempt + 1, pauses), null, { signal }).catch(() => undefined);
    }
  }

  async #connect(): Promise<ChannelModel> {
    const { urls, name, authority } = this.#options;
    let failure: unknown = new Error('no address of RabbitMQ is configured');
    for (let turn = 0; turn < urls.length; turn += 1) {
      const url = urls[this.#next % urls.length] ?? '';
      try {
        return await amqp.connect(withHeartbeat(url), {
          timeout: connectTimeoutMs,
          noDelay: true,
          keepAlive: true,
          clientProperties: { connection_name: name },
          ...(authority ? { ca: [authority] } : {}),
        });
      } catch (error) {
        failure = error;
        this.#next += 1;
      }
    }
    throw failure;
  }

  /** Resolves with the reason once the connection is gone. */
  #adopt(model: ChannelModel): Promise<string> {
    const gone = Promise.withResolvers<string>();
    model.on('error', (error) => (this.#problem = messageOf(error)));
    model.on('close', (error) => {
      this.#model = null;
      this.#blocked = null;
      gone.resolve(error ? messageOf(error) : this.#problem);
    });
    model.on('blocked', (reason) => (this.#blocked = { reason, since: performance.now() }));
    model.on('unblocked', () => (this.#blocked = null));
    this.#model = model;
    this.#cutOff.clear();
    this.#problem = 'connection closed';
    this.#options.log.info({ connection: this.#options.name }, 'Connected to RabbitMQ');
    for (const use of this.#users) use(model);
    return gone.promise;
  }
}

/** Nothing of an address is ever logged: it may hold a password. */
function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  parsed.searchParams.set('heartbeat', String(heartbeatSeconds));
  return parsed.href;
}

/** JSON, or the text itself where it is none: the reader says that it is no event. */
export function contentOf({ content }: Message): unknown {
  const text = content.toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
