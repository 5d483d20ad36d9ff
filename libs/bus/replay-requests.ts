// What operators ask of dead deliveries: each service hears it, and answers for its own.
import { deliveryReplayRequested } from '../events/delivery.js';
import { handOver, type Owners } from '../store/parked-owners.js';
import { drop, revive } from '../store/parking.js';
import { consumer, type Consumer } from './consumer.js';

interface Options {
  readonly service: string;
  readonly schema: string;
  /** Asked when a request comes. */
  readonly owners: () => Owners;
}

/**
 * A request may name a consumer that is there no more, or one that the delivery was taken from since: it is found by its
 * event, which has one consumer in a service.
 */
export function replayRequests({ service, schema, owners }: Options): Consumer {
  return consumer({
    name: `${service}.parking`,
    on: [deliveryReplayRequested],
    load: () => Promise.resolve(null),
    decide: ({ data }) => ({ changes: data.consumer.startsWith(`${service}.`) ? [data] : [], events: [] }),
    save: async (tx, changes) => {
      const today = owners();
      for (const { action, consumer: named, eventId, otherEventIds = [] } of changes) {
        const ids = [eventId, ...otherEventIds];
        await handOver(tx, schema, today, ids);
        const names = [...new Set([named, ...today.byType.values()])];
        await (action === 'replay' ? revive : drop)(tx, schema, names, ids);
      }
    },
  });
}
