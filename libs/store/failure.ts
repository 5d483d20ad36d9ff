// What a database error means for the one who met it.

const code = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';

/** Lost against another transaction: serialization failure or deadlock. Repeating it is right. */
export function retryable(error: unknown): boolean {
  return ['40001', '40P01'].includes(code(error));
}

const transientStates = new Set([
  '25006', // read-only: the server became a standby
  '53100', // disk full
  '53200', // out of memory
  '53300', // too many connections
  '55P03', // lock not available within lock_timeout
  '57014', // statement cancelled
  '57P01', // server shutting down
  '57P02', // server crashed
  '57P03', // server starting up
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT', // the server's socket
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** A statement had no answer within its limit: the server is gone, or so slow that it might as well be. */
export function unanswered(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

/**
 * A statement took longer than it may: it waits for a lock, or has too much to do, or the whole database hangs. Who must
 * know which asks for something trivial.
 */
export function timedOut(error: unknown): boolean {
  return unanswered(error) || waitedTooLong(error);
}

/** The same, by the word of the database itself: it is there. */
export function waitedTooLong(error: unknown): boolean {
  return ['55P03', '57014'].includes(code(error));
}

/** The database cannot be used at the moment; the statement itself may be right. Waiting is right, giving up is not. */
export function unavailable(error: unknown): boolean {
  if (unanswered(error) || transientStates.has(code(error)) || code(error).startsWith('08')) return true;
  return (
    error instanceof Error &&
    /connection terminated|connection timeout|timeout exceeded when trying to connect|not queryable|pool after calling end|driver not connected/i.test(
      error.message,
    )
  );
}

/** One line about an error, for a log field or a reason that a person reads. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.slice(0, 2000);
}
