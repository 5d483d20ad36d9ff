// What messages say that a queue has given: how many make a batch, how old one is, why RabbitMQ gave one up.
import type { ConsumeMessage } from 'amqplib';
import type { Returned } from '../../events/delivery.js';
import { batchMax } from '../bus.js';
import { returnsMax } from '../topology.js';
import { contentOf } from './line.js';

const batchBytesMax = 8_000_000;

/** How many of those waiting make the next batch. What was delivered before runs alone: it may be what killed its reader. */
export function sizeOf(waiting: readonly ConsumeMessage[]): number {
  let bytes = 0;
  let size = 0;
  for (const message of waiting) {
    bytes += message.content.length;
    if (size > 0 && (message.fields.redelivered || bytes > batchBytesMax || size === batchMax)) return size;
    size += 1;
    if (message.fields.redelivered) return size;
  }
  return size;
}

interface Death {
  readonly queue: string;
  readonly reason: string;
}

/** RabbitMQ's header x-death names the newest death first. */
export function returnedOf(message: ConsumeMessage): Returned {
  const deaths = message.properties.headers?.['x-death'] as unknown;
  const [death] = (Array.isArray(deaths) ? deaths : []) as readonly Death[];
  const why = death?.reason ?? 'for no reason that it told';
  const killed = why === 'delivery_limit';
  return {
    queue: death?.queue ?? 'unknown',
    attempts: killed ? returnsMax : 0,
    reason: killed ? `killed its reader ${returnsMax} times` : `RabbitMQ gave it up: ${why.slice(0, 200)}`,
    message: contentOf(message),
  };
}

/** Since it was published, by the publisher's clock, in whole seconds. */
export function ageOf({ properties }: ConsumeMessage): number | null {
  const timestamp: unknown = properties.timestamp;
  return typeof timestamp === 'number' ? Math.max(0, Date.now() - timestamp * 1000) : null;
}
