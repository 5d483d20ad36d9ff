// What one client of a stream is sent, at the pace at which it reads.
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Thrown when the client has read nothing for so long: its place is another's. */
export class Stalled extends Error {
  override readonly name = 'Stalled';
}

/** Longer than a phone is in a tunnel; a client that comes back resumes where it was. */
const stalledMs = 30_000;

/** Waits for a slow client instead of holding its events in memory. Rejects with Stalled. */
export async function send(
  to: Writable,
  text: string,
  gone: AbortSignal,
  limitMs = stalledMs,
): Promise<void> {
  if (text === '' || gone.aborted || to.write(text)) return;
  const late = AbortSignal.timeout(limitMs);
  await once(to, 'drain', { signal: AbortSignal.any([gone, late]) }).catch(() => undefined);
  if (late.aborted && !gone.aborted && to.writableNeedDrain) {
    throw new Stalled(`nothing was read for ${limitMs} ms`);
  }
}
