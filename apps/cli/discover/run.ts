// A discovery as console answers it, and in words.
import * as z from 'zod';
import type { Client } from '../client.js';

const count = z.int().nonnegative();
/** Of a later console too: what it adds is passed on with --json. */
export const run = z.looseObject({
  id: z.string(),
  state: z.string(),
  endedAt: z.string().nullable(),
  entries: count,
  imported: count,
  total: count,
  waiting: count,
  found: count,
  known: count,
  held: count,
  claimed: count,
  refused: count,
  notReached: count,
  nobody: count,
  overlapping: count,
  again: count,
  /** Told once, to whoever sends the list. */
  ignoredColumns: z.array(z.string()).optional(),
});
export type Run = z.infer<typeof run>;

const failure = z.looseObject({
  line: count,
  address: z.string(),
  outcome: z.string(),
  reason: z.string().nullable(),
});
const page = z.object({ items: z.array(failure), next: z.string().nullable() });
const pageMax = 500;

/** Each address that was refused or not reached, page by page. */
export async function* failures(client: Client, place: string): AsyncGenerator<z.infer<typeof failure>> {
  for (let after: string | null = '0'; after !== null;) {
    const answer: z.infer<typeof page> = await client.ask(
      `${place}?show=failed&limit=${pageMax}&after=${after}`,
      page,
    );
    yield* answer.items;
    after = answer.next;
  }
}

export function progressOf({ imported, entries, waiting, total, found, known }: Run): string {
  if (imported < entries) return `importing: ${imported} of ${entries} entries`;
  return `${total - waiting} of ${total} addresses asked: ${found} found, ${known} known before`;
}

export function sentence(last: Run): string {
  const { found, known, held, claimed, refused, notReached, nobody, again, waiting, overlapping } = last;
  const others: readonly (readonly [number, string])[] = [
    [held, 'held for approval'],
    [claimed, 'known elsewhere'],
    [refused, 'refused'],
    [notReached, 'not reached'],
    [nobody, 'with nobody there'],
    [again, 'seen again at another entry'],
    [waiting, 'not asked'],
  ];
  const told = others.filter(([amount]) => amount > 0).map(([amount, words]) => `, ${amount} ${words}`);
  const twice = overlapping > 0 ? ` Asked once though named more than once: ${overlapping}.` : '';
  return `${last.state === 'cancelled' ? 'Cancelled' : 'Done'}: ${found} found, ${known} known before${told.join('')}.${twice}`;
}
