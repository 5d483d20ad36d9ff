// Which event of a batch the database means when it refuses the whole: it often says the row or the value. To ask it is
// one transaction for a culprit; to halve until it is alone are some fourteen.
import type { Event } from '../events/event.js';

const wordsMax = 100;
/** Shorter ones stand in every event. */
const word = /[\p{L}\p{N}][\p{L}\p{N}._:-]{4,}/gu;

/** Id of the one event that the error's words point to; null when they point to none, or to several. */
export function accusedBy(error: unknown, events: readonly Event[]): string | null {
  const words = [...new Set(textOf(error).match(word))].slice(0, wordsMax);
  if (words.length === 0) return null;
  const texts = events.map((event) => JSON.stringify(event));
  const pointed = new Set<string>();
  for (const each of words) {
    const [first, second] = events.filter((_, position) => texts[position]?.includes(each));
    if (first && !second) pointed.add(first.id);
  }
  const [only, other] = pointed;
  return other === undefined ? (only ?? null) : null;
}

interface Words {
  readonly message: string;
  readonly detail?: unknown;
  readonly where?: unknown;
}

/** PostgreSQL names the row in `detail`, and in `where` what it was doing. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { message, detail, where }: Words = error;
  return [message, detail, where].filter((each) => typeof each === 'string').join('\n');
}
