import { describe, expect, it } from 'vitest';
import { addressAt, addressesOf, spanBetween, spanOfNetwork } from './span.js';

describe('a span', () => {
  it('goes over every byte, and past none', () => {
    expect(addressAt({ first: '10.0.255.255' }, 1)).toBe('10.1.0.0');
    expect(addressAt({ first: 'fd00::ffff' }, 1)).toBe('fd00::1:0');
    expect([...addressesOf({ first: '10.0.0.254', count: 3 })]).toEqual([
      '10.0.0.254',
      '10.0.0.255',
      '10.0.1.0',
    ]);
  });

  it.each([
    ['10.0.0.1', '10.0.0.1', { first: '10.0.0.1', count: 1 }],
    ['10.0.0.1', '10.1.0.0', { first: '10.0.0.1', count: 65_536 }],
    ['::ffff:10.0.0.1', '10.0.0.2', { first: '10.0.0.1', count: 2 }],
    ['fd00::', 'fd00::1:0', { first: 'fd00::', count: 65_537 }],
    ['10.0.0.2', '10.0.0.1', null],
    ['10.0.0.2', 'fd00::1', null],
  ])('from %s to %s is %j', (first, last, span) => {
    expect(spanBetween(first, last)).toEqual(span);
  });

  it.each([
    ['10.1.2.3/30', { first: '10.1.2.1', count: 2 }],
    ['10.1.2.3/31', { first: '10.1.2.2', count: 2 }],
    ['10.1.2.3/32', { first: '10.1.2.3', count: 1 }],
    ['0.0.0.0/0', { first: '0.0.0.1', count: 4_294_967_294 }],
    ['fd00::9/126', { first: 'fd00::9', count: 3 }],
    ['fd00::/127', { first: 'fd00::', count: 2 }],
    ['::/0', { first: '::1', count: 2 ** 128 }],
    ['10.0.0.0/33', null],
    ['fe80::1%eth0/64', null],
    ['10.0.0.0', null],
  ])('of the network %s is %j', (text, span) => {
    expect(spanOfNetwork(text)).toEqual(span);
  });
});
