// Messages of one moment leave in one packet: to the system, to the broker and in wake-ups of both, a packet costs more than
// all that is done for a message.
import { Writable } from 'node:stream';
import type { ChannelModel } from 'amqplib';

export class Gathering {
  readonly #waiting: (() => void)[] = [];

  /** @param waitMs how long the first message waits for others; 0: each leaves at once */
  constructor(
    private readonly waitMs: number,
    private readonly model: () => ChannelModel | null,
  ) {}

  /** Calls `write`, which must not throw, now or in a moment. */
  add(write: () => void): void {
    if (this.waitMs === 0) {
      write();
      return;
    }
    this.#waiting.push(write);
    if (this.#waiting.length === 1) setTimeout(() => this.#leave(), this.waitMs);
  }

  #leave(): void {
    const socket = socketOf(this.model());
    socket?.cork();
    // amqplib hands them to its socket, one by one, on the next turn of the event loop. Asked for first: nothing leaves it corked.
    setImmediate(() => setImmediate(() => socket?.uncork()));
    for (const write of this.#waiting.splice(0)) write();
  }
}

/** Null when amqplib keeps it to itself: then each message is a packet of its own. */
function socketOf(model: ChannelModel | null): Writable | null {
  const stream: unknown = model && Reflect.get(model.connection, 'stream');
  return stream instanceof Writable ? stream : null;
}
