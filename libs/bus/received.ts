// A message as it was taken from a queue: as far as this build can read it, and whose it is.
import { v5 as nameBasedId } from 'uuid';
import { readEvent } from '../events/catalogue.js';
import { parseEnvelope, UnreadableEvent, type Event } from '../events/event.js';
import type { Consumer } from './consumer.js';
import { storable } from '../events/storable.js';

export interface Received {
  /** In its batch. */
  readonly position: number;
  readonly event: Event;
  /** Who hears its type; null when nobody does. */
  readonly consumer: Consumer | null;
  /** Why this build cannot read it: it is parked as dead. */
  readonly fault: UnreadableEvent | null;
}

export function receive(message: unknown, position: number, byType: ReadonlyMap<string, Consumer>): Received {
  try {
    const event = readEvent(message);
    const consumer = byType.get(event.type);
    if (consumer) return { position, event, consumer, fault: null };
    const fault = new UnreadableEvent('unknownType', `no consumer of this service hears ${event.type}`);
    return { position, event, consumer: null, fault };
  } catch (error) {
    const fault =
      error instanceof UnreadableEvent ? error : new UnreadableEvent('notAnEnvelope', String(error));
    const event = legible(message);
    // Whoever hears its type can handle it once it can read it: a newer version, after the upgrade.
    return { position, event, consumer: byType.get(event.type) ?? null, fault };
  }
}

/** Where in the batch the messages of `ids` are, repeats within it included. `first` has one position of each id of `group`. */
export function positionsOf(
  group: readonly Received[],
  ids: ReadonlySet<string>,
  first: ReadonlyMap<string, number>,
): number[] {
  if (ids.size === first.size) return group.map(({ position }) => position);
  return group.filter(({ event }) => ids.has(event.id)).map(({ position }) => position);
}

/** What ids of messages that have none are made under. */
const namespace = '3d2f4f5e-5d0e-4a57-9d3c-6f0e7f1c3329';

/** The message as an event, its data unchecked; where it is none, one to park it under, its id made from its content. */
export function legible(message: unknown): Event {
  try {
    return parseEnvelope(message);
  } catch {
    const text = JSON.stringify(storable(message)) ?? 'undefined';
    return {
      id: nameBasedId(text, namespace),
      type: 'unreadable',
      version: 1,
      publisher: 'unknown',
      subject: 'unreadable',
      sequence: 0,
      occurredAt: new Date().toISOString(),
      causedBy: null,
      traceparent: null,
      data: text.slice(0, 10_000),
    };
  }
}
