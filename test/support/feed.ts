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

/** Follows the stream from its beginning until closed. A console may die: after a cut it goes on behind the last one it had. */
export function openFeed(operator: Operator): Feed {
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
  return {
    events,
    of: (definition) => events.filter((event) => definition.is(event)),
    close: () => abort.abort(),
  };
}

async function read(response: Response, events: Event[], place: { last: string }): Promise<void> {
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
