// What can be wrong with the spool's folder or its files, in words for an operator.
import { messageOf } from '#events/message-of';

/** Thrown when an announcement could not be written. */
export class SpoolFault extends Error {
  override readonly name = 'SpoolFault';
  constructor(
    /** full: its limit, or the disk. broken: the folder or the file cannot be used. late: no answer in time, it may be written. */
    readonly code: 'full' | 'broken' | 'late',
    message: string,
  ) {
    super(message);
  }
}

/** What to do about each, said once with the complaint. */
export const remedies: Readonly<Record<SpoolFault['code'], string>> = {
  full: 'bring RabbitMQ back, raise MUSTER_GATEWAY_SPOOL_MAX_MB, or free space on the disk of the folder',
  broken: 'mend MUSTER_GATEWAY_SPOOL_DIR: a folder on a local disk or volume that this process may write',
  late: 'see what keeps the disk of MUSTER_GATEWAY_SPOOL_DIR busy',
};

/** SQLite's primary result codes: https://sqlite.org/rescode.html */
const corrupt = 11;
const full = 13;
const notADatabase = 26;

export const isCorrupt = (error: unknown): boolean => {
  const result = resultOf(error);
  return result === corrupt || result === notADatabase;
};

export function faultOf(error: unknown): SpoolFault {
  if (error instanceof SpoolFault) return error;
  const message = messageOf(error);
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const noRoom = resultOf(error) === full || code === 'ENOSPC' || code === 'EDQUOT';
  return new SpoolFault(noRoom ? 'full' : 'broken', message);
}

/** Extended codes carry the primary one in their low byte. */
function resultOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null;
}
