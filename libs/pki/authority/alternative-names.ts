// Other names of a certificate's holder, as people write them (R81): DNS:a, IP:10.0.0.1, IP:fc00::1
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { DerReader } from '../der/read.js';
import { generalNames, tags } from '../der/tags.js';
import { element, sequence } from '../der/write.js';
import { AuthorityFault } from './fault.js';

export interface AlternativeName {
  readonly kind: 'DNS' | 'IP';
  readonly value: string;
}

const namesMax = 100;
const dnsNameMax = 253;
/** What `textOfNames` makes at most: a server's own name comes on top of those that were asked for. */
export const namesTextMax = (namesMax + 1) * ('DNS:, '.length + dnsNameMax);

/** Throws AuthorityFault, which names the part that is wrong. Empty text has no names. */
export function parseAlternativeNames(text: string): readonly AlternativeName[] {
  if (text.trim() === '') return [];
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > namesMax) throw wrong(`there are ${parts.length} names, and ${namesMax} are allowed`);
  const names = parts.map(parseOne);
  const twice = names.find((name, index) => names.findIndex((other) => sameName(other, name)) !== index);
  if (twice) throw wrong(`${textOfNames([twice])} is there twice`);
  return names;
}

export const textOfNames = (names: readonly AlternativeName[]): string =>
  names.map(({ kind, value }) => `${kind}:${value}`).join(', ');

export const sameName = (one: AlternativeName, other: AlternativeName): boolean =>
  one.kind === other.kind && one.value === other.value;

/** A host name of letters, digits and hyphens; the first label may be a star. */
export function isDnsName(text: string): boolean {
  const [first, ...others] = text.split('.');
  const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;
  if (text.length > dnsNameMax || first === undefined || isIP(text) !== 0) return false;
  return (
    (label.test(first) || (first === '*' && others.length > 1)) && others.every((each) => label.test(each))
  );
}

/** GeneralNames of RFC 5280. */
export function derOfNames(names: readonly AlternativeName[]): Buffer {
  return sequence(
    ...names.map(({ kind, value }) =>
      kind === 'DNS'
        ? element(generalNames.dns, Buffer.from(value, 'ascii'))
        : element(generalNames.ip, Buffer.from(ipaddr.parse(value).toByteArray())),
    ),
  );
}

/** Names in the GeneralNames of a stranger. Throws BadDer, and AuthorityFault for a kind that is not one of the two. */
export function namesOfDer(names: Uint8Array): readonly AlternativeName[] {
  const found: AlternativeName[] = [];
  for (const reader = DerReader.inside(names, tags.sequence); !reader.done;) {
    const { tag, content } = reader.next();
    if (tag === generalNames.dns) found.push(parseOne(`DNS:${Buffer.from(content).toString('latin1')}`));
    else if (tag === generalNames.ip && (content.length === 4 || content.length === 16))
      found.push({ kind: 'IP', value: ipaddr.fromByteArray([...content]).toString() });
    else throw wrong('a name is neither a DNS name nor an IP address');
  }
  return found;
}

function parseOne(part: string): AlternativeName {
  const [, kind = '', value = ''] = /^([a-z]+)\s*:\s*(.*)$/i.exec(part) ?? [];
  switch (kind.toUpperCase()) {
    case 'DNS':
      if (!isDnsName(value)) throw wrong(`"${value}" is no DNS name`);
      return { kind: 'DNS', value: value.toLowerCase() };
    case 'IP':
      if (isIP(value) === 0 || value.includes('%')) throw wrong(`"${value}" is no IP address`);
      return { kind: 'IP', value: ipaddr.parse(value).toString() };
    default:
      throw wrong(`"${part}" does not begin with DNS: or IP:`);
  }
}

const wrong = (what: string): AuthorityFault =>
  new AuthorityFault(
    'badAlternativeName',
    `the alternative names are not right: ${what}; an example is DNS:a.example, IP:10.0.0.1, IP:fc00::1`,
  );
