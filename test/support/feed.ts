// What happened, as the console's event stream tells it: every event, from the first.
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

async function read(response: Response, events: Event[]): Promise<void> {
  if (!response.body) throw new Error('the event stream has no body');
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data:'));
      if (data) events.push(readEvent(JSON.parse(data.slice(5))));
    }
  }
}
