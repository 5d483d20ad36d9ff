// Messages to the exchange, each resolved by the broker's confirm or by a limit of our own: the broker may never answer.
import type { ChannelModel, ConfirmChannel, Message } from 'amqplib';
import { backOffMs } from '../../events/back-off.js';
import type { Event } from '../../events/event.js';
import { messageOf } from '../../events/message-of.js';
import { serviceReported } from '../../events/service.js';
import { BusError } from '../bus.js';
import { killPoint } from '../kill-point.js';
import { exchange } from '../topology.js';
import { close } from './close.js';
import { Gathering } from './gathering.js';
import { pauses, type Line } from './line.js';
import { contentOfEvent, propertiesOf } from './message.js';
import { RequiredQueues } from './required-queues.js';
import type { BusLog } from '../log-fields.js';

interface Pending {
  readonly channel: ConfirmChannel;
  readonly deadline: number;
  readonly settle: (error: BusError | null) => void;
  unroutable: boolean;
}

export interface PublisherOptions {
  readonly line: Line;
  readonly log: BusLog;
  /** Queues that must exist, or nothing is sent. */
  readonly requiredQueues: readonly string[];
  readonly confirmTimeoutMs: number;
  /** How long a message waits for others, to leave in one packet with them; 0: it leaves at once. */
  readonly gatherMs: number;
}

