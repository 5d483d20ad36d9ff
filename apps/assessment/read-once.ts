// What tasks that begin together have in common: read and understood for the first of them.
import type { Tx } from '#store/store';

const found = new WeakMap<Tx, Map<string, Promise<unknown>>>();

/**
 * What `read` resolves to, or what it has resolved to in this transaction before.
 *
 * For what a task begins with alone: before each write the switch is asked again, by the statement that keeps the change.
 * @param what names it, with all that it depends on
 */
export function readOnce<T>(tx: Tx, what: string, read: () => Promise<T>): Promise<T> {
  const known = found.get(tx) ?? new Map<string, Promise<unknown>>();
  found.set(tx, known);
  const before = known.get(what) as Promise<T> | undefined;
  if (before) return before;
  const reading = read();
  known.set(what, reading);
  return reading;
}
