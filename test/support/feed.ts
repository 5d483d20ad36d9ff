// What happened, as the console's event stream tells it: every event, from the first.
import { setTimeout as delay } from 'node:timers/promises';
import type { Event, EventDefinition } from '#events/event';
import { readEvent } from '#events/catalogue';
import type { Operator } from './operator.js';

export interface Feed {
  readonly events: readonly Event[];
  of<D>(definition: EventDefinition<D>): readonly Event<D>[];
  close(): void;
}

/** Follows the stream from its beginning until closed. */
export async function openFeed(operator: Operator): Promise<Feed> {
  const abort = new AbortController();
  const response = await operator.stream('/api/events', { 'last-event-id': '0' }, abort.signal);
  const events: Event[] = [];
  void read(response, events).catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  return {
    events,
    of: (definition) => events.filter((event) => definition.is(event)),
    close: () => abort.abort(),
  };
}

/** The same over any number of consoles, each of which may die: after a cut it goes on with the event after the last one. */
export function followFeed(operator: Operator): Pick<Feed, 'events' | 'close'> {
  const abort = new AbortController();
  const events: Event[] = [];
  const place = { last: '0' };
  const follow = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      await operator
        .stream('/api/events', { 'last-event-id': place.last }, abort.signal)
        .then((response) => read(response, events, place))
        .catch(() => undefined);
      await delay(200);
    }
  };
  void follow();
  return { events, close: () => abort.abort() };
}

async function read(response: Response, events: Event[], place = { last: '0' }): Promise<void> {
  if (!response.body) throw new Error('the event stream has no body');
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n');
      const data = lines.find((line) => line.startsWith('data:'));
      if (data) events.push(readEvent(JSON.parse(data.slice(5))));
      const id = lines.find((line) => line.startsWith('id:'));
      if (id) place.last = id.slice(3).trim();
    }
  }
}
