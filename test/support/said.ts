// Events of services that do not run here.
import { stamp, type Draft, type Event } from '#events/event';

let sequence = 0;

/** As the service that may say so would have published it. */
export function said<D>(publisher: string, draft: Draft<D>): Event<D> {
  sequence += 1;
  const occurredAt = new Date().toISOString();
  return stamp(draft, { publisher, sequence, occurredAt, causedBy: null, traceparent: null });
}
