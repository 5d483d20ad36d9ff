// Addresses as people write them: one, from one to another, or a network in CIDR notation; IPv4 and IPv6.
import { countOf, hostsOf, readSpan, spanMax, type NoSpan, type Span } from '../../addresses/span.js';

export interface AddressRange extends Span {
  readonly kind: 'range';
  readonly count: number;
}

export type ReadRange = AddressRange | { readonly kind: 'fault'; readonly reason: string };

/** Longer ones are not read. */
const writtenMax = 100;

/** The reason of a fault follows the words `the range`. */
export function readRange(text: string): ReadRange {
  const written = text.trim();
  if (written.length > writtenMax) return fault(strange);
  const span = readSpan(written);
  if ('code' in span) return fault(reasonOf(span, written));
  return counted(span.written === 'network' ? hostsOf(span) : span);
}

const fault = (reason: string): ReadRange => ({ kind: 'fault', reason });
const strange = 'is neither an address, FROM-TO nor a network';

function reasonOf({ code, part }: NoSpan, written: string): string {
  if (code === 'address') return `holds ${shown(part)}, which is no address`;
  if (code === 'prefix') return `is no network: ${shown(part)}`;
  if (code === 'families') return 'begins with IPv4 and ends with IPv6, or the other way round';
  if (code === 'order')
    return `ends before it begins: ${shown(part)} is below ${shown(written.split('-')[0]?.trim() ?? '')}`;
  return strange;
}

function counted(span: Span): ReadRange {
  const count = countOf(span);
  if (count > BigInt(spanMax)) return fault(`holds ${count} addresses, and at most ${spanMax} are searched`);
  const { family, first, last } = span;
  return { kind: 'range', family, first, last, count: Number(count) };
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 60));
