// This machine's own addresses: somebody else's word shall not lead a process of ours back to it (threat 26).
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

/** They change while a process runs, and are asked for before each word to a device. */
const believedMs = 1_000;

let asked = { at: -Infinity, addresses: [] as readonly string[] };

/** As they were a second ago at the latest. */
export function ownAddresses(): readonly string[] {
  const now = performance.now();
  if (now - asked.at >= believedMs) asked = { at: now, addresses: interfaceAddresses() };
  return asked.addresses;
}

const interfaceAddresses = (): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .flatMap(({ address }) => address.split('%')[0] ?? []);

/** Each list in plain spelling, as long as somebody has the list. */
const spelt = new WeakMap<readonly string[], ReadonlySet<string>>();

/** However both are spelt. @param address of IP */
export function isAmong(address: string, own: readonly string[]): boolean {
  const plain = spelt.get(own) ?? new Set(own.filter((each) => isIP(each) !== 0).map(plainly));
  spelt.set(own, plain);
  return plain.has(plainly(address));
}

const plainly = (address: string): string => ipaddr.process(address).toString();
