// What became of operators' wishes, as the books have it: in the transaction of the deed, so that none is done twice.
import type { WishOutcome } from '#pki/authority/wish';
import { type Books, textOf } from '../books.js';

/** Far longer than console repeats one. */
const keptMs = 90 * 86_400_000;

export function outcomeOf(books: Books, id: string): WishOutcome | null {
  const row = books.one('select * from wish where id = ?', id);
  return row && { id, refused: textOf(row, 'refused'), certificates: textOf(row, 'certificates') };
}

/** Throws when there is one already. */
export function keepOutcome(books: Books, outcome: WishOutcome): WishOutcome {
  const now = Date.now();
  books.run('delete from wish where at_ms < ?', now - keptMs);
  books.run('insert into wish values (?, ?, ?, ?)', outcome.id, outcome.refused, outcome.certificates, now);
  return outcome;
}
