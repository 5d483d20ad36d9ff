// Other names of a certificate's holder, as people write them (R81): DNS:a, IP:10.0.0.1, IP:fc00::1
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { element, type Element, readAll, sequence } from './der.js';
import { AuthorityFault } from './fault.js';

export interface AlternativeName {
  readonly kind: 'DNS' | 'IP';
  readonly value: string;
}

const namesMax = 100;

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
  if (text.length > 253 || first === undefined || isIP(text) !== 0) return false;
  return (
    (label.test(first) || (first === '*' && others.length > 1)) && others.every((each) => label.test(each))
  );
}

/** GeneralNames of RFC 5280. */
export function derOfNames(names: readonly AlternativeName[]): Buffer {
  return sequence(
    ...names.map(({ kind, value }) =>
      kind === 'DNS'
        ? element(0x82, Buffer.from(value, 'ascii'))
        : element(0x87, Buffer.from(ipaddr.parse(value).toByteArray())),
    ),
  );
}

/** Names in the GeneralNames of a stranger. Throws AuthorityFault for a kind that is not one of the two. */
export function namesOfDer(names: Element): readonly AlternativeName[] {
  return readAll(names.body).map(({ tag, body }) => {
    if (tag === 0x82) return parseOne(`DNS:${body.toString('latin1')}`);
    if (tag === 0x87 && (body.length === 4 || body.length === 16))
      return { kind: 'IP', value: ipaddr.fromByteArray([...body]).toString() };
    throw wrong('a name is neither a DNS name nor an IP address');
  });
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
