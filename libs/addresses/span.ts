// Addresses that follow one another: what a person writes as a range or as a network is asked one by one.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** From the first on, all of one kind. */
export interface Span {
  readonly first: string;
  /** Exact as far as anybody would ask so many. */
  readonly count: number;
}

/** Of one that is asked address by address: a network of IPv4 with 16 bits. */
export const spanMax = 65_536;

const bitsOf = { ipv4: 32, ipv6: 128 } as const;

/** From one address to another. Null: the last comes before the first, or is of another kind. */
export function spanBetween(first: string, last: string): Span | null {
  const [from, to] = [ipaddr.process(first), ipaddr.process(last)];
  if (from.kind() !== to.kind()) return null;
  const count = numberOf(to) - numberOf(from) + 1n;
  return count < 1n ? null : { first: from.toString(), count: Number(count) };
}

/**
 * The hosts of a network: without the address of an IPv4 one itself and that of everybody in it, and without the routers'
 * one of IPv6 (RFC 4291 2.6.1). Null: it is none.
 */
export function spanOfNetwork(text: string): Span | null {
  if (!ipaddr.isValidCIDR(text) || text.includes('%') || isIP(text.split('/')[0] ?? '') === 0) return null;
  const [base, bits] = ipaddr.parseCIDR(text);
  const kind = base.kind();
  const hostBits = BigInt(bitsOf[kind] - bits);
  const start = (numberOf(base) >> hostBits) << hostBits;
  const size = 1n << hostBits;
  if (size <= 2n) return { first: addressOf(kind, start), count: Number(size) };
  const left = kind === 'ipv4' ? size - 2n : size - 1n;
  return { first: addressOf(kind, start + 1n), count: Number(left) };
}

/** The nth of a span, from 0. */
export function addressAt({ first }: Pick<Span, 'first'>, nth: number): string {
  const address = ipaddr.process(first);
  return addressOf(address.kind(), numberOf(address) + BigInt(nth));
}

export function* addressesOf(span: Span): Generator<string, void> {
  for (let nth = 0; nth < span.count; nth += 1) yield addressAt(span, nth);
}

const numberOf = (address: ipaddr.IPv4 | ipaddr.IPv6): bigint =>
  address.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

function addressOf(kind: 'ipv4' | 'ipv6', number: bigint): string {
  const bytes = Array.from({ length: bitsOf[kind] / 8 }, (_, at) => {
    const shift = BigInt(bitsOf[kind] - 8 * (at + 1));
    return Number((number >> shift) & 0xffn);
  });
  return ipaddr.fromByteArray(bytes).toString();
}
