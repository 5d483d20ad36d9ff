// An event as one line of a terminal: when, what, about whom, and the few fields that tell most.
import { printed } from '../printed.js';
import { secondOf } from '../said.js';
import { styled } from '../table.js';
import { recordOf, textOf } from './fields.js';
import type { StreamedEvent } from './stream.js';

/** In this order, where they are: what a person asks first. */
const telling = [
  ...['outcome', 'state', 'service', 'consumer', 'eventType', 'problems', 'reason', 'detail', 'trigger'],
  ...['model', 'ip', 'pool', 'groups', 'policies', 'version', 'changedBy', 'requestedBy', 'retiredBy'],
];
const shownMax = 110;
const typeWidth = 22;

export function lineOf({ type, subject, occurredAt, data }: StreamedEvent): string {
  const fields = { ...recordOf(recordOf(data)['identity']), ...recordOf(data) };
  const serial = textOf(fields['serial']);
  const what = telling
    .flatMap((name) => {
      const text = textOf(fields[name]);
      return text === '' ? [] : [`${name} ${text}`];
    })
    .join(', ');
  const about = serial || subject;
  return [
    styled('dim', printed(secondOf(occurredAt)).slice(0, 20)),
    styled('bold', printed(type).padEnd(typeWidth)),
    printed(about).padEnd(16),
    printed(what.length > shownMax ? `${what.slice(0, shownMax - 1)}…` : what),
  ]
    .join('  ')
    .trimEnd();
}
