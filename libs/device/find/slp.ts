// Printers found by SLP: everybody within some hops is asked, printers and whoever answers for them. Answers come from the
// service agents themselves; directory agents are not looked for. They name candidates and nothing more.
import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import { ownAddresses } from '../../addresses/own.js';
import { mayConnect } from '../address.js';
import { candidatesMax, hintOf, type Candidate } from './found.js';
import { hopsMax, standardHops } from './hops.js';
import { callAll, type Call, type Group, type Question } from './multicast.js';
import { readSlp, writeAttributeRequest, writeServiceRequest, type SlpAnswer } from './slp-message.js';

export interface SlpSearch extends Pick<Call, 'networks' | 'from' | 'onTrouble'> {
  /** Routers on the way, and one (R35); 4 when left out, as other managers of printers have it. */
  readonly hops?: number;
  readonly groups?: SlpGroups;
  readonly waitMs?: number;
}

export interface SlpGroups {
  /** Of SLP (RFC 2608 6.1). */
  readonly everybody: Group;
  /** `hp-device-disc` by IANA: HP's cards listen to it. */
  readonly hp: Group;
}

const standardGroups: SlpGroups = {
  everybody: { address: '239.255.255.253', port: 427 },
  hp: { address: '224.0.1.60', port: 427 },
};

/** RFC 2608 6.3: again, with who has answered, until nobody else does; three times are enough for who listens at all. */
const askAtMs = [0, 1_500, 3_500] as const;
const standardWaitMs = 6_000;

const printers = 'service:printer';
const hpDiscovery = 'service:x-hpnp-discover:';
/** That one datagram may name. */
const addressesMax = 8;

/** Rejects only when `signal` is aborted, with its reason. Hops are cut to what is allowed. */
export async function* findBySlp(search: SlpSearch, signal: AbortSignal): AsyncGenerator<Candidate, void> {
  const { networks, groups = standardGroups, waitMs = standardWaitMs } = search;
  const hops = Math.min(hopsMax, Math.max(1, Math.trunc(search.hops ?? standardHops)));
  const xid = randomInt(1, 0x10000);
  const told = new Set<string>();
  const own = ownAddresses();
  const questions = (heard: Iterable<string>): readonly Question[] => {
    const request = writeServiceRequest(xid, printers, heard);
    return [
      { group: groups.everybody, bytes: request },
      { group: groups.hp, bytes: request },
      { group: groups.hp, bytes: writeAttributeRequest(xid, hpDiscovery) },
    ];
  };
  for await (const { from, bytes } of callAll({ ...search, hops, askAtMs, waitMs, questions }, signal)) {
    const answer = readSlp(bytes);
    if (answer.kind !== 'answer' || answer.xid !== xid) continue;
    for (const candidate of candidatesOf(answer, from)) {
      const { address } = candidate;
      if (told.has(address) || told.size >= candidatesMax || !mayConnect(address, networks, own)) continue;
      told.add(address);
      yield candidate;
    }
  }
}

/** The addresses of its services, where they are numbers, else the one that it came from: names are not resolved for a stranger. */
export function candidatesOf({ urls, attributes }: SlpAnswer, from: string): readonly Candidate[] {
  if (urls.length === 0 && attributes === '') return [];
  const hint = hintOf(urls[0] ?? attributes);
  const named = [...new Set(urls.map(hostOf).filter((host) => isIP(host) !== 0))];
  const addresses = named.length > 0 ? named.slice(0, addressesMax) : [from];
  return addresses.map((address) => ({ address, by: 'slp', hint }));
}

/** Of `service:printer:lpr://HOST:PORT/queue`. */
function hostOf(url: string): string {
  const [, bracketed, plain] =
    /^[^/]{1,100}:\/\/(?:\[([0-9A-Fa-f:.]{2,45})\]|([^/:;?#]{1,253}))/.exec(url) ?? [];
  return bracketed ?? plain ?? '';
}
