// The topology, declared over AMQP. Idempotent: what is there already stays, with its messages.
import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { deadLetters, exchange, type Topology } from '../topology.js';

/** Where to declare. */
export interface Declaring {
  /** amqp(s)://user:password@host:port/vhost of each node of a cluster, of an account that may configure; tried in turn. */
  readonly urls: readonly string[];
  /** PEM of the authority that the broker's certificate must lead to. */
  readonly authority?: string | null;
}

/** Exchange, queues, streams and bindings. Limits and accounts are policies and definitions (`definitionsOf`). */
export async function declareTopology(on: Declaring, topology: Topology): Promise<void> {
  const connection = await connect(on);
  // Each failure also rejects the call that caused it.
  connection.on('error', () => undefined);
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    await declare(channel, topology);
    await channel.close();
  } finally {
    await connection.close().catch(() => undefined);
  }
}

/** To the first node that answers. Rejects with the last one's failure. */
export async function connect({ urls, authority }: Declaring): Promise<ChannelModel> {
  let failure: unknown = new Error('no address of RabbitMQ is configured');
  for (const url of urls) {
    try {
      const trust = authority ? { ca: [authority] } : {};
      return await amqp.connect(url, { timeout: 10_000, noDelay: true, ...trust });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function declare(channel: Channel, { queues, streams, types }: Topology): Promise<void> {
  await channel.assertExchange(exchange, 'topic', { durable: true });
  await channel.assertExchange(deadLetters, 'fanout', { durable: true });
  await assertQueue(channel, deadLetters, 'quorum');
  await channel.bindQueue(deadLetters, deadLetters, '');
  for (const { queue, types: keys } of streams) {
    await assertQueue(channel, queue, 'stream');
    for (const key of keys ?? ['#']) await channel.bindQueue(queue, exchange, key);
  }
  for (const { queue, types: heard } of queues) {
    await assertQueue(channel, queue, 'quorum');
    await Promise.all(heard.map((type) => channel.bindQueue(queue, exchange, type)));
    const unheard = types.filter((type) => !heard.includes(type));
    await Promise.all(unheard.map((type) => channel.unbindQueue(queue, exchange, type)));
  }
}

async function assertQueue(channel: Channel, name: string, type: 'quorum' | 'stream'): Promise<void> {
  await channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': type } });
}
