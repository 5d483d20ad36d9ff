import { describe, expect, it } from 'vitest';
import { mayConnect } from '#device/address';
import { defaultSettings } from '#events/settings';

const own = ['127.0.0.1', '10.0.0.5', '::1', 'fd00::5'];
const everything = ['0.0.0.0/0', '::/0'];

describe('the server may connect', () => {
  it.each([
    ['10.1.2.3', ['10.0.0.0/8']],
    ['192.168.1.9', defaultSettings.deviceNetworks],
    ['fd00::9', defaultSettings.deviceNetworks],
    ['::ffff:10.1.2.3', ['10.0.0.0/8']],
    ['8.8.8.8', everything],
    ['2a00:1450::1', everything],
    ['127.8.0.1', ['127.8.0.0/16']],
    ['127.0.0.1', ['127.0.0.0/8']],
    ['169.254.7.7', ['169.254.0.0/16']],
    ['10.0.0.5', ['10.0.0.5/32']],
    ['fd00::5', ['fd00::5/128']],
    ['100.64.0.1', ['100.64.0.0/10']],
  ])('to %s in %j', (address, networks) => {
    expect(mayConnect(address, networks, own)).toBe(true);
  });

  it.each([
    // outside of every network
    ['11.1.2.3', ['10.0.0.0/8']],
    ['8.8.8.8', defaultSettings.deviceNetworks],
    ['10.1.2.3', []],
    ['10.1.2.3', ['nonsense', '10.0.0.0', '::/0']],
    // special, and held only by a network that does not name it
    ['127.0.0.1', everything],
    ['127.8.0.1', ['126.0.0.0/7']],
    ['127.8.0.1', ['127.9.0.0/16']],
    ['::1', everything],
    ['169.254.169.254', everything],
    ['fe80::1', everything],
    ['::ffff:127.0.0.1', everything],
    ['::ffff:7f00:1', everything],
    ['::ffff:169.254.169.254', everything],
    ['64:ff9b::7f00:1', everything],
    ['64:ff9b::a00:1', ['10.0.0.0/8', '::/0']],
    ['2002:7f00:1::', everything],
    ['2001:0:7f00:1::', everything],
    ['192.0.2.1', everything],
    ['240.0.0.1', everything],
    // nobody is there, even when named
    ['0.0.0.0', ['0.0.0.0/32']],
    ['::', ['::/128']],
    ['224.0.1.60', ['224.0.0.0/4']],
    ['ff02::1', ['ff00::/8']],
    ['255.255.255.255', ['255.255.255.255/32']],
    // the server's own
    ['10.0.0.5', ['10.0.0.0/8']],
    ['::ffff:10.0.0.5', ['10.0.0.0/8']],
    ['fd00::5', ['fd00::/8']],
    ['fd00:0:0::0005', ['fd00::/8']],
  ])('not to %s in %j', (address, networks) => {
    expect(mayConnect(address, networks, own)).toBe(false);
  });

  it.each([
    '',
    'localhost',
    'printer.example',
    '2130706433',
    '0x7f000001',
    '017700000001',
    '0177.0.0.1',
    '127.1',
    '127.0.1',
    '10.1',
    '10.0.0.010',
    '0x0a.0.0.1',
    '10.0.0.1.',
    '10.0.0.1 ',
    '10.0.0.1:7627',
    '[fd00::9]',
    'fe80::1%eth0',
    'fd00::9%lo',
    '10.0.0.1/8',
    '１０.0.0.1',
    '10。0.0.1',
    'user@10.0.0.1',
    '::ffff:10.0.0.1%1',
  ])('not to %j, which is no plain number', (address) => {
    expect(mayConnect(address, [...everything, '127.0.0.0/8', '10.0.0.0/8', 'fe80::/10'], own)).toBe(false);
  });
});
