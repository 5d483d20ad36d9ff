// What an operator wrote, one address or name after the other (R35). Pure.
import { addressAt, countOf, spanBetween, spanMax, type Span } from '#addresses/span';
import type { Wanted } from '#events/discovery';

/** One address or host name to be asked. */
export interface Target {
  readonly line: number;
  readonly at: string;
  readonly serial: string | null;
  /** Where nobody answers is then no news. */
  readonly ofRange: boolean;
}

/** The next address of the range at an entry, both from 0. */
export interface Place {
  readonly entry: number;
  readonly address: number;
}

export interface Taken {
  readonly targets: readonly Target[];
  /** Where to go on; null: that was all. */
  readonly next: Place | null;
}

/** `max` targets from a place on, or as many as there are. */
export function takeTargets(wanted: readonly Wanted[], from: Place, max: number): Taken {
  const targets: Target[] = [];
  let { entry, address } = from;
  while (entry < wanted.length && targets.length < max) {
    const { line, at, serial } = wanted[entry] ?? { line: 0, at: '', serial: null };
    const span = spanOf(at);
    const count = Math.min(max - targets.length, (span?.count ?? 1) - address);
    for (let nth = address; nth < address + count; nth += 1) {
      targets.push({ line, at: span ? addressAt(span, nth) : at, serial, ofRange: span !== null });
    }
    address += count;
    if (address >= (span?.count ?? 1)) [entry, address] = [entry + 1, 0];
  }
  return { targets, next: entry < wanted.length ? { entry, address } : null };
}

/** Null: an address alone, or a name, which may have hyphens too. */
function spanOf(at: string): (Span & { readonly count: number }) | null {
  const [first = '', last = '', ...more] = at.split('-');
  if (more.length > 0) return null;
  const span = spanBetween(first, last);
  return span && { ...span, count: Math.min(Number(countOf(span)), spanMax) };
}
