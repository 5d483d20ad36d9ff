// Addresses as people write them: one, from one to another, or a network in CIDR notation; IPv4 and IPv6.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A network of IPv4 with 16 bits. */
const rangeMax = 65_536;

export interface AddressRange {
  readonly kind: 'range';
  readonly first: bigint;
  readonly count: number;
  readonly family: 'ipv4' | 'ipv6';
}

export type ReadRange = AddressRange | { readonly kind: 'fault'; readonly reason: string };

/** The reason of a fault follows the words `the range`. */
export function readRange(text: string): ReadRange {
  const written = text.trim();
  const [from = '', to, ...more] = written.split('-').map((part) => part.trim());
  if (more.length > 0 || written.length > 100) return fault('is neither an address, FROM-TO nor a network');
  if (to === undefined) return written.includes('/') ? network(written) : between(written, written);
  return between(from, to);
}

const fault = (reason: string): ReadRange => ({ kind: 'fault', reason });

function between(from: string, to: string): ReadRange {
  const [first, last] = [numberOf(from), numberOf(to)];
  if (!first) return fault(`holds ${shown(from)}, which is no address`);
  if (!last) return fault(`holds ${shown(to)}, which is no address`);
  if (first.family !== last.family)
    return fault('begins with IPv4 and ends with IPv6, or the other way round');
  if (last.value < first.value) return fault(`ends before it begins: ${shown(to)} is below ${shown(from)}`);
  return counted(first.value, last.value - first.value + 1n, first.family);
}

/** Without the address of an IPv4 network itself and that of all in it, and without the routers' one of IPv6 (RFC 4291 2.6.1). */
function network(text: string): ReadRange {
  const [address = '', bits = ''] = text.split('/');
  const base = numberOf(address);
  if (!base || !/^\d{1,3}$/.test(bits) || text.split('/').length > 2)
    return fault(`is no network: ${shown(text)}`);
  const width = base.family === 'ipv4' ? 32 : 128;
  if (Number(bits) > width) return fault(`is no network: ${bits} of ${width} bits`);
  const size = 1n << BigInt(width - Number(bits));
  const first = base.value - (base.value % size);
  if (size <= 2n) return counted(first, size, base.family);
  const held = counted(first + 1n, base.family === 'ipv4' ? size - 2n : size - 1n, base.family);
  return held;
}

function counted(first: bigint, count: bigint, family: 'ipv4' | 'ipv6'): ReadRange {
  if (count > BigInt(rangeMax))
    return fault(`holds ${count} addresses, and at most ${rangeMax} are searched`);
  return { kind: 'range', first, count: Number(count), family };
}

/** Of plain spelling only: no zones, no octal numbers, nothing left out. */
function numberOf(address: string): { readonly value: bigint; readonly family: 'ipv4' | 'ipv6' } | null {
  if (isIP(address) === 0 || address.includes('%')) return null;
  const plain = ipaddr.process(address);
  const hex = Buffer.from(plain.toByteArray()).toString('hex');
  return { value: BigInt(`0x${hex}`), family: plain.kind() };
}

/** The addresses of a range, in order. */
export function* addressesOf({ first, count, family }: AddressRange): Generator<string, void> {
  const digits = family === 'ipv4' ? 8 : 32;
  for (let index = 0; index < count; index += 1) {
    const hex = (first + BigInt(index)).toString(16).padStart(digits, '0');
    yield ipaddr.fromByteArray([...Buffer.from(hex, 'hex')]).toString();
  }
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 60));
