// Everybody asked at once (R35): by mDNS and by SLP together, each address that answers name once.
import { candidatesMax, type Candidate } from './found.js';
import { findByMdns, type MdnsSearch } from './mdns.js';
import { interfacesIn, type Call } from './multicast.js';
import { findBySlp, type SlpSearch } from './slp.js';

export interface EverybodySearch extends Pick<Call, 'networks' | 'from'> {
  /** How far SLP goes; mDNS stays in the networks that this machine is in itself. */
  readonly hops: number;
  /** Left out: as long as each of them takes. */
  readonly waitMs?: number;
  /** Left out: the standards' own. */
  readonly mdns?: Pick<MdnsSearch, 'group'>;
  readonly slp?: Pick<SlpSearch, 'groups'>;
}

export interface Everybody {
  readonly candidates: readonly Candidate[];
  /** Why not everybody could be asked, in words. */
  readonly troubles: readonly string[];
}

/** Rejects only when `signal` is aborted, with its reason. */
export async function findEverybody(search: EverybodySearch, signal: AbortSignal): Promise<Everybody> {
  const { networks, hops, mdns, slp, ...rest } = search;
  const from = search.from ?? interfacesIn(networks);
  if (from.length === 0)
    return { candidates: [], troubles: ['this machine has no IPv4 address in a device network to ask from'] };
  const found = new Map<string, Candidate>();
  const troubles = new Set<string>();
  const asked = { ...rest, networks, from, onTrouble: (message: string) => void troubles.add(message) };
  const gather = async (candidates: AsyncIterable<Candidate>): Promise<void> => {
    for await (const candidate of candidates) {
      if (found.has(candidate.address)) continue;
      if (found.size < candidatesMax) found.set(candidate.address, candidate);
      else troubles.add(`more than ${candidatesMax} addresses were named, which are left out`);
    }
  };
  await Promise.all([
    gather(findByMdns({ ...asked, ...mdns }, signal)),
    gather(findBySlp({ ...asked, ...slp, hops }, signal)),
  ]);
  return { candidates: [...found.values()], troubles: [...troubles] };
}
