// Where the server may connect to: into the operator's device networks, by number (threat: requests forged through an
// announced address).
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type Address, ordinaryRanges, rangeOf } from '../addresses/range.js';
import { isAmong } from '../addresses/own.js';

/** Ranges with nobody in them to connect to, named or not. */
const never = new Set(['unspecified', 'broadcast', 'multicast']);

/**
 * True when a network holds the address, and names it on purpose if it is special: loopback, link-local, one that hides
 * an IPv4 address (NAT64, 6to4, Teredo, IPv4-compatible), or one of the server's own, which only a network of that single address or a
 * loopback network names. `0.0.0.0/0` names none of these.
 * @param own addresses of this server
 */
export function mayConnect(address: string, networks: readonly string[], own: readonly string[]): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false;
  const plain = ipaddr.process(address);
  const range = rangeOf(plain);
  if (never.has(range)) return false;
  const isOwn = isAmong(address, own);
  return parsed(networks).some(([base, bits]) => {
    if (base.kind() !== plain.kind() || !plain.match(base, bits)) return false;
    const single = bits === (plain.kind() === 'ipv4' ? 32 : 128);
    if (isOwn && !single && range !== 'loopback') return false;
    // Every other range must be named by a network that lies inside it.
    return ordinaryRanges.has(range) || single || liesIn(base, bits, range);
  });
}

type Network = readonly [base: Address, bits: number];
/** A list is asked for each word to a device. */
const lists = new WeakMap<readonly string[], readonly Network[]>();

/** Without those that are no networks. */
function parsed(networks: readonly string[]): readonly Network[] {
  const known = lists.get(networks);
  if (known) return known;
  const all = networks.filter((network) => ipaddr.isValidCIDR(network)).map((one) => ipaddr.parseCIDR(one));
  lists.set(networks, all);
  return all;
}

function liesIn(base: Address, bits: number, range: string): boolean {
  const kind = base.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  const network = `${base.toString()}/${bits}`;
  const first = kind.networkAddressFromCIDR(network);
  return rangeOf(first) === range && rangeOf(last(first, bits)) === range;
}

/** The highest address of a network. */
function last(first: Address, bits: number): Address {
  const bytes = first.toByteArray().map((byte, index) => {
    const fixed = Math.min(8, Math.max(0, bits - index * 8));
    return byte | (0xff >> fixed);
  });
  return ipaddr.fromByteArray(bytes);
}
