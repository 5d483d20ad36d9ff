// An event as one line of a terminal: when, what, about whom, and the few fields that tell most.
import { printed } from '../printed.js';
import { secondOf } from '../said.js';
import { styled } from '../table.js';
import type { StreamedEvent } from './stream.js';

/** In this order, where they are: what a person asks first. */
const telling = [
  ...['outcome', 'state', 'service', 'consumer', 'eventType', 'problems', 'reason', 'detail', 'trigger'],
  ...['model', 'ip', 'pool', 'groups', 'policies', 'version', 'changedBy', 'requestedBy', 'retiredBy'],
];
const shownMax = 110;
const typeWidth = 22;

export function lineOf({ type, subject, occurredAt, data }: StreamedEvent): string {
  const fields = { ...record(record(data)['identity']), ...record(data) };
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

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};

/** Of a list, the names of what is in it. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!Array.isArray(value)) return '';
  return value.map((each) => textOf(typeof each === 'object' ? record(each)['name'] : each)).join(' ');
}
