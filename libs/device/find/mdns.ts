// Printers that announce themselves by DNS-SD (RFC 6763) over mDNS (RFC 6762): those of the networks that this machine is in
// itself. Asked is as by a resolver of no continuity (RFC 6762 5.1), so that each answer comes to this search alone and
// repeats its number: whatever else Muster's machine runs for mDNS is not disturbed, and nobody can answer what was not asked.
import { randomInt } from 'node:crypto';
import { ownAddresses } from '../../addresses/own.js';
import { mayConnect } from '../address.js';
import { keyOf, readAnswer, writeQuestion, type DnsAnswer, type Name } from './dns.js';
import { candidatesMax, hintOf, type Candidate } from './found.js';
import { callAll, type Call, type Group } from './multicast.js';

export interface MdnsSearch extends Pick<Call, 'networks' | 'from' | 'onTrouble'> {
  readonly group?: Group;
  readonly waitMs?: number;
}

const standardGroup: Group = { address: '224.0.0.251', port: 5353 };

/** RFC 6762 11: so that none can have come through a router. Groups of 224.0.0 are not passed on by any. */
const hops = 255;
const askAtMs = [0, 1_000, 3_000] as const;
const standardWaitMs = 5_000;

/** Printing by IPP, by IPP over TLS, by LPD, and raw. */
const services: readonly Name[] = ['_ipp', '_ipps', '_printer', '_pdl-datastream'].map((type) => [
  type,
  '_tcp',
  'local',
]);

/** That one datagram may name. */
const addressesMax = 8;

/** Rejects only when `signal` is aborted, with its reason. */
export async function* findByMdns(search: MdnsSearch, signal: AbortSignal): AsyncGenerator<Candidate, void> {
  const { networks, group = standardGroup, waitMs = standardWaitMs } = search;
  const id = randomInt(1, 0x10000);
  const bytes = writeQuestion(id, services);
  const told = new Set<string>();
  const own = ownAddresses();
  const call: Call = { ...search, hops, askAtMs, waitMs, questions: () => [{ group, bytes }] };
  for await (const { from, port, bytes: datagram } of callAll(call, signal)) {
    // RFC 6762 6: answers come from mDNS's own port.
    if (port !== group.port || datagram.length < 2 || datagram.readUInt16BE(0) !== id) continue;
    const answer = readAnswer(datagram);
    if (answer.kind !== 'answer') continue;
    for (const candidate of candidatesIn(answer, from)) {
      const { address } = candidate;
      if (told.has(address) || told.size >= candidatesMax || !mayConnect(address, networks, own)) continue;
      told.add(address);
      yield candidate;
    }
  }
}

/** The addresses of the hosts that its services name, and where it names none, the one that it came from. */
export function candidatesIn({ records }: DnsAnswer, from: string): readonly Candidate[] {
  const hosts = new Set<string>();
  let instance: Name | null = null;
  for (const record of records) {
    if (record.type === 'pointer' && isInstance(record.to)) instance ??= record.to;
    if (record.type !== 'service' || !isInstance(record.name)) continue;
    instance ??= record.name;
    hosts.add(keyOf(record.to));
  }
  if (!instance) return [];
  const hint = hintOf(instance[0] ?? '');
  const named = records.flatMap((record) =>
    record.type === 'address' && hosts.has(keyOf(record.name)) ? [record.address] : [],
  );
  const addresses = named.length > 0 ? named.slice(0, addressesMax) : [from];
  return addresses.map((address) => ({ address, by: 'mdns', hint }));
}

const serviceKeys = new Set(services.map(keyOf));

/** Its own name, and then the service's. */
const isInstance = (name: Name): boolean => serviceKeys.has(keyOf(name.slice(1)));
