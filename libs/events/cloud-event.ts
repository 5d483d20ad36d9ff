// The attributes of CloudEvents 1.0 that travel beside each event, in the headers of its message, for readers that know
// CloudEvents and not Muster. Its data is the whole event; `datacontenttype` is the message's content type.
import * as z from 'zod';
import type { Event } from './event.js';

/** Named as the AMQP binding of CloudEvents 1.0.2 says; `traceparent` once more by the name that W3C gave it. */
export const messageHeaders = z.object({
  'cloudEvents:specversion': z.literal('1.0'),
  'cloudEvents:id': z.uuid(),
  'cloudEvents:source': z.string().regex(/^\/muster\/[a-z]+$/),
  'cloudEvents:type': z.string(),
  'cloudEvents:subject': z.string().max(128),
  'cloudEvents:time': z.iso.datetime(),
  'cloudEvents:traceparent': z.string().max(64).optional(),
  traceparent: z.string().max(64).optional(),
});
export type MessageHeaders = z.infer<typeof messageHeaders>;

export function headersOf(event: Event): MessageHeaders {
  const { id, publisher, type, subject, occurredAt, traceparent } = event;
  return {
    'cloudEvents:specversion': '1.0',
    'cloudEvents:id': id,
    'cloudEvents:source': `/muster/${publisher}`,
    'cloudEvents:type': type,
    'cloudEvents:subject': subject,
    // As text: a timestamp of AMQP 0-9-1 has no milliseconds.
    'cloudEvents:time': occurredAt,
    ...(traceparent !== null && { 'cloudEvents:traceparent': traceparent, traceparent }),
  };
}
