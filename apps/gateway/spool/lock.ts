// One process for one slot. The lock is SQLite's own, on a file that nothing is ever written to: the system takes it back
// from a process that is killed, it holds between containers that share a volume, and the slot's data can be renamed under it.
import { DatabaseSync } from 'node:sqlite';
import { isLocked } from './fault.js';

/** Gives the slot back. */
export type Unlock = () => void;

/** Null when another process holds it. Throws when the file cannot be used. */
export function lock(file: string): Unlock | null {
  const database = new DatabaseSync(file);
  try {
    database.exec('begin exclusive');
    return () => database.close();
  } catch (error) {
    database.close();
    if (isLocked(error)) return null;
    throw error;
  }
}
