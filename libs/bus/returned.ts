// Messages that the bus gave up because they killed their reader. Console tells of each; the service that it was for keeps
// it as a dead letter like any other, to be replayed or dropped.
import { deliveryDied, deliveryReturned, givenUpOf, type Returned } from '../events/delivery.js';
import type { Event } from '../events/event.js';
import { claim } from '../store/inbox.js';
import { park } from '../store/parking.js';
import { consumer, nothing, type Consumer } from './consumer.js';
import { legible } from './received.js';
import { storableEvent, storableText } from '../events/storable.js';
import { ownerOf } from './topology.js';

interface Options {
  readonly service: string;
  readonly schema: string;
  /** Under whose name an event of a type is kept. */
  readonly consumerOf: (type: string) => string;
}

interface Kept {
  readonly consumer: string;
  readonly event: Event;
  readonly attempts: number;
  readonly reason: string;
}

export function returnedMessages({ service, schema, consumerOf }: Options): Consumer {
  const keptOf = ({ queue, message, attempts, reason }: Returned): Kept | null => {
    if (ownerOf(queue) !== service) return null;
    // Only its envelope is looked at: something in the rest is dangerous.
    const event = storableEvent(legible(message));
    return {
      consumer: consumerOf(event.type),
      event,
      attempts,
      reason: storableText(`${reason}, in ${queue}`),
    };
  };
  const keyOf = ({ consumer: name, event }: Kept): string => `${name} ${event.id}`;
  return consumer<Set<string>, Kept, Returned>({
    name: `${service}.returned`,
    on: [deliveryReturned],
    // Those whose effect was committed before their reader died are no dead letters.
    load: async (tx, events) => {
      const kept = events.flatMap(({ data }) => keptOf(data) ?? []);
      const open = new Set<string>();
      const byConsumer = [...Map.groupBy(kept, (each) => each.consumer)];
      for (const [name, of] of byConsumer.toSorted(([a], [b]) => a.localeCompare(b))) {
        const ids = of.map(({ event }) => event.id);
        for (const id of await claim(tx, schema, name, ids)) open.add(`${name} ${id}`);
      }
      return open;
    },
    decide: ({ data }, open) => {
      const kept = keptOf(data);
      return kept && open.has(keyOf(kept)) ? { changes: [kept], events: [death(kept)] } : nothing;
    },
    evolve: (open, kept) => void open.delete(keyOf(kept)),
    save: async (tx, changes) => {
      for (const { consumer: name, ...rest } of changes)
        await park(tx, schema, name, [{ ...rest, delayMs: null, waits: false }]);
    },
  });
}

const death = ({ consumer: name, event, attempts, reason }: Kept) =>
  deliveryDied.draft({
    consumer: name,
    eventId: event.id,
    eventType: event.type.slice(0, 128),
    attempts,
    reason,
    event: givenUpOf(event),
  });
