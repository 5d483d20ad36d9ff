// Addresses that follow one another: what is written as a range or as a network. Addresses are big numbers here.
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

/** Null: not two addresses of one kind, the lower first. */
export function spanBetween(from: string, to: string): Span | null {
  const [first, last] = [numberOf(from), numberOf(to)];
  if (first?.family !== last?.family || !first || !last || last.value < first.value) return null;
  return { family: first.family, first: first.value, last: last.value };
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
