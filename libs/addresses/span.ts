// Addresses that follow one another: what is written as a range or as a network. Addresses are big numbers here.
// `readSpan` is the one reader of what people write; what a fault is called, and what else is taken, its callers say.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface Numbered {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** From first to last address, both of them included. */
export interface Span {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** Addresses of one span that are looked for: a network of IPv4 with 16 bits. */
export const spanMax = 65_536;

export const widthOf = (family: 4 | 6): 32 | 128 => (family === 4 ? 32 : 128);

/** Of plain spelling only: no zones, no octal numbers, nothing left out. IPv4 in the disguise of IPv6 is IPv4. */
export function numberOf(text: string): Numbered | null {
  if (isIP(text) === 0 || text.includes('%')) return null;
  const bytes = ipaddr.process(text).toByteArray();
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { family: bytes.length === 4 ? 4 : 6, value };
}

/** An address by number, as it is usually written. */
export function textOf(value: bigint, family: 4 | 6): string {
  const count = widthOf(family) / 8;
  const bytes = Array.from({ length: count }, (_, at) =>
    Number((value >> BigInt(8 * (count - 1 - at))) & 255n),
  );
  return ipaddr.fromByteArray(bytes).toString();
}

export const countOf = ({ first, last }: Span): bigint => last - first + 1n;

/** As it was written: one address, from one to another, or a network, named by whichever of its addresses. */
export interface WrittenSpan extends Span {
  readonly written: 'address' | 'range' | 'network';
  /** Where it was said to begin; of a network that need not be its first one. */
  readonly from: bigint;
}

/**
 * Why it is no span.
 * shape: more hyphens or characters than any has · address: `part` is none · prefix: what follows the slash is none ·
 * families: it begins in one and ends in the other · order: it ends before it begins
 */
export interface NoSpan {
  readonly code: 'shape' | 'address' | 'prefix' | 'families' | 'order';
  /** What of it is wrong; cut by whoever tells it. */
  readonly part: string;
}

/** No span is written longer, whatever stands around its hyphen. */
const writtenMax = 256;

/** `address`, `from-to` or `address/bits`, with spaces around each of them. */
export function readSpan(text: string): WrittenSpan | NoSpan {
  if (text.length > writtenMax) return { code: 'shape', part: text };
  const [from = '', to, ...more] = text.split('-').map((part) => part.trim());
  if (more.length > 0) return { code: 'shape', part: text };
  if (to !== undefined) return between(from, to);
  const [base = '', ...bits] = from.split('/');
  const address = numberOf(base);
  if (!address) return { code: 'address', part: base };
  const { family, value } = address;
  if (bits.length === 0) return { family, first: value, last: value, written: 'address', from: value };
  const network = networkOf(from);
  return network ? { ...network, written: 'network', from: value } : { code: 'prefix', part: from };
}

function between(from: string, to: string): WrittenSpan | NoSpan {
  const [first, last] = [numberOf(from), numberOf(to)];
  if (!first) return { code: 'address', part: from };
  if (!last) return { code: 'address', part: to };
  if (first.family !== last.family) return { code: 'families', part: to };
  if (last.value < first.value) return { code: 'order', part: to };
  return { family: first.family, first: first.value, last: last.value, written: 'range', from: first.value };
}

/** Null: not two addresses of one kind, the lower first. */
export function spanBetween(from: string, to: string): Span | null {
  const span = between(from, to);
  return 'code' in span ? null : { family: span.family, first: span.first, last: span.last };
}

/** All of a network in CIDR notation, whichever of its addresses it is named by. Null: it is none. */
export function networkOf(text: string): Span | null {
  const [base = '', bits = '', ...more] = text.split('/');
  const address = numberOf(base);
  if (!address || more.length > 0 || !/^\d{1,3}$/.test(bits)) return null;
  const { family, value } = address;
  if (Number(bits) > widthOf(family)) return null;
  const size = 1n << BigInt(widthOf(family) - Number(bits));
  const first = (value / size) * size;
  return { family, first, last: first + size - 1n };
}

/** Without the address of an IPv4 network itself and that of all in it, and without the routers' one of IPv6 (RFC 4291 2.6.1). */
export function hostsOf(network: Span): Span {
  const { family, first, last } = network;
  if (countOf(network) <= 2n) return network;
  return { family, first: first + 1n, last: family === 4 ? last - 1n : last };
}

/** The nth, from 0. */
export const addressAt = ({ first, family }: Pick<Span, 'first' | 'family'>, nth: number): string =>
  textOf(first + BigInt(nth), family);

/** In order. */
export function* addressesOf({ first, last, family }: Span): Generator<string, void> {
  for (let at = first; at <= last; at += 1n) yield textOf(at, family);
}

export const overlaps = (a: Span, b: Span): boolean =>
  a.family === b.family && a.first <= b.last && b.first <= a.last;

/** As it is typed: an address, or a range. */
export const spanText = ({ family, first, last }: Span): string =>
  first === last ? textOf(first, family) : `${textOf(first, family)}-${textOf(last, family)}`;
