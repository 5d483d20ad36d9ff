// What came over the bus, as it can lie in a jsonb column: no NUL, no half surrogate pair, not nested without end. JSON may
// hold all of these, and what cannot be parked would come again for ever.
import type { Event } from './event.js';

const nestedMax = 100;

/** NUL and half surrogate pairs become U+FFFD. */
export const storableText = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\ufffd');

/** A JSON value; of what is nested too deep nothing is kept. */
export function storable(value: unknown, left = nestedMax): unknown {
  if (typeof value === 'string') return storableText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (left === 0) return `nested deeper than ${nestedMax}: not kept`;
  if (Array.isArray(value)) return value.map((each) => storable(each, left - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [storableText(key), storable(each, left - 1)]),
  );
}

/** The same event where nothing is wrong with it. */
export function storableEvent(event: Event): Event {
  return {
    ...event,
    type: storableText(event.type),
    publisher: storableText(event.publisher),
    subject: storableText(event.subject),
    traceparent: event.traceparent === null ? null : storableText(event.traceparent),
    data: storable(event.data),
  };
}

/** What is left of an event whose data cannot be kept. */
export const envelopeOf = (event: Event): Event => ({
  ...event,
  type: event.type.slice(0, 128),
  traceparent: null,
  data: null,
});
