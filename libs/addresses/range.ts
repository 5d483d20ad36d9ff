// What an address is for (IANA's special-purpose registries), as ipaddr.js has it.
//
//   range.ts   whether somebody in a network may have it
//   own.ts     this machine's own ones
//   span.ts    addresses that follow one another: ranges and networks as people write them
//   source.ts  who counts as one source of connections
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Ranges that any network may hold: not this machine, this wire, everybody, or IPv4 in disguise. */
export const ordinaryRanges: ReadonlySet<string> = new Set([
  'unicast',
  'private',
  'uniqueLocal',
  'carrierGradeNat',
]);

const ipv4Compatible = ipaddr.IPv6.parseCIDR('::/96');

/** As ipaddr.js has it, and ::/96, which it takes for ordinary (RFC 4291, 2.5.5.1: deprecated). */
export function rangeOf(address: Address): string {
  const range = address.range();
  return range === 'unicast' && address instanceof ipaddr.IPv6 && address.match(ipv4Compatible)
    ? 'ipv4Compatible'
    : range;
}

/** Somebody elsewhere, in a network. */
export const isOrdinary = (address: string): boolean => ordinaryRanges.has(rangeOf(ipaddr.process(address)));
