import { describe, expect, it } from 'vitest';
import { addressesOf } from '#addresses/span';
import { readRange } from './range.js';

const within = (text: string): readonly string[] => {
  const range = readRange(text);
  return range.kind === 'range' ? [...addressesOf(range)] : [range.reason];
};

const tooMany = (count: number | string): string =>
  `holds ${count} addresses, and at most 65536 are searched`;

describe('a range', () => {
  it.each([
    ['10.0.0.7', ['10.0.0.7']],
    [' 10.0.0.254 - 10.0.1.1 ', ['10.0.0.254', '10.0.0.255', '10.0.1.0', '10.0.1.1']],
    ['10.0.0.9/30', ['10.0.0.9', '10.0.0.10']],
    ['10.0.0.9/31', ['10.0.0.8', '10.0.0.9']],
    ['10.0.0.9/32', ['10.0.0.9']],
    ['fd00::a', ['fd00::a']],
    ['fd00::fffe-fd00::1:0', ['fd00::fffe', 'fd00::ffff', 'fd00::1:0']],
    ['fd00::9/126', ['fd00::9', 'fd00::a', 'fd00::b']],
    ['::ffff:10.0.0.1-10.0.0.2', ['10.0.0.1', '10.0.0.2']],
  ])('%s holds %j', (text, addresses) => {
    expect(within(text)).toEqual(addresses);
  });

  it.each([
    ['10.0.0.0/16', 65_534],
    ['10.0.0.0-10.0.255.255', 65_536],
    ['fd00::/112', 65_535],
  ])('%s holds %i', (text, count) => {
    expect(readRange(text)).toMatchObject({ kind: 'range', count });
  });

  it.each([
    ['10.0.0.0/15', tooMany(131_070)],
    ['10.0.0.0-10.1.0.0', tooMany(65_537)],
    ['fd00::/64', tooMany('18446744073709551615')],
    ['::/0', tooMany('340282366920938463463374607431768211455')],
    ['10.0.0.9-10.0.0.1', 'ends before it begins: "10.0.0.1" is below "10.0.0.9"'],
    ['10.0.0.1-fd00::1', 'begins with IPv4 and ends with IPv6, or the other way round'],
    ['10.0.0.1-5', 'holds "5", which is no address'],
    ['printer', 'holds "printer", which is no address'],
    ['', 'holds "", which is no address'],
    ['010.0.0.1', 'holds "010.0.0.1", which is no address'],
    ['0x0a000001', 'holds "0x0a000001", which is no address'],
    ['fe80::1%eth0', 'holds "fe80::1%eth0", which is no address'],
    ['10.0.0.0/33', 'is no network: "10.0.0.0/33"'],
    ['10.0.0.0/8/8', 'is no network: "10.0.0.0/8/8"'],
    ['10.0.0.0/x', 'is no network: "10.0.0.0/x"'],
    ['1-2-3', 'is neither an address, FROM-TO nor a network'],
  ])('%j is none: it %s', (text, reason) => {
    expect(readRange(text)).toEqual({ kind: 'fault', reason });
  });
});
