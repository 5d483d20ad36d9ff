// This machine's own addresses: somebody else's word shall not lead a process of ours back to it (threat 26).
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

/** As they are now: they change while a process runs. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .flatMap(({ address }) => address.split('%')[0] ?? []);
}

/** However both are spelt. @param address of IP */
export function isAmong(address: string, own: readonly string[]): boolean {
  const plain = ipaddr.process(address).toString();
  return own.some((each) => isIP(each) !== 0 && ipaddr.process(each).toString() === plain);
}
