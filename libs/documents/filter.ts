// Filters of autogroups (R50, R55): which devices a group has. Pure: autogroup decides with it, console previews with it.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { filter as filterSchema, type Filter } from '../events/group.js';
import { ipAddress, macAddress, type Identity } from '../events/identity.js';
import { compareVersions } from './version.js';

type Comparison = Extract<Filter, { readonly field: string }>;
type Operator = Comparison['operator'];

/** True when the device belongs to the filter. An attribute that the device does not have satisfies no comparison. */
export function matches(filter: Filter, device: Identity): boolean {
  if ('all' in filter) return filter.all.every((part) => matches(part, device));
  if ('any' in filter) return filter.any.some((part) => matches(part, device));
  if ('not' in filter) return !matches(filter.not, device);
  const actual = device[filter.field];
  return actual !== null && compare[filter.operator](actual.toLowerCase(), spelling(filter).toLowerCase());
}

const compare: Readonly<Record<Operator, (actual: string, wanted: string) => boolean>> = {
  equals: (actual, wanted) => actual === wanted,
  contains: (actual, wanted) => actual.includes(wanted),
  startsWith: (actual, wanted) => actual.startsWith(wanted),
  matches: (actual, wanted) => fits([...actual], [...wanted]),
  inNetwork: insideNetwork,
  versionBelow: (actual, wanted) => compareVersions(actual, wanted) < 0,
  versionAtLeast: (actual, wanted) => compareVersions(actual, wanted) >= 0,
};

/** The wanted value spelt as Muster spells the attribute, so that `3C-52-82-AA-00-01` finds `3c:52:82:aa:00:01`. */
function spelling({ field, operator, value }: Comparison): string {
  if (field === 'mac') {
    const whole = operator === 'equals' ? macAddress.safeParse(value) : null;
    return whole?.success ? whole.data : value.replaceAll('-', ':');
  }
  if (field === 'ip' && operator === 'equals') return ipAddress.safeParse(value).data ?? value;
  return value;
}

/**
 * `*` is any text, `?` one character. On a mismatch only the newest `*` takes one character more, so that the cost is at
 * most the product of both lengths: a pattern with many stars cannot explode as a regular expression can.
 */
function fits(text: readonly string[], pattern: readonly string[]): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let position = 0;
  while (position < text.length) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      resume = position;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[position])) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      position = resume;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((character) => character === '*');
}

function insideNetwork(address: string, network: string): boolean {
  if (!isNetwork(network)) return false;
  const [base, bits] = ipaddr.parseCIDR(network);
  const ip = ipaddr.process(address);
  return ip.kind() === base.kind() && ip.match(base, bits);
}

/** Refuses the shorthands and octal numbers that ipaddr.js would read. */
function isNetwork(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/');
  return more.length === 0 && isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && ipaddr.isValidCIDR(text);
}

export const depthMax = 8;
const comparisonsMax = 500;

/** Something wrong with a filter: where (`any.1.value`, empty for the whole) and what, for the person who wrote it. */
export interface FilterFault {
  readonly path: string;
  readonly message: string;
}

export type FilterRead =
  | { readonly filter: Filter; readonly faults: null }
  | { readonly filter: null; readonly faults: readonly FilterFault[] };

/** A filter from outside, checked for shape, depth, and sense; or every fault found. */
export function readFilter(value: unknown): FilterRead {
  if (deeperThan(value, depthMax))
    return { filter: null, faults: [{ path: '', message: `is nested more than ${depthMax} deep` }] };
  const parsed = filterSchema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => ({
      path: issue.path.join('.'),
      message: issue.message,
    }));
    return { filter: null, faults };
  }
  const faults = checkFilter(parsed.data);
  return faults.length > 0 ? { filter: null, faults } : { filter: parsed.data, faults: null };
}

/** Faults of a filter whose shape is right: too deep, too large, or comparisons that can never hold. */
export function checkFilter(filter: Filter): readonly FilterFault[] {
  if (deeperThan(filter, depthMax)) return [{ path: '', message: `is nested more than ${depthMax} deep` }];
  const found = comparisons(filter, []);
  if (found.length > comparisonsMax)
    return [{ path: '', message: `has more than ${comparisonsMax} comparisons` }];
  return found.flatMap(({ path, comparison }) => {
    const message = faultOf(comparison);
    return message === null ? [] : [{ path: [...path, 'value'].join('.'), message }];
  });
}

function faultOf({ field, operator, value }: Comparison): string | null {
  if (operator === 'inNetwork') {
    if (field !== 'ip') return `inNetwork asks about ip, not ${field}`;
    if (!isNetwork(value)) return `${value} is not a network such as 10.1.0.0/16 or fd00::/8`;
  }
  if (operator === 'versionBelow' || operator === 'versionAtLeast') {
    if (field !== 'firmware') return `${operator} asks about firmware, not ${field}`;
    if (!/\d/.test(value)) return `${value} has no number to compare`;
  }
  if (field === 'ip' && operator === 'equals' && !ipAddress.safeParse(value).success)
    return `${value} is not an IP address`;
  if (field === 'mac' && operator === 'equals' && !macAddress.safeParse(value).success)
    return `${value} is not a MAC address`;
  return null;
}

interface Found {
  readonly path: readonly (string | number)[];
  readonly comparison: Comparison;
}

function comparisons(filter: Filter, path: readonly (string | number)[]): readonly Found[] {
  if ('all' in filter) return filter.all.flatMap((part, index) => comparisons(part, [...path, 'all', index]));
  if ('any' in filter) return filter.any.flatMap((part, index) => comparisons(part, [...path, 'any', index]));
  if ('not' in filter) return comparisons(filter.not, [...path, 'not']);
  return [{ path, comparison: filter }];
}

/** Level by level, not by recursion: a hostile value nested 100,000 deep must not exhaust the stack. */
function deeperThan(value: unknown, levels: number): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    level = level.flatMap(parts);
  }
  return false;
}

function parts(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('all' in value && Array.isArray(value.all)) return value.all;
  if ('any' in value && Array.isArray(value.any)) return value.any;
  return 'not' in value ? [value.not] : [];
}
