// Addresses that follow one another: what an operator writes as a range or as a network is asked one by one.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** From the first to the last, both of one kind. */
export interface Span {
  readonly first: string;
  readonly count: number;
}

const bitsOf = { ipv4: 32, ipv6: 128 } as const;

/** Addresses are big numbers here; `countMax` and one more are told apart, not how many there are beyond. */
export function spanBetween(first: string, last: string, countMax: number): Span | null {
  const [from, to] = [ipaddr.process(first), ipaddr.process(last)];
  if (from.kind() !== to.kind()) return null;
  const count = numberOf(to) - numberOf(from) + 1n;
  if (count < 1n) return null;
  return { first: from.toString(), count: Number(count > BigInt(countMax) ? countMax + 1 : count) };
}

/** The hosts of a network: of an IPv4 one without its own address and that of everybody in it. Null: it is none. */
export function spanOfNetwork(text: string, countMax: number): Span | null {
  if (!ipaddr.isValidCIDR(text) || isIP(text.split('/')[0] ?? '') === 0) return null;
  const [base, bits] = ipaddr.parseCIDR(text);
  const kind = base.kind();
  const hostBits = bitsOf[kind] - bits;
  const span = {
    start: (numberOf(base) >> BigInt(hostBits)) << BigInt(hostBits),
    size: 1n << BigInt(hostBits),
  };
  const isSubnet = kind === 'ipv4' && hostBits >= 2;
  const size = isSubnet ? span.size - 2n : span.size;
  return {
    first: addressOf(kind, isSubnet ? span.start + 1n : span.start),
    count: Number(size > BigInt(countMax) ? countMax + 1 : size),
  };
}

/** The nth of a span, from 0. */
export function addressAt({ first }: Pick<Span, 'first'>, nth: number): string {
  const address = ipaddr.process(first);
  return addressOf(address.kind(), numberOf(address) + BigInt(nth));
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
