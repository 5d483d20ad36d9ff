// How many messages wait on the broker, by passive declaration: any account may ask, and nothing is taken or changed.
import { setTimeout as delay } from 'node:timers/promises';
import type { Channel } from 'amqplib';
import { close } from './close.js';
import type { Line } from './line.js';

/** An answer serves all who ask within this time. */
const freshMs = 2_000;
/** A broker that does not answer is asked again later. */
const answerMs = 1_500;

interface Known {
  readonly at: number;
  readonly depth: number | null;
}

/** On a channel of its own: a queue that is not there ends the channel that asked. */
export class Depths {
  readonly #known = new Map<string, Known>();
  #channel: Channel | null = null;
  #asking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(private readonly line: Line) {}

  /** Messages ready, by queue; null where it cannot be told. Never rejects. */
  async of(queues: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    this.#asking = this.#asking.then(() => this.#ask(queues));
    await this.#asking;
    return new Map(queues.map((queue) => [queue, this.#known.get(queue)?.depth ?? null]));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#asking;
    if (this.#channel) await close(this.#channel);
  }

  async #ask(queues: readonly string[]): Promise<void> {
    const deadline = performance.now() + answerMs;
    for (const queue of queues) {
      const known = this.#known.get(queue);
      if (known && performance.now() - known.at < freshMs) continue;
      const leftMs = deadline - performance.now();
      const depth = this.#stopped || leftMs <= 0 ? null : await this.#askFor(queue, leftMs);
      this.#known.set(queue, { at: performance.now(), depth });
    }
  }

  async #askFor(queue: string, limitMs: number): Promise<number | null> {
    const over = new AbortController();
    const late = delay(limitMs, null, { signal: over.signal }).catch(() => null);
    const depth = await Promise.race([this.#depthOf(queue).catch(() => null), late]);
    over.abort();
    if (depth === null) this.#drop();
    return depth;
  }

  async #depthOf(queue: string): Promise<number | null> {
    const channel = (this.#channel ??= await this.#open());
    return channel && (await channel.checkQueue(queue)).messageCount;
  }

  async #open(): Promise<Channel | null> {
    const channel = (await this.line.model?.createChannel()) ?? null;
    channel?.on('error', () => undefined);
    channel?.on('close', () => {
      if (this.#channel === channel) this.#channel = null;
    });
    return channel;
  }

  /** Whatever is left of it: an answer that comes late is nobody's. */
  #drop(): void {
    const channel = this.#channel;
    this.#channel = null;
    if (channel) void close(channel);
  }
}
