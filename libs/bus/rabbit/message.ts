// An event as a message of RabbitMQ.
import type { Options } from 'amqplib';
import { headersOf } from '../../events/cloud-event.js';
import type { Event } from '../../events/event.js';

export const contentOfEvent = (event: Event): Buffer => Buffer.from(JSON.stringify(event));

/** What stands beside the content. */
export function propertiesOf(event: Event): Options.Publish {
  return {
    persistent: true,
    contentType: 'application/json',
    messageId: event.id,
    type: event.type,
    appId: event.publisher,
    timestamp: Math.floor(Date.now() / 1000),
    headers: headersOf(event),
  };
}
