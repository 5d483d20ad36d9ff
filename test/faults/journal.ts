// All that ever happened, from the stream that keeps it.
import { randomUUID } from 'node:crypto';
import amqp from 'amqplib';
import { exchange } from '#bus/topology';
import type { Event } from '#events/event';

const journal = 'muster.journal';
const prefetch = 1_000;

/** Every event up to now, by reading on until a mark of our own comes by. @param url of an account that may write and read all */
export async function readJournal(url: string): Promise<readonly Event[]> {
  const connection = await amqp.connect(url);
  try {
    const channel = await connection.createConfirmChannel();
    const mark = `mark-${randomUUID()}`;
    channel.publish(exchange, 'test.marked', Buffer.from(JSON.stringify(mark)), { messageId: mark });
    await channel.waitForConfirms();
    await channel.prefetch(prefetch);
    const events: Event[] = [];
    await new Promise<void>((resolve, reject) => {
      channel.on('error', reject);
      const take = (message: amqp.ConsumeMessage | null): void => {
        if (!message) return reject(new Error('the journal ended'));
        channel.ack(message);
        if (message.properties.messageId === mark) return resolve();
        // A mark of an earlier reading, of some other mark, is no event.
        if (message.fields.routingKey !== 'test.marked') events.push(parse(message.content));
      };
      channel.consume(journal, take, { arguments: { 'x-stream-offset': 'first' } }).catch(reject);
    });
    return events;
  } finally {
    await connection.close().catch(() => undefined);
  }
}

const parse = (content: Buffer): Event => JSON.parse(content.toString('utf8')) as Event;
