// Addresses as people write them: one, from one to another, or a network in CIDR notation; IPv4 and IPv6.
import { countOf, hostsOf, networkOf, numberOf, spanMax, type Span } from '../../addresses/span.js';

export interface AddressRange extends Span {
  readonly kind: 'range';
  readonly count: number;
}

export type ReadRange = AddressRange | { readonly kind: 'fault'; readonly reason: string };

/** The reason of a fault follows the words `the range`. */
export function readRange(text: string): ReadRange {
  const written = text.trim();
  const [from = '', to, ...more] = written.split('-').map((part) => part.trim());
  if (more.length > 0 || written.length > 100) return fault('is neither an address, FROM-TO nor a network');
  if (to === undefined) return written.includes('/') ? network(written) : between(written, written);
  return between(from, to);
}

const fault = (reason: string): ReadRange => ({ kind: 'fault', reason });

function between(from: string, to: string): ReadRange {
  const [first, last] = [numberOf(from), numberOf(to)];
  if (!first) return fault(`holds ${shown(from)}, which is no address`);
  if (!last) return fault(`holds ${shown(to)}, which is no address`);
  if (first.family !== last.family)
    return fault('begins with IPv4 and ends with IPv6, or the other way round');
  if (last.value < first.value) return fault(`ends before it begins: ${shown(to)} is below ${shown(from)}`);
  return counted({ family: first.family, first: first.value, last: last.value });
}

function network(text: string): ReadRange {
  const whole = networkOf(text);
  return whole ? counted(hostsOf(whole)) : fault(`is no network: ${shown(text)}`);
}

function counted(span: Span): ReadRange {
  const count = countOf(span);
  if (count > BigInt(spanMax)) return fault(`holds ${count} addresses, and at most ${spanMax} are searched`);
  return { kind: 'range', ...span, count: Number(count) };
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 60));
