// Where a test can end the process as a power cut would: between two steps that must hold together. Chance hardly ever
// hits such a place; a test that names one hits it every time. For tests alone: nothing else sets the variable.

/** In the order in which an announcement and what follows from it pass them. */
export const killPoints = [
  /** The gateway will take it; nothing is stored yet. */
  'accepted',
  /** It is in the spool, on the disk; the device has no answer yet. */
  'spooled',
  /** Given to the broker, which has not confirmed; embedded: in a transaction that is not committed. */
  'published',
  /** The broker has confirmed, nobody was told yet; embedded: committed. */
  'confirmed',
  /** A consumer's transaction holds the events' ids. */
  'claimed',
  /** What follows is decided; nothing of it is saved. */
  'decided',
  /** Effect and outbox are committed; nothing is published or acked. */
  'committed',
  /** An event of the outbox is confirmed; its row is still there. */
  'relayed',
  /** The broker was told that the batch is done. */
  'acked',
] as const;
export type KillPoint = (typeof killPoints)[number];

const [armed = '', nth = '1'] = (process.env['MUSTER_KILL_POINT'] ?? '').split(':');
let passesLeft = Number(nth);

function pass(point: KillPoint): void {
  if (point !== armed) return;
  passesLeft -= 1;
  if (passesLeft === 0) process.kill(process.pid, 'SIGKILL');
}

/**
 * Does nothing, unless MUSTER_KILL_POINT is `<point>` or `<point>:<nth>`: then the process ends here with SIGKILL, the nth
 * time it passes.
 */
export const killPoint: (point: KillPoint) => void = armed === '' ? () => undefined : pass;

/** Called once at the start. Throws where the process serves in earnest: the variable can only be there by mistake. */
export function guardKillPoint(log: { warn(fields: object, message: string): void }): void {
  if (armed === '') return;
  if (process.env['NODE_ENV'] === 'production') {
    throw new Error('MUSTER_KILL_POINT is set: it is for tests, and ends the process without warning');
  }
  const point = killPoints.find((name) => name === armed);
  if (!point || !(passesLeft >= 1)) throw new Error(`MUSTER_KILL_POINT names no point: ${armed}:${nth}`);
  log.warn(
    { point, nth: passesLeft },
    'MUSTER_KILL_POINT is set: this process is going to kill itself, for a test',
  );
}
