// A consumer, as parked deliveries are tried with it: again, by a build that may read what an older one could not; or for
// the last time.
import { readEvent } from '../events/catalogue.js';
import { UnreadableEvent, type Event } from '../events/event.js';
import { Unprocessable, type Consumer } from './consumer.js';

/** What was dead because this build could not read it stays so until a build can. */
export function readingAgain(consumer: Consumer): Consumer {
  const heard = new Set(consumer.on.map(({ type }) => type));
  return {
    ...consumer,
    load: (tx, events) =>
      consumer.load(
        tx,
        events.filter((event) => heard.has(event.type)),
      ),
    decide: (event, state, tries) => {
      readEvent(event);
      if (!heard.has(event.type)) {
        throw new UnreadableEvent('unknownType', `no consumer of this service hears ${event.type}`);
      }
      return consumer.decide(event, state, tries);
    },
  };
}

/** Its data as the schema gives it, where it can be read; as it lies there, where not: decide refuses it then. */
export function readAgain(event: Event): Event {
  try {
    return readEvent(event);
  } catch {
    return event;
  }
}

/** Does nothing with an event that kills its process: the delivery is dead, and told of as such. */
export function givingUp(consumer: Consumer, deaths: number): Consumer {
  return {
    ...consumer,
    load: () => Promise.resolve(null),
    decide: () => {
      throw new Unprocessable(
        `its process died ${deaths} times in a row while it tried this event, at last with no other beside it: ` +
          'look at the end of its log and at its memory limit, mend what ended it, then replay the event',
      );
    },
  };
}
