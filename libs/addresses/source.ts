// Who counts as one source of connections: an IPv4 address, or a /64 of IPv6, as one host may have all of that.
import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The usual spellings first: IPv4, by itself or mapped. No zone. */
export function canonical(address: string): string {
  const bare = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (isIPv4(bare)) return bare;
  const [zoneless = address] = address.split('%');
  return ipaddr.process(zoneless).toString();
}

/** @param address canonical */
export function sourceOf(address: string): string {
  if (!address.includes(':')) return address;
  const groups = ipaddr.IPv6.parse(address).parts.slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`;
}
