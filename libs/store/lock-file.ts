// A file that one process at a time holds. The lock is SQLite's own, on a file that nothing is ever written to: the system
// takes it from a process that is killed, however it is killed; it holds between containers that share a volume; only who
// may write the file can take it. Nobody may open the file in another way: its closing would give up the lock.
import { DatabaseSync } from 'node:sqlite';

/** Gives the file back. */
export type Unlock = () => void;

/** https://sqlite.org/rescode.html; extended codes carry the primary one in their low byte. */
const busy = 5;

/** Null when it is held already, by another process or by this one. Throws when the file cannot be used. */
export function lockFile(file: string): Unlock | null {
  const database = new DatabaseSync(file);
  try {
    database.exec('begin exclusive');
    return () => database.close();
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === busy;
