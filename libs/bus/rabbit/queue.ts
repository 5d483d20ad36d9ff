// Batches from one queue. Several messages are held at a time, one batch is being handled, and nothing is acked that its
// handler did not settle.
import { setTimeout as delay } from 'node:timers/promises';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { backOffMs } from '../../events/back-off.js';
import { messageOf } from '../../events/message-of.js';
import type { QueueLoad } from '../../events/service.js';
import { batchMax, type Batch, type Subscription } from '../bus.js';
import { killPoint } from '../kill-point.js';
import { deadLetters } from '../topology.js';
import { close, inTime } from './close.js';
import { ageOf, returnedOf, sizeOf } from './delivered.js';
import { contentOf, pauses, type Line } from './line.js';
import type { BusLog } from '../log-fields.js';

/** A batch goes once nothing came for this long … */
const quietMs = 5;
/** … or its first message has waited this long. */
const waitMaxMs = 25;
/** The next batch gathers while one is handled. */
const prefetchMax = 2 * batchMax;

export interface QueueOptions {
  readonly line: Line;
  readonly queue: string;
  readonly handle: (batch: Batch) => Promise<void>;
  readonly log: BusLog;
}

/** One consumer on one channel; a new one is made when either goes. */
interface Session {
  readonly channel: Channel;
  readonly waiting: ConsumeMessage[];
  /** The batch that is being handled. */
  handling: readonly ConsumeMessage[];
  tag: string;
  /** One message at a time, until the first was settled: a message that kills its reader then takes no others along. */
  careful: boolean;
  busy: boolean;
  ended: boolean;
  firstAt: number;
  timer: NodeJS.Timeout | null;
}

export class QueueReader implements Subscription {
  readonly #options: QueueOptions;
  readonly #stopListening: () => void;
  #session: Session | null = null;
  #inFlight: Promise<void> = Promise.resolve();
  #stopped = false;
  #failures = 0;
  #problem: string | null = 'not reading yet';

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#stopListening = options.line.onUp((model) => void this.#open(model));
  }

  get queue(): string {
    return this.#options.queue;
  }

  /** What this reader has and did not settle yet: of a queue that is read in order, the oldest are here. */
  held(): Pick<QueueLoad, 'held' | 'oldestAgeMs'> {
    const { handling = [], waiting = [] } = this.#session ?? {};
    const first = handling[0] ?? waiting[0];
    const held = handling.length + waiting.length;
    return { held, oldestAgeMs: first ? ageOf(first) : null };
  }

  /** Why nothing is read; null when it is. */
  problem(): string | null {
    return this.#problem;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    const session = this.#session;
    if (session) await inTime(session.channel.cancel(session.tag));
    await this.#inFlight;
    // Closing gives back what was never handled.
    if (session) await this.#end(session);
  }

  async #open(model: ChannelModel): Promise<void> {
    const { queue, line } = this.#options;
    // One batch at a time, over sessions too: the last one may still be in its transaction.
    await this.#inFlight;
    if (this.#stopped || line.model !== model) return;
    let channel: Channel | null = null;
    try {
      channel = await model.createChannel();
      const session: Session = {
        channel,
        waiting: [],
        handling: [],
        tag: '',
        careful: true,
        busy: false,
        ended: false,
        firstAt: 0,
        timer: null,
      };
      channel.on('error', (error) => (this.#problem = `queue ${queue}: ${messageOf(error)}`));
      channel.on('close', () => this.#lost(session, model));
      await channel.prefetch(1);
      session.tag = await this.#consume(session);
      this.#session = session;
      this.#problem = null;
    } catch (error) {
      this.#problem = `queue ${queue}: ${messageOf(error)}`;
      if (line.model !== model) line.cutOff(queue);
      // Its close asks for the next attempt.
      if (channel) await close(channel);
      else void this.#again(model);
    }
  }

  async #consume(session: Session): Promise<string> {
    const consumer = await session.channel.consume(this.#options.queue, (message) => {
      if (message) this.#take(session, message);
      else void this.#end(session);
    });
    return consumer.consumerTag;
  }

  #take(session: Session, message: ConsumeMessage): void {
    if (session.ended || this.#stopped) return;
    if (session.waiting.push(message) === 1) session.firstAt = performance.now();
    if (session.busy) return;
    if (session.careful || session.waiting.length >= batchMax) this.#go(session);
    else if (performance.now() - session.firstAt > waitMaxMs) this.#go(session);
    else if (session.timer) session.timer.refresh();
    else session.timer = setTimeout(() => this.#go(session), quietMs);
  }

  #go(session: Session): void {
    if (session.timer) clearTimeout(session.timer);
    session.timer = null;
    if (session.busy || session.ended || this.#stopped || session.waiting.length === 0) return;
    session.busy = true;
    const messages = session.waiting.splice(0, sizeOf(session.waiting));
    session.handling = messages;
    const handled = this.#handle(session, messages);
    this.#inFlight = handled;
    void handled.then(() => {
      session.busy = false;
      session.handling = [];
      session.firstAt = performance.now();
      this.#go(session);
    });
  }

  async #handle(session: Session, messages: readonly ConsumeMessage[]): Promise<void> {
    const outcome = { settled: false };
    const batch: Batch = {
      messages: messages.map(this.#options.queue === deadLetters ? returnedOf : contentOf),
      settleIn: () => Promise.resolve(),
      settled: () => {
        outcome.settled = true;
      },
      abandon: () => undefined,
    };
    await this.#options.handle(batch).catch((error: unknown) => {
      this.#options.log.error(
        { error, queue: this.#options.queue },
        'A handler of a queue failed; its messages come again',
      );
    });
    const last = messages.at(-1);
    // Nothing could be committed: all that is held goes back, and is asked for again a little later.
    if (!outcome.settled) await this.#end(session);
    else if (last && !session.ended) await this.#ack(session, last);
  }

  async #ack(session: Session, last: ConsumeMessage): Promise<void> {
    this.#failures = 0;
    try {
      // All before it were settled: batches leave in the order in which their messages came.
      session.channel.ack(last, true);
      killPoint('acked');
      if (session.careful && !this.#stopped) await this.#speedUp(session);
    } catch (error) {
      // The channel is gone: the broker gives the messages again, and the inbox knows them.
      this.#options.log.warn(
        { queue: this.#options.queue, problem: messageOf(error) },
        'A batch could not be acked',
      );
    }
  }

  /** The number held counts for consumers made after it: so another consumer takes over. */
  async #speedUp(session: Session): Promise<void> {
    await session.channel.cancel(session.tag);
    await session.channel.prefetch(prefetchMax);
    session.tag = await this.#consume(session);
    session.careful = false;
  }

  async #end(session: Session): Promise<void> {
    if (session.ended) return;
    session.ended = true;
    if (session.timer) clearTimeout(session.timer);
    session.waiting.length = 0;
    await close(session.channel);
  }

  #lost(session: Session, model: ChannelModel): void {
    session.ended = true;
    if (session.timer) clearTimeout(session.timer);
    session.waiting.length = 0;
    if (this.#session === session) this.#session = null;
    if (this.#stopped) return;
    this.#problem ??= `queue ${this.#options.queue}: the channel was closed`;
    void this.#again(model);
  }

  async #again(model: ChannelModel): Promise<void> {
    this.#failures += 1;
    await delay(backOffMs(this.#failures, { ...pauses, maxMs: 30_000 }), null, { ref: false });
    await this.#open(model);
  }
}
