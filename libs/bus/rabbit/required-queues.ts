// Queues that must exist before anything is published: a message that only the journal took would never be handled.
import type { ChannelModel } from 'amqplib';
import { messageOf } from '../../events/message-of.js';
import type { Line } from './line.js';

const checkMs = 2_000;
/** AMQP's replies to a check. */
const notFound = 404;
const accessRefused = 403;

export class RequiredQueues {
  #missing: string | null;
  #checker: NodeJS.Timeout | null = null;
  /** The connection on which a check is under way. */
  #checking: ChannelModel | null = null;

  constructor(
    private readonly queues: readonly string[],
    private readonly line: Line,
  ) {
    this.#missing = queues.length > 0 ? 'the queues that must exist are not checked yet' : null;
  }

  /** In a sentence; null: all are there. */
  get missing(): string | null {
    return this.#missing;
  }

  /** One at a time, and none while the broker blocks: it would answer nothing, and channels would pile up. From then on again and again. */
  async check(model: ChannelModel): Promise<void> {
    if (this.queues.length === 0) return;
    this.#checker ??= setInterval(() => {
      if (this.line.model) void this.check(this.line.model);
    }, checkMs).unref();
    if (this.#checking === model || this.line.blocked) return;
    this.#checking = model;
    const missing = await missingOf(model, this.queues);
    if (this.#checking === model) this.#checking = null;
    // A connection that was lost meanwhile says nothing of queues.
    if (missing !== 'unknown') this.#missing = missing;
  }

  stop(): void {
    if (this.#checker) clearInterval(this.#checker);
  }
}

/** On a channel of its own: a queue that is not there ends the channel that asked. Null when all are there. */
async function missingOf(model: ChannelModel, queues: readonly string[]): Promise<string | null> {
  let asked = '';
  try {
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    for (const queue of queues) {
      asked = queue;
      await channel.checkQueue(queue);
    }
    await channel.close();
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === notFound) return `the queue ${asked} is not there: run muster topology`;
    return code === accessRefused ? `the queue ${asked} cannot be looked at: ${messageOf(error)}` : 'unknown';
  }
}
