import { expect, it } from 'vitest';
import { addressAt, countOf, hostsOf, networkOf, readSpan, spanBetween, spanText } from '#addresses/span';

it('a span goes over every byte, and past none', () => {
  expect(addressAt({ family: 4, first: 0x0a00ffffn }, 1)).toBe('10.1.0.0');
  expect(addressAt({ family: 6, first: 0xffffn }, 1)).toBe('::1:0');
  const wide = spanBetween('fd00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff');
  expect(wide && countOf(wide)).toBe(1n << 120n);
});

it.each([
  ['10.1.2.3/30', '10.1.2.0-10.1.2.3', '10.1.2.1-10.1.2.2'],
  ['10.1.2.3/31', '10.1.2.2-10.1.2.3', '10.1.2.2-10.1.2.3'],
  ['10.1.2.3/32', '10.1.2.3', '10.1.2.3'],
  ['fd00::9/126', 'fd00::8-fd00::b', 'fd00::9-fd00::b'],
  ['fd00::9/127', 'fd00::8-fd00::9', 'fd00::8-fd00::9'],
])('the network %s is %s, its hosts %s', (text, whole, hosts) => {
  const network = networkOf(text);
  expect(network && [spanText(network), spanText(hostsOf(network))]).toEqual([whole, hosts]);
});

it.each([
  ['10.0.0.2', '10.0.0.1'],
  ['10.0.0.1', 'fd00::1'],
  ['10.0.0.1', 'printer'],
  ['fe80::1%1', 'fe80::2'],
])('from %s to %s is none', (from, to) => {
  expect(spanBetween(from, to)).toBeNull();
});

it.each([
  [' 10.1.2.3 ', 'address', '10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3 - 10.1.2.9', 'range', '10.1.2.3-10.1.2.9', '10.1.2.3'],
  ['10.1.2.3/30', 'network', '10.1.2.0-10.1.2.3', '10.1.2.3'],
  ['fd00::9/127', 'network', 'fd00::8-fd00::9', 'fd00::9'],
  ['fd00::-fd00::', 'range', 'fd00::', 'fd00::'],
])('%j is read as it was written: %s', (text, written, span, from) => {
  const read = readSpan(text);
  if ('code' in read) throw new Error(read.code);
  expect([read.written, spanText(read), addressAt({ ...read, first: read.from }, 0)]).toEqual([
    written,
    span,
    from,
  ]);
});

it.each([
  ['', 'address', ''],
  ['printer/24', 'address', 'printer'],
  ['10.1.2.3-9', 'address', '9'],
  ['10.1.2.0/24-10.1.3.0/24', 'address', '10.1.2.0/24'],
  ['fe80::1%1', 'address', 'fe80::1%1'],
  ['10.1.2.3/', 'prefix', '10.1.2.3/'],
  ['10.1.2.3/33', 'prefix', '10.1.2.3/33'],
  ['10.1.2.3/8/8', 'prefix', '10.1.2.3/8/8'],
  ['10.1.2.3-fd00::1', 'families', 'fd00::1'],
  ['10.1.2.3-10.1.2.2', 'order', '10.1.2.2'],
  ['1-2-3', 'shape', '1-2-3'],
  [' '.repeat(257), 'shape', ' '.repeat(257)],
])('%j is none: %s', (text, code, part) => {
  expect(readSpan(text)).toEqual({ code, part });
});
