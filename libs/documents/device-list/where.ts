// Where a device is, as an operator writes it: an address, a range, a network, a host name, or wherever it answers to multicast;
// and what can be wrong with that.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { mayConnect } from '../../device/address.js';
import { everybodyText, hopsOf } from '../../device/find/hops.js';
import { isOrdinary } from '../../addresses/range.js';
import {
  addressAt,
  countOf,
  hostsOf,
  readSpan,
  spanMax,
  spanText,
  type NoSpan,
  type Span,
} from '../../addresses/span.js';
import type { ListFaultCode } from '../device-list.js';

export interface Reach {
  /** Where Muster may connect to, in CIDR notation. */
  readonly networks: readonly string[];
  /** Addresses of this server. */
  readonly own: readonly string[];
}

/** What a list is held against: made once for all its lines. */
export interface Ground {
  mayConnect(address: string): boolean;
  isOwn(address: string): boolean;
}

/** Says what `mayConnect` says; of the many ordinary addresses of a long list, without reading the networks again each time. */
export function groundOf({ networks, own }: Reach): Ground {
  const mine = new Set(own.flatMap((each) => (isIP(each) === 0 ? [] : ipaddr.process(each).toString())));
  const read = networks.flatMap((each) => (ipaddr.isValidCIDR(each) ? [ipaddr.parseCIDR(each)] : []));
  const isOwn = (address: string): boolean => mine.has(ipaddr.process(address).toString());
  const isInside = (address: string): boolean => {
    const plain = ipaddr.process(address);
    return read.some(([base, bits]) => base.kind() === plain.kind() && plain.match(base, bits));
  };
  return {
    isOwn,
    mayConnect: (address) =>
      (isOrdinary(address) && !isOwn(address) && isInside(address)) || mayConnect(address, networks, own),
  };
}

export interface Where {
  /** As it is told: an address, `first-last`, a host name in lower case, or `multicast:4`. */
  readonly at: string;
  /** How many addresses; a host name is one. 0: as many as answer to multicast. */
  readonly count: number;
}

/** As it was read; `span` null: a host name, or multicast. */
export interface Read extends Where {
  readonly span: Span | null;
}

export interface Fault {
  readonly code: ListFaultCode;
  readonly message: string;
}

export const isFault = <T extends object>(read: T | Fault): read is Fault => 'code' in read;

const mac =
  /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$|^(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}$|^[0-9a-f]{12}$/i;
/** Characters of a host name. */
const nameMax = 253;
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

export function readWhere(text: string, ground: Ground): Read | Fault {
  if (mac.test(text))
    return fault(
      'macAddress',
      'is a MAC address, by which nothing can be reached: write its address or host name',
    );
  const hops = hopsOf(text);
  if (hops !== null)
    return Number.isNaN(hops)
      ? fault('badHops', 'is no way for multicast: write it as multicast:4, from 1 to 32 hops')
      : { at: everybodyText(hops), count: 0, span: null };
  const span = readSpan(text);
  if (!('code' in span))
    return span.written === 'address'
      ? addressOf(span, ground)
      : spanIn(span.written === 'network' ? hostsOf(span) : span, ground);
  // Longer than any address: a name, if anything.
  if (text.length > nameMax) return hostOf(text);
  if (text.includes('/')) return fault('badRange', 'is no network: write it as 10.1.2.0/24 or fd00::/120');
  if (isRange.test(text)) return fault('badRange', rangeWords(span));
  if (/^[\d.]+$/.test(text) || text.includes(':'))
    return fault('badAddress', 'is no address: write it as 10.1.2.3 or fd00::1, without port or zone');
  return hostOf(text);
}

/** Host names have hyphens, too. */
const isRange = /^(?:[\d.]+|[\da-f:.]*:[\da-f:.]*)\s*-\s*(?:[\d.]+|[\da-f:.]*:[\da-f:.]*)$/i;

const rangeWords = ({ code }: NoSpan): string =>
  code === 'families' || code === 'order'
    ? 'is no range: its end comes before its beginning, or is of another kind'
    : 'is no range: write both ends in full, as 10.1.2.1-10.1.2.99';

const fault = (code: ListFaultCode, message: string): Fault => ({ code, message });

function addressOf(span: Span, ground: Ground): Read | Fault {
  const at = spanText(span);
  return outsideOf(at, ground) ?? { at, count: 1, span };
}

/** Both ends are looked at here; each address of it once more when it is asked. */
function spanIn(span: Span, ground: Ground): Read | Fault {
  const count = countOf(span);
  if (count > BigInt(spanMax))
    return fault('rangeTooLarge', `has more than ${spanMax} addresses: cut it in parts`);
  const ends = [addressAt(span, 0), addressAt(span, Number(count) - 1)];
  const outside = ends.map((end) => (ground.isOwn(end) ? null : outsideOf(end, ground)));
  const at = spanText(span);
  return outside.find((found) => found !== null) ?? { at, count: Number(count), span };
}

function outsideOf(address: string, ground: Ground): Fault | null {
  if (ground.mayConnect(address)) return null;
  if (ground.isOwn(address)) return fault('ownAddress', 'is an address of this server: take it out');
  if (!isOrdinary(address))
    return fault(
      'specialAddress',
      'is an address of no device, such as loopback, link-local or multicast: take it out',
    );
  return fault(
    'outsideNetworks',
    'lies outside the device networks: name its network in the Instant-On settings, or take it out',
  );
}

function hostOf(text: string): Read | Fault {
  const at = text.replace(/\.$/, '').toLowerCase();
  const labels = at.split('.');
  if (/[^\p{ASCII}]/u.test(at))
    return fault(
      'badHost',
      'is no host name: write it as DNS has it, with xn-- where it has other letters than a to z',
    );
  if (at.length > nameMax || !labels.every((each) => label.test(each)))
    return fault(
      'badHost',
      'is no host name: letters, digits and hyphens between dots, 63 at most between two of them',
    );
  if (/^\d+$/.test(labels.at(-1) ?? '')) return fault('badAddress', 'is no address: write it as 10.1.2.3');
  if (labels.at(-1) === 'localhost') return fault('specialAddress', 'is this server itself: take it out');
  return { at, count: 1, span: null };
}
