// Part of a stream, read once: from a moment on, to where the stream ended when reading began.
import { setTimeout as delay } from 'node:timers/promises';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { messageOf } from '../../events/message-of.js';
import { batchMax, BusError, type JournalRange } from '../bus.js';
import { close } from './close.js';
import { contentOf, type Line } from './line.js';

/** The last chunk comes in one piece: after such a pause it has been read. */
const quietMs = 300;
/** Who writes without a pause does not keep us looking for the end. */
const lookMaxMs = 3_000;
/** So long nothing may come where something must. */
const silenceMaxMs = 10_000;
/** How far the clocks of broker and publishers may be apart. */
const skewMs = 60_000;
const prefetch = 2 * batchMax;

type Each = (messages: readonly unknown[]) => Promise<void>;

/** Hands out up to `batchMax` messages at a time, in the order of the stream. Rejects with BusError, or with what `each` did. */
export async function readStream(line: Line, stream: string, range: JournalRange, each: Each): Promise<void> {
  const { model } = line;
  if (!model) throw new BusError('disconnected', line.problem ?? 'not connected to RabbitMQ');
  const end = await withReader(model, stream, 'last', lastOf);
  if (!end || isBefore(end, range.since)) return;
  const from = range.since
    ? { '!': 'timestamp', value: Math.floor((range.since.getTime() - skewMs) / 1_000) }
    : 'first';
  await withReader(model, stream, from, (next) => readUpTo(offsetOf(end), next, range, each));
}

/** The newest message; null when there is none. */
async function lastOf(next: Next): Promise<ConsumeMessage | null> {
  const began = performance.now();
  let last: ConsumeMessage | null = null;
  while (performance.now() - began < lookMaxMs || !last) {
    const messages = await next(last ? quietMs : lookMaxMs);
    if (messages.length === 0) break;
    last = messages.at(-1) ?? last;
  }
  return last;
}

async function readUpTo(last: number, next: Next, range: JournalRange, each: Each): Promise<void> {
  for (let over = false; !over;) {
    const messages = await next(silenceMaxMs, range.signal);
    if (messages.length === 0)
      throw new BusError('unknown', 'the journal fell silent before its end was reached');
    const wanted = messages.filter((message) => offsetOf(message) <= last && isWithin(message, range));
    if (wanted.length > 0) await each(wanted.map(contentOf));
    over = messages.some((message) => offsetOf(message) >= last || isBeyond(message, range.to));
  }
}

/** At least one message, or none when nothing came for so long. */
type Next = (limitMs: number, signal?: AbortSignal) => Promise<readonly ConsumeMessage[]>;

async function withReader<T>(
  model: ChannelModel,
  stream: string,
  from: unknown,
  read: (next: Next) => Promise<T>,
): Promise<T> {
  let channel: Channel | null = null;
  try {
    channel = await model.createChannel();
    const next = await consume(channel, stream, from);
    return await read(next);
  } finally {
    if (channel) await close(channel);
  }
}

async function consume(channel: Channel, stream: string, from: unknown): Promise<Next> {
  const waiting: ConsumeMessage[] = [];
  const state: { gone: string | null } = { gone: null };
  let came = Promise.withResolvers<void>();
  const lost = (reason: string): void => {
    state.gone ??= `stream ${stream}: ${reason}`;
    came.resolve();
  };
  channel.on('error', (error) => lost(messageOf(error)));
  channel.on('close', () => lost('the channel was closed'));
  await channel.prefetch(prefetch);
  const take = (message: ConsumeMessage | null): void => {
    if (message) waiting.push(message);
    else lost('it was deleted');
    came.resolve();
  };
  try {
    await channel.consume(stream, take, { arguments: { 'x-stream-offset': from } });
  } catch (error) {
    throw new BusError('disconnected', `stream ${stream}: ${messageOf(error)}`);
  }
  return async (limitMs, signal) => {
    if (waiting.length === 0) await orAfter(came.promise, limitMs, signal);
    signal?.throwIfAborted();
    if (state.gone !== null) throw new BusError('disconnected', state.gone);
    came = Promise.withResolvers();
    const messages = waiting.splice(0, batchMax);
    for (const message of messages) channel.ack(message);
    return messages;
  };
}

async function orAfter(something: Promise<void>, limitMs: number, signal?: AbortSignal): Promise<void> {
  const over = new AbortController();
  const either = signal ? AbortSignal.any([over.signal, signal]) : over.signal;
  await Promise.race([something, delay(limitMs, null, { signal: either }).catch(() => undefined)]);
  over.abort();
}

/** Where it lies in its stream: 3.10 and newer give each message of a stream this header. */
const offsetOf = ({ properties }: ConsumeMessage): number => Number(properties.headers?.['x-stream-offset']);

/** Whole seconds are all that AMQP keeps. */
const secondOf = ({ properties }: ConsumeMessage): number => Number(properties.timestamp) * 1_000;

const isBefore = (message: ConsumeMessage, since: Date | null): boolean =>
  since !== null && secondOf(message) + 1_000 <= since.getTime();

const isWithin = (message: ConsumeMessage, { since, to }: JournalRange): boolean =>
  !isBefore(message, since) && (to === null || secondOf(message) < to.getTime());

const isBeyond = (message: ConsumeMessage, to: Date | null): boolean =>
  to !== null && secondOf(message) > to.getTime() + skewMs;
