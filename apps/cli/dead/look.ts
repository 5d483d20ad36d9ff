// muster dead list, muster dead show.
import * as z from 'zod';
import { ClientError, type Client } from '../client.js';
import { jsonOf, printed, printedLines } from '../printed.js';
import { countOf, secondOf } from '../said.js';
import { styled, tableOf } from '../table.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { filterOf, filterOptions, namedIn, type Filter, type Named } from './which.js';

const row = z.object({
  consumer: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  subject: z.string(),
  attempts: z.int(),
  reason: z.string(),
  diedAt: z.string(),
});
export const page = z.object({
  items: z.array(row),
  total: z.int(),
  next: z.string().nullable(),
  upTo: z.int(),
});
const whole = row.extend({
  event: z
    .object({
      publisher: z.string(),
      version: z.int(),
      causedBy: z.string().nullable(),
      traceparent: z.string().nullable(),
      data: z.unknown(),
      omitted: z.boolean(),
    })
    .nullable(),
});

type Row = z.infer<typeof row>;

const pageMax = 500;
const listedMax = 100_000;
const write = (line: string): void => void process.stdout.write(`${line}\n`);

export async function list(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, { ...filterOptions, limit: { type: 'string' } });
  if (positionals.length > 0) throw new UsageError(`${positionals.join(' ')} is not understood.`);
  const limit = countOf('--limit', values.limit ?? '50', listedMax);
  const client = clientOf(values);
  const filter = filterOf(values, new Date());
  let shown = 0;
  let total = 0;
  for (let after: string | null = ''; after !== null && shown < limit;) {
    const asked: Record<string, string> = { ...filter, limit: String(Math.min(pageMax, limit - shown)) };
    const place: string = after === '' ? '' : `&after=${after}`;
    const answer: z.infer<typeof page> = await client.ask(
      `/api/deliveries?${new URLSearchParams(asked).toString()}${place}`,
      page,
    );
    if (values.json) for (const item of answer.items) write(jsonOf(item));
    else for (const line of linesOf(answer.items, shown === 0)) write(line);
    shown += answer.items.length;
    ({ total, next: after } = answer);
  }
  if (!values.json) write(total > 0 ? `${shown} of ${total}` : await noneOf(client, filter));
  return 0;
}

const kinds = z.object({ items: z.array(z.object({ consumer: z.string(), dead: z.int() })) });

/** None at all, or none that match: then what there is. */
export async function noneOf(client: Client, filter: Filter): Promise<string> {
  const { items } = await client.ask('/api/deliveries/kinds', kinds);
  if (items.length === 0) return 'No dead delivery.';
  const all = items.reduce((sum, { dead }) => sum + dead, 0);
  const consumers = new Set(items.map(({ consumer }) => consumer));
  const { consumer } = filter;
  const why = consumer !== undefined && !consumers.has(consumer) ? `: the consumer ${consumer} has none` : '';
  const inAll = all === 1 ? 'is 1' : `are ${all}`;
  return printed(`None matches${why}. There ${inAll} in all, of ${[...consumers].join(', ')}.`);
}

/** Three lines each: what a replay or drop names it by, the event, and the reason as wide as the terminal. */
function linesOf(items: readonly Row[], first: boolean): readonly string[] {
  if (items.length === 0) return [];
  const columns = ['Given up', 'Consumer', 'Event id'].map((title) => ({ title }));
  const rows = items.map((item) => [secondOf(item.diedAt), item.consumer, item.eventId]);
  const [titles = '', ...heads] = tableOf(columns, rows);
  const each = items.flatMap((item, at) => [heads[at] ?? '', `  ${beneath(item)}`, `  ${reasonOf(item)}`]);
  return first ? [titles, ...each] : each;
}

function beneath({ eventType, subject, attempts }: Row): string {
  const about = subject === '' ? '' : ` of ${subject}`;
  return printed(`${eventType}${about}, tried ${attempts === 1 ? 'once' : `${attempts} times`}`);
}

const indent = 2;

/** Whole where a program reads. */
function reasonOf({ reason }: Row): string {
  const line = printed(reason.replaceAll(/\s+/g, ' ').trim());
  const max = process.stdout.isTTY ? Math.max(20, process.stdout.columns - indent) : Infinity;
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}

/** Null: it is not there, or no more. Rejects with ClientError. */
export async function find(
  client: Client,
  { consumer, eventId }: Named,
): Promise<z.infer<typeof whole> | null> {
  try {
    return await client.ask(`/api/deliveries/${consumer}/${eventId}`, whole);
  } catch (error) {
    if (error instanceof ClientError && error.status === 404) return null;
    throw error;
  }
}

export async function show(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, {});
  const named = namedIn(positionals);
  if (!named) throw new UsageError('say which one: CONSUMER EVENT-ID, as muster dead list shows them.');
  const client = clientOf(values);
  const dead = await find(client, named);
  if (!dead) {
    process.stderr.write('No such dead delivery.\n');
    return 1;
  }
  if (values.json) {
    write(jsonOf(dead, 2));
    return 0;
  }
  const { event, reason, ...facts } = dead;
  for (const [name, value] of Object.entries({ ...facts, ...beside(event) }))
    write(`${styled('dim', name.padEnd(12))} ${printed(String(value))}`);
  write(`\n${styled('bold', 'Reason')}\n${printedLines(reason)}`);
  write(`\n${styled('bold', 'Data')}\n${dataOf(event)}`);
  return 0;
}

type Told = z.infer<typeof whole>['event'];

function beside(event: Told): object {
  if (!event) return {};
  const { publisher, version, causedBy, traceparent } = event;
  return { publisher, version, causedBy: causedBy ?? '-', traceparent: traceparent ?? '-' };
}

function dataOf(event: Told): string {
  if (!event) return 'Not kept by console; the service that gave it up still has it.';
  return event.omitted ? 'Too large to be told; the service that gave it up has it.' : jsonOf(event.data, 2);
}
