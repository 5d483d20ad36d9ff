// Endpoints of a rule as they are typed: `all`, or a list of addresses, ranges, networks and names.
import { readSpan, spanText, textOf, widthOf, type NoSpan, type Span } from '../../addresses/span.js';

/** What a device can fill in for itself. */
export const endpointNames = ['LocalSubnet', 'DefaultGateway', 'DHCP', 'DNS', 'WINS'] as const;
export type EndpointName = (typeof endpointNames)[number];

export interface Endpoints {
  /** Everybody; then the other two are empty. */
  readonly all: boolean;
  readonly names: readonly EndpointName[];
  /** In order, none touching another. */
  readonly spans: readonly Span[];
}

const partsMax = 64;

/** What was typed, or why it cannot be read and what to do. */
export function readEndpoints(text: string): Endpoints | { readonly fault: string } {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > partsMax) return { fault: `has ${parts.length} parts: at most ${partsMax} are taken` };
  if (parts.some((part) => part.toLowerCase() === 'all'))
    return parts.length === 1
      ? { all: true, names: [], spans: [] }
      : { fault: 'has "all" beside others: leave out one or the other' };
  const names = new Set<EndpointName>();
  const spans: Span[] = [];
  for (const part of parts) {
    const name = endpointNames.find((each) => each.toLowerCase() === part.toLowerCase());
    const read = name ?? spanOf(part);
    if (typeof read === 'string') names.add(read);
    else if ('fault' in read) return read;
    else spans.push(read);
  }
  return { all: false, names: [...names].toSorted(), spans: merged(spans) };
}

/** A network is named by its first address here: rules are kept as they are typed, and devices take no others. */
function spanOf(part: string): Span | { readonly fault: string } {
  if (part === '') return { fault: 'has an empty part: take away the comma too many' };
  const span = readSpan(part);
  if ('code' in span) return { fault: faultOf(part, span) };
  const { family, first, last } = span;
  if (span.from === first) return { family, first, last };
  const begin = textOf(first, family);
  return {
    fault: `"${part}" is no network: it begins at ${begin}; write ${begin}/${part.slice(part.indexOf('/') + 1)}`,
  };
}

function faultOf(part: string, { code }: NoSpan): string {
  const shown = `"${part.slice(0, 64)}"`;
  if (code === 'shape') return `${shown} is no range: write it as 10.0.0.1-10.0.0.9`;
  if (code === 'families') return `${shown} begins in IPv4 and ends in IPv6, or the other way`;
  if (code === 'order') return `${shown} ends before it begins: turn it round`;
  if (code === 'prefix')
    return `${shown} is no network: after the slash comes a number from 0 to 32, for IPv6 to 128`;
  return `${shown} is neither an address, a range a-b, a network in CIDR notation, nor one of ${endpointNames.join(', ')}`;
}

function merged(spans: readonly Span[]): readonly Span[] {
  const sorted = spans.toSorted(
    (a, b) => a.family - b.family || (a.first < b.first ? -1 : Number(a.first > b.first)),
  );
  const out: Span[] = [];
  for (const span of sorted) {
    const before = out.at(-1);
    if (before?.family === span.family && span.first <= before.last + 1n)
      out[out.length - 1] = { ...before, last: span.last > before.last ? span.last : before.last };
    else out.push(span);
  }
  return out;
}

/** The fewest networks that are this span: kernels know networks, not ranges. */
export function networksOf({ family, first, last }: Span): readonly string[] {
  const width = widthOf(family);
  const networks: string[] = [];
  for (let at = first; at <= last;) {
    let free = 0;
    while (free < width && (at >> BigInt(free)) % 2n === 0n && at + (2n << BigInt(free)) - 1n <= last)
      free += 1;
    networks.push(`${textOf(at, family)}/${width - free}`);
    at += 1n << BigInt(free);
  }
  return networks;
}

/** The same endpoints have the same text, however they were typed; what cannot be read stays as it is. */
export function canonical(text: string): string {
  const read = readEndpoints(text);
  if ('fault' in read) return text;
  if (read.all) return 'all';
  return [...read.spans.map(spanText), ...read.names].join(', ');
}
