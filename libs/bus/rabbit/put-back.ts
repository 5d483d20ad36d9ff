// One queue of RabbitMQ, written to by the default exchange. The account must be allowed to write to `amq.default`, which
// no service is.
import { setTimeout as delay } from 'node:timers/promises';
import type { ConfirmChannel } from 'amqplib';
import type { Event } from '../../events/event.js';
import { messageOf } from '../../events/message-of.js';
import { BusError } from '../bus.js';
import type { PutBack } from '../put-back.js';
import { connect, type Declaring } from './declare.js';
import { contentOfEvent, propertiesOf } from './message.js';

const confirmMs = 30_000;

/** Rejects with BusError when there is no such queue, and with what else keeps from it. */
export async function openPutBack(on: Declaring, queue: string): Promise<PutBack> {
  const connection = await connect(on);
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => undefined);
  const lost = (error: unknown) =>
    gone.reject(new BusError('unknown', error ? messageOf(error) : 'the connection to RabbitMQ was closed'));
  connection.on('error', lost);
  connection.on('close', lost);
  const close = () => connection.close().catch(() => undefined);
  try {
    const channel = await connection.createConfirmChannel();
    channel.on('error', lost);
    channel.on('return', () => lost(new Error(`RabbitMQ could not put a message on ${queue}`)));
    await channel.checkQueue(queue);
    const put = (events: readonly Event[]) => Promise.race([send(channel, queue, events), gone.promise]);
    return { put, close };
  } catch (error) {
    await close();
    throw missing(error) ? new BusError('unroutable', `there is no queue ${queue}`) : error;
  }
}

/** amqplib gives no answer to a confirm whose connection died: hence the limit. */
async function send(channel: ConfirmChannel, queue: string, events: readonly Event[]): Promise<number> {
  for (const event of events)
    channel.publish('', queue, contentOfEvent(event), { ...propertiesOf(event), mandatory: true });
  const over = new AbortController();
  const late = delay(confirmMs, undefined, { signal: over.signal }).then(() => {
    throw new BusError('unknown', `RabbitMQ did not confirm within ${confirmMs / 1000} s`);
  });
  late.catch(() => undefined);
  await Promise.race([channel.waitForConfirms(), late]).finally(() => over.abort());
  return events.length;
}

const missing = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 404;
