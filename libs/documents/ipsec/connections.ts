// Who speaks with whom under a set of rules, seen from one host.
import { isIP } from 'node:net';
import type { IpsecRule } from '../../events/ipsec.js';
import type { IpsecFault } from '../ipsec.js';
import { overlaps, spanText, type Span } from '../../addresses/span.js';
import { readEndpoints, type EndpointName } from './endpoints.js';

export interface OwnAddress {
  readonly address: string;
  /** By which the other end knows it, where NAT is between the two; else the same. */
  readonly seenAs: string;
}

export interface Standpoint {
  /** Which end of the rules this host is. */
  readonly end: 'device' | 'host';
  readonly own: readonly OwnAddress[];
  /** What names stand for here, as endpoints are typed; `all`: whom the rules mean by everybody at the other end. */
  readonly names: ReadonlyMap<EndpointName | 'all', string>;
}

/** This host with some of the others, by one rule. */
export interface Pair {
  readonly rule: IpsecRule;
  /** Counts from 0. */
  readonly ruleAt: number;
  readonly own: string;
  readonly peers: Span;
}

export type Connected =
  | { readonly pairs: readonly Pair[]; readonly left: readonly string[] }
  | { readonly faults: readonly IpsecFault[] };

const pairsMax = 1_000;

/** `left`: names of rules that are not about this host. */
export function pairsOf(rules: readonly IpsecRule[], standpoint: Standpoint): Connected {
  const faults = [...faultsOfStandpoint(standpoint)];
  const pairs: Pair[] = [];
  const left: string[] = [];
  for (const [ruleAt, rule] of rules.entries()) {
    const found = pairsOfRule(rule, ruleAt, standpoint);
    if ('fault' in found) {
      faults.push({ path: `rules.${ruleAt}.${found.end}`, message: found.fault });
      continue;
    }
    if (found.pairs.length === 0) left.push(rule.name);
    for (const pair of found.pairs) {
      const other = pairs.find((each) => sameCallers(each, pair));
      const path = `rules.${ruleAt}.${ends[standpoint.end].peers}`;
      if (other) faults.push({ path, message: notToldApart(other, pair) });
    }
    pairs.push(...found.pairs);
  }
  if (pairs.length > pairsMax)
    faults.push({
      path: 'rules',
      message: `make ${pairs.length} connections here: at most ${pairsMax} are made`,
    });
  return faults.length > 0 ? { faults } : { pairs, left };
}

const ends = {
  device: { own: 'local', peers: 'remote' },
  host: { own: 'remote', peers: 'local' },
} as const;

type Found =
  { readonly pairs: readonly Pair[] } | { readonly end: 'local' | 'remote'; readonly fault: string };

function pairsOfRule(rule: IpsecRule, ruleAt: number, standpoint: Standpoint): Found {
  const end = ends[standpoint.end];
  const mine = spansOf(rule[end.own], standpoint, true);
  if ('fault' in mine) return { end: end.own, ...mine };
  const own = standpoint.own.filter(({ seenAs }) => isAmong(seenAs, mine.spans));
  if (own.length === 0) return { pairs: [] };
  const theirs = spansOf(rule[end.peers], standpoint, false);
  if ('fault' in theirs) return { end: end.peers, ...theirs };
  const pairs = own.flatMap(({ address }) =>
    theirs.spans
      .filter(({ family }) => family === isIP(address))
      .map((peers): Pair => ({ rule, ruleAt, own: address, peers })),
  );
  return { pairs };
}

const sameCallers = (a: Pair, b: Pair): boolean =>
  a.ruleAt !== b.ruleAt && a.own === b.own && overlaps(a.peers, b.peers);

const notToldApart = (other: Pair, { peers }: Pair): string =>
  `${spanText(peers)} is in rule ${other.ruleAt} (${other.rule.name}) too: whoever calls, strongSwan tells rules apart by addresses alone; give each address to one of them`;

function faultsOfStandpoint({ own, names }: Standpoint): readonly IpsecFault[] {
  const faults: IpsecFault[] = [];
  if (own.length === 0 || own.length > 8)
    faults.push({ path: 'own', message: 'name 1 to 8 addresses of this host' });
  for (const { address, seenAs } of own) {
    const wrong = [address, seenAs].find((each) => isIP(each) === 0 || each.includes('%'));
    if (wrong !== undefined) faults.push({ path: 'own', message: `"${wrong}" is no address` });
    else if (isIP(address) !== isIP(seenAs))
      faults.push({ path: 'own', message: `${address} and ${seenAs} are not of one kind` });
  }
  for (const [name, text] of names) {
    const read = readEndpoints(text);
    if ('fault' in read) faults.push({ path: `names.${name}`, message: read.fault });
    else if (read.all || read.names.length > 0)
      faults.push({ path: `names.${name}`, message: 'must be addresses, ranges and networks, not names' });
  }
  return faults;
}

type Spans = { readonly spans: readonly Span[] } | { readonly fault: string };

/** What is typed for one end, as addresses. */
function spansOf(text: string, { names }: Standpoint, own: boolean): Spans {
  const read = readEndpoints(text);
  if ('fault' in read) return read;
  // This host is one of everybody, whomever else the rules mean by that.
  if (read.all && own) return { spans: everybody };
  const wanted = read.all ? (['all'] as const) : read.names;
  const spans = [...read.spans];
  for (const name of wanted) {
    const meant = names.get(name);
    if (meant === undefined) return { fault: withoutValue(name) };
    const value = readEndpoints(meant);
    if (!('fault' in value)) spans.push(...value.spans);
  }
  return { spans };
}

const everybody: readonly Span[] = [
  { family: 4, first: 0n, last: (1n << 32n) - 1n },
  { family: 6, first: 0n, last: (1n << 128n) - 1n },
];

const withoutValue = (name: EndpointName | 'all'): string =>
  name === 'all'
    ? 'all would make this host speak IPsec with everybody: say whom it means, as in --name all=10.1.2.0/24'
    : `${name} is filled in by the device; strongSwan has no such name: say what it means, as in --name ${name}=10.1.2.0/24`;

function isAmong(address: string, spans: readonly Span[]): boolean {
  const read = readEndpoints(address);
  return !('fault' in read) && read.spans.some((one) => spans.some((span) => overlaps(one, span)));
}
