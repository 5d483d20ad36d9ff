// Requests forged through an announced address: in whatever spelling, nothing of this server is connected to (threat 26).
// Canaries hear every connection and datagram to any address of this machine, on the port that would be asked.
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mayConnect } from '#device/address';
import { openDeviceApi } from '#device/api';
import { openIpp } from '#device/ipp/ipp';
import { openSnmp } from '#device/snmp/driver';
import { defaultSettings } from '#events/settings';
import { identity } from '#events/identity';
import { deviceAnnounced } from '#events/announcement';
import { ownAddresses } from '#addresses/own';
import { freePort } from '../../scripts/free-port.mjs';

const networks = [...defaultSettings.deviceNetworks, '0.0.0.0/0', '::/0'];

const spellings = [
  // loopback: plain, short, and in other bases
  ...['127.0.0.1', '127.1', '127.0.1', '127.0.0.01', '127.000.000.001', '127.8.0.1', '127.255.255.254'],
  ...['2130706433', '0x7f000001', '017700000001', '0177.0.0.1', '0x7f.0.0.1', '0x7f.1', '0177.1', '127.0x1'],
  // IPv6, and IPv4 in it
  ...['::1', '0:0:0:0:0:0:0:1', '0000:0000:0000:0000:0000:0000:0000:0001', '[::1]', '::1%lo', '::1%1'],
  ...['::ffff:127.0.0.1', '::FFFF:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:7f00:1', '[::ffff:127.0.0.1]'],
  ...['::127.0.0.1', '::7f00:1', '::ffff:0:127.0.0.1', '::ffff:0:7f00:1'],
  ...['64:ff9b::7f00:1', '64:ff9b::127.0.0.1', '64:ff9b:1::7f00:1', '2002:7f00:1::', '2002:7f00:1::1'],
  ...['2001:0:7f00:1::', '2001:0:0:0:0:0:80ff:fffe', '::ffff:127.0.0.1%lo'],
  // link-local, with the addresses of cloud metadata
  ...['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '::ffff:169.254.169.254'],
  ...['::ffff:a9fe:a9fe', 'fe80::1', 'fe80::1%eth0', 'fe80::a9fe:a9fe', 'fd00:ec2::254%lo'],
  // nobody, everybody, many
  ...[
    '0',
    '0.0.0.0',
    '0x0',
    '::',
    '[::]',
    '255.255.255.255',
    '224.0.0.1',
    '239.255.255.250',
    'ff02::1',
    '::ffff:0.0.0.0',
  ],
  // names, and what is around an address
  ...['localhost', 'LOCALHOST', 'localhost.', 'ip6-localhost', 'localhost.localdomain', '127.0.0.1.nip.io'],
  ...[
    '127.0.0.1.',
    ' 127.0.0.1',
    '127.0.0.1 ',
    '127.0.0.1:80',
    '127.0.0.1/32',
    'user@127.0.0.1',
    '127.0.0.1#',
  ],
  ...[
    'http://127.0.0.1',
    '127.0.0.1\0',
    '127.0.0.1\n',
    '%31%32%37.0.0.1',
    '１２７.0.0.1',
    '127。0。0。1',
    '①②⑦.0.0.1',
  ],
];

const { signal } = new AbortController();

let canary: Server;
let snmpCanary: Socket;
let port = 0;
let connections = 0;
beforeAll(async () => {
  port = await freePort();
  canary = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  const listen = (host: string) =>
    new Promise<void>((resolve, reject) => {
      canary.once('error', reject).listen(port, host, resolve);
    });
  // Without IPv6 in the system, all of IPv4.
  await listen('::').catch(() => listen('0.0.0.0'));
  snmpCanary = await listenToDatagrams('udp6').catch(() => listenToDatagrams('udp4'));
});
afterAll(() => {
  canary.close();
  snmpCanary.close();
});

const listenToDatagrams = (type: 'udp6' | 'udp4'): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(type, () => (connections += 1));
    socket.once('error', reject).bind(port, () => resolve(socket));
  });

function askedBySnmp(address: string, networks: readonly string[]) {
  const access = { version: 'v2c', community: 'public' } as const;
  const driver = openSnmp({ address, port, networks, access, serial: null });
  return driver.identify(signal).finally(() => driver.close());
}

describe('an address of this server', () => {
  it.each([...new Set([...spellings, ...ownAddresses()])])('%j is not connected to', async (address) => {
    expect(mayConnect(address, networks, ownAddresses())).toBe(false);
    for (const open of [openDeviceApi, openIpp]) {
      const driver = open({ address, port, fingerprint: null, networks, mutual: null });
      const outcome = await driver.identify(AbortSignal.timeout(20_000)).finally(() => driver.close());
      expect(outcome.kind).not.toBe('answered');
    }
    const bySnmp = await askedBySnmp(address, networks);
    expect(bySnmp).toMatchObject({ kind: 'failed', reason: `${address} lies outside the device networks` });
    expect(connections).toBe(0);
  });

  it.each(spellings)('%j, announced, is refused, or not connected to as it is stored', (ip) => {
    const announced = identity.safeParse({ ...deviceAnnounced.example.identity, ip });
    if (announced.success) expect(mayConnect(announced.data.ip, networks, ownAddresses())).toBe(false);
  });

  it('there are sixty spellings and more, and the canary sings when it should', async () => {
    expect(new Set(spellings).size).toBeGreaterThanOrEqual(60);
    const driver = openDeviceApi({
      address: '127.0.0.1',
      port,
      fingerprint: null,
      networks: ['127.0.0.1/32'],
      mutual: null,
    });
    await driver.identify(AbortSignal.timeout(20_000)).finally(() => driver.close());
    expect(connections).toBeGreaterThan(0);
    const before = connections;
    await askedBySnmp('127.0.0.1', ['127.0.0.1/32']);
    expect(connections).toBeGreaterThan(before);
  });
});
