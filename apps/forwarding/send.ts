// Copies over one connection to one listener, and what its answers mean.
import { cut } from '#events/cut';
import { Line } from '#announce/announce';
import { AnnounceError } from '#announce/announce-error';
import { clientContext, type ClientCredentials } from '#announce/reach';
import type { Acknowledge } from '#announce/announcement';
import type { Listener } from '#events/listener';
import type { Settled, WaitingCopy } from './rows.js';

/** Sent before the first answer is awaited. */
const unansweredMax = 16;
const failureLengthMax = 512;

/** This server's own identity, shown to listeners that ask for one. */
export type OwnIdentity = Pick<ClientCredentials, 'key' | 'certificate'>;

/** A connection to a listener. Rejects with AnnounceError; nothing is sent to one whose certificate should verify and does not. */
export async function connectTo(listener: Listener, own: OwnIdentity, signal: AbortSignal): Promise<Line> {
  const authorities = listener.trustedAuthorities.trim();
  const line = await Line.open({
    host: listener.host,
    port: listener.port,
    context: clientContext({ ...own, ...(authorities && { authorities }) }),
    requireVerified: listener.validateCertificate,
    signal,
  });
  signal.addEventListener('abort', () => line.close(), { once: true });
  return line;
}

/** Of what waits, what may be under way together: of each device one copy, so that none overtakes another. */
export function together(copies: readonly WaitingCopy[]): readonly WaitingCopy[] {
  const devices = new Set<string>();
  const end = copies.findIndex(({ deviceId }) => devices.size === devices.add(deviceId).size);
  return copies.slice(0, Math.min(end < 0 ? copies.length : end, unansweredMax));
}

/** An outcome, and how long the listener asks to be left alone. */
export interface Sent extends Settled {
  readonly retryAfterMs: number | null;
}

/** Sends copies and hears the answers. Never rejects: what got no answer stays, with the failure named. */
export async function send(line: Line, copies: readonly WaitingCopy[]): Promise<Sent> {
  const answers = await Promise.all(
    copies.map(({ id, message }) =>
      line.announce(message).then(
        (answer) => ({ id, ...meaningOf(answer) }),
        (error: unknown) => ({ id, means: 'failing' as const, why: said(error), retryAfterMs: null }),
      ),
    ),
  );
  const ids = (means: Meaning['means']) => answers.filter((one) => one.means === means).map(({ id }) => id);
  const failing = answers.find(({ means }) => means === 'failing');
  return {
    delivered: ids('done'),
    dropped: ids('refused'),
    failure: failing ? cut(failing.why, failureLengthMax) : null,
    retryAfterMs: failing?.retryAfterMs ?? null,
  };
}

interface Meaning {
  /** done: it has it, or had it before. refused: it will never take this one. failing: it takes nothing now. */
  readonly means: 'done' | 'refused' | 'failing';
  readonly why: string;
  readonly retryAfterMs: number | null;
}

/** Reasons that lie in the copy itself; every other one holds for all copies, until somebody changes a setting. */
const aboutTheCopy: ReadonlySet<string> = new Set([
  'badField',
  'badKey',
  'notJson',
  'notUtf8',
  'tooLong',
  'tooDeep',
]);

export function meaningOf({ result, reason, message, retryAfterMs }: Acknowledge): Meaning {
  const why = `${result} (${reason ?? 'no reason'}): ${message}`;
  if (result === 'accepted' || reason === 'loop') return { means: 'done', why, retryAfterMs: null };
  if (result === 'refused' && aboutTheCopy.has(reason ?? ''))
    return { means: 'refused', why, retryAfterMs: null };
  return { means: 'failing', why, retryAfterMs };
}

/** What a failure said, for an operator. */
export function said(error: unknown): string {
  if (error instanceof AnnounceError) return cut(`${error.code}: ${error.message}`, failureLengthMax);
  return cut(String(error), failureLengthMax);
}