/** Unconfirmed messages at most; more are refused. */
const unconfirmedMax = 5_000;
/** Once the broker blocks, what is under way is given this long. */
const blockedGraceMs = 300;
/** A channel that lived so long and brings a confirm begins the back-off anew; one that is refused after others is no success. */
const steadyMs = 5_000;

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #gathering: Gathering;
  readonly #required: RequiredQueues;
  readonly #stopListening: () => void;
  readonly #opened = Promise.withResolvers<void>();
  #channel: ConfirmChannel | null = null;
  #sweeper: NodeJS.Timeout | null = null;
  #stopped = false;
  /** Channels lost or not opened, since the last that was steady. */
  #failures = 0;
  #openedAt = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#gathering = new Gathering(options.gatherMs, () => options.line.model);
    this.#required = new RequiredQueues(options.requiredQueues, options.line);
    this.#stopListening = options.line.onUp((model) => void this.#open(model));
  }

  /** Resolves when the first attempt to open a channel is over. */
  opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Null when a message would be sent at once. */
  problem(): string | null {
    const { line } = this.#options;
    if (line.problem) return line.problem;
    if (!this.#channel) return 'the channel to RabbitMQ is being opened';
    if (line.blocked) return `RabbitMQ takes no messages: ${line.blocked.reason}`;
    return this.#required.missing;
  }

  /** Resolves when the broker has confirmed that at least one queue holds it. Rejects with BusError. */
  send(event: Event): Promise<void> {
    const refusal = this.#refusal(event);
    if (refusal) return Promise.reject(refusal);
    const channel = this.#channel;
    if (!channel) return Promise.reject(new BusError('disconnected', 'there is no channel to RabbitMQ'));
    return new Promise((resolve, reject) => {
      const settle = (error: BusError | null): void => {
        this.#pending.delete(event.id);
        if (error) reject(error);
        else resolve();
      };
      const deadline = performance.now() + this.#options.confirmTimeoutMs;
      const pending: Pending = { channel, deadline, settle, unroutable: false };
      this.#pending.set(event.id, pending);
      this.#gathering.add(() => this.#write(channel, event, pending));
      this.#sweepSoon();
    });
  }

  /** Waits for the confirms under way, then closes. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    while (this.#pending.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    if (this.#sweeper) clearTimeout(this.#sweeper);
    this.#required.stop();
    if (this.#channel) await close(this.#channel);
  }

  #refusal(event: Event): BusError | null {
    const { line } = this.#options;
    if (this.#stopped) return new BusError('refused', 'the bus is stopping');
    if (!line.model || !this.#channel) {
      return new BusError('disconnected', line.problem ?? 'the channel to RabbitMQ is being opened');
    }
    if (line.blocked) return new BusError('refused', `RabbitMQ takes no messages: ${line.blocked.reason}`);
    // Not of the reports, which say so.
    const { missing } = this.#required;
    if (missing && event.type !== serviceReported.type) return new BusError('unroutable', missing);
    if (this.#pending.size >= unconfirmedMax) {
      return new BusError('refused', `${unconfirmedMax} messages are not confirmed yet`);
    }
    if (this.#pending.has(event.id)) return new BusError('unknown', `${event.id} is being published already`);
    return null;
  }

  #write(channel: ConfirmChannel, event: Event, pending: Pending): void {
    // Its channel may have gone while it waited for others, and the same event be under way once more.
    if (this.#pending.get(event.id) !== pending) return;
    // What a process says of itself comes by the clock: a test could not tell when it is killed.
    const counts = event.type !== serviceReported.type;
    try {
      const options = { ...propertiesOf(event), mandatory: true };
      channel.publish(exchange, event.type, contentOfEvent(event), options, (error: unknown) => {
        if (!error && counts) killPoint('confirmed');
        if (!error && performance.now() - this.#openedAt > steadyMs) this.#failures = 0;
        if (this.#pending.get(event.id) === pending)
          pending.settle(outcome(error, event, pending.unroutable));
      });
      if (counts) killPoint('published');
    } catch (error) {
      pending.settle(new BusError('disconnected', messageOf(error)));
    }
  }

  async #open(model: ChannelModel): Promise<void> {
    const state = { open: true, failure: 'closed' };
    try {
      const channel = await model.createConfirmChannel();
      channel.on('error', (error) => (state.failure = messageOf(error)));
      channel.on('return', (message) => this.#markUnroutable(message));
      channel.on('close', () => {
        state.open = false;
        this.#lost(channel, model, state.failure);
      });
      await this.#required.check(model);
      // It may have gone meanwhile, and another may be there already.
      if (!state.open || this.#options.line.model !== model) return;
      this.#channel = channel;
      this.#openedAt = performance.now();
    } catch (error) {
      this.#reopen(model, messageOf(error));
    } finally {
      this.#opened.resolve();
    }
  }

  #markUnroutable(message: Message): void {
    const pending = this.#pending.get(String(message.properties.messageId));
    if (pending) pending.unroutable = true;
  }

  /** A channel can die on a connection that lives: an exchange deleted, a right taken away. */
  #lost(channel: ConfirmChannel, model: ChannelModel, failure: string): void {
    if (this.#channel === channel) this.#channel = null;
    for (const pending of [...this.#pending.values()]) {
      if (pending.channel === channel) {
        pending.settle(new BusError('unknown', `no confirm before the channel was gone: ${failure}`));
      }
    }
    this.#reopen(model, failure);
  }

  #reopen(model: ChannelModel, failure: string): void {
    const { line, log } = this.#options;
    if (this.#stopped || line.model !== model) return;
    this.#failures += 1;
    const first = this.#failures === 1;
    setTimeout(
      () => {
        if (this.#stopped || line.model !== model) return;
        if (first) log.warn({ failure }, 'The channel for publishing is gone; opening another');
        void this.#open(model);
      },
      backOffMs(this.#failures, pauses),
    ).unref();
  }

  #sweepSoon(): void {
    this.#sweeper ??= setTimeout(() => {
      this.#sweeper = null;
      const now = performance.now();
      const { blocked } = this.#options.line;
      const limit = blocked ? blocked.since + blockedGraceMs : Infinity;
      for (const [id, pending] of this.#pending) {
        // In order of their deadlines: the first one that has time left ends the search.
        if (Math.min(pending.deadline, limit) > now) break;
        pending.settle(new BusError('unknown', `RabbitMQ did not confirm ${id} in time`));
      }
      if (this.#pending.size > 0) this.#sweepSoon();
    }, 100);
  }
}

function outcome(error: unknown, event: Event, unroutable: boolean): BusError | null {
  if (unroutable) return new BusError('unroutable', `no queue wants ${event.type}`);
  if (!error) return null;
  const text = messageOf(error);
  return text === 'message nacked'
    ? new BusError('refused', `RabbitMQ refused ${event.id}`)
    : new BusError('unknown', text);
}
