// amqplib resolves a call only when the broker answers it. One that hangs must not be waited for when we close.
import { once, type EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

const limitMs = 1_500;

/** Resolves once a channel or connection is closed, by whomever, or the broker has not answered in time. */
export function close(handle: EventEmitter & { close(): Promise<void> }): Promise<void> {
  return briefly((signal) => [handle.close(), once(handle, 'close', { signal })]);
}

/** Resolves when the call is over, well or not, or has taken too long. */
export function inTime(call: Promise<unknown>): Promise<void> {
  return briefly(() => [call]);
}

async function briefly(ways: (signal: AbortSignal) => readonly Promise<unknown>[]): Promise<void> {
  const over = new AbortController();
  const all = [...ways(over.signal), delay(limitMs, null, { signal: over.signal })];
  await Promise.race(all.map((way) => way.catch(() => undefined)));
  over.abort();
}
