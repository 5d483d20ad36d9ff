// The newest message of a stream, then each newer one.
import { setTimeout as delay } from 'node:timers/promises';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { backOffMs } from '../../events/back-off.js';
import { messageOf } from '../../events/message-of.js';
import type { Subscription } from '../bus.js';
import { close } from './close.js';
import { pauses, type Line } from './line.js';

export interface FollowOptions {
  readonly line: Line;
  readonly stream: string;
  readonly type: string;
  readonly each: (event: unknown) => void;
}

/** RabbitMQ starts with the last chunk, which may hold several messages: those before its last are passed over. */
const quietMs = 20;
const prefetch = 100;

export class StreamFollower implements Subscription {
  readonly #options: FollowOptions;
  readonly #stopListening: () => void;
  readonly #started = Promise.withResolvers<void>();
  #channel: Channel | null = null;
  #stopped = false;
  #failures = 0;
  #lastId: string | null = null;
  #newest: ConsumeMessage | null = null;
  #timer: NodeJS.Timeout | null = null;
  #problem: string | null = 'not following yet';

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#stopListening = options.line.onUp((model) => void this.#open(model));
  }

  problem(): string | null {
    return this.#problem;
  }

  /** Resolves when it follows, or when the first attempt failed: it then goes on trying. */
  started(): Promise<void> {
    return this.#started.promise;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#channel) await close(this.#channel);
  }

  async #open(model: ChannelModel): Promise<void> {
    const { stream, line } = this.#options;
    if (this.#stopped || line.model !== model) return;
    let over = false;
    // A try can fail twice, by its call and by its channel: it is followed by one other all the same.
    const failed = (): void => {
      if (!over) void this.#again(model);
      over = true;
    };
    try {
      const channel = await model.createChannel();
      this.#channel = channel;
      channel.on('error', (error) => (this.#problem = `stream ${stream}: ${messageOf(error)}`));
      channel.on('close', failed);
      await channel.prefetch(prefetch);
      const args = { 'x-stream-offset': 'last' };
      await channel.consume(stream, (message) => this.#take(channel, message), { arguments: args });
      this.#problem = null;
      this.#failures = 0;
    } catch (error) {
      this.#problem = `stream ${stream}: ${messageOf(error)}`;
      failed();
    } finally {
      this.#started.resolve();
    }
  }

  #take(channel: Channel, message: ConsumeMessage | null): void {
    if (!message) {
      void close(channel);
      return;
    }
    channel.ack(message);
    if (message.fields.routingKey !== this.#options.type) return;
    this.#newest = message;
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.#hand(), quietMs);
  }

  #hand(): void {
    this.#timer = null;
    const message = this.#newest;
    this.#newest = null;
    if (!message || this.#stopped || message.properties.messageId === this.#lastId) return;
    this.#lastId = String(message.properties.messageId);
    this.#options.each(readJson(message.content));
  }

  async #again(model: ChannelModel): Promise<void> {
    this.#channel = null;
    this.#failures += 1;
    this.#problem ??= `stream ${this.#options.stream}: the channel was closed`;
    await delay(backOffMs(this.#failures, pauses), null, { ref: false });
    await this.#open(model);
  }
}

function readJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8')) as unknown;
  } catch {
    return null;
  }
}
