// Addresses as people write them: one, from one to another, or a network in CIDR notation; IPv4 and IPv6.
import { isIP } from 'node:net';
import { spanBetween, spanMax, spanOfNetwork, type Span } from '../../addresses/span.js';

export type AddressRange = Span & { readonly kind: 'range' };
export type ReadRange = AddressRange | { readonly kind: 'fault'; readonly reason: string };

/** The reason of a fault follows the words `the range`. */
export function readRange(text: string): ReadRange {
  const written = text.trim();
  const [from = '', to, ...more] = written.split('-').map((part) => part.trim());
  if (more.length > 0 || written.length > 100) return fault('is neither an address, FROM-TO nor a network');
  if (to !== undefined) return between(from, to);
  return written.includes('/')
    ? held(spanOfNetwork(written), `is no network: ${shown(written)}`)
    : between(written, written);
}

const fault = (reason: string): ReadRange => ({ kind: 'fault', reason });

function between(from: string, to: string): ReadRange {
  const none = [from, to].find((address) => !isPlain(address));
  if (none !== undefined) return fault(`holds ${shown(none)}, which is no address`);
  return held(
    spanBetween(from, to),
    `goes from ${shown(from)} to ${shown(to)}, which comes before it or is of another kind`,
  );
}

function held(span: Span | null, otherwise: string): ReadRange {
  if (!span) return fault(otherwise);
  return span.count > spanMax
    ? fault(`holds more than ${spanMax} addresses, which are as many as are searched`)
    : { kind: 'range', ...span };
}

/** Of plain spelling only: no zones, no octal numbers, nothing left out. */
const isPlain = (address: string): boolean => isIP(address) !== 0 && !address.includes('%');

const shown = (text: string): string => JSON.stringify(text.slice(0, 60));
