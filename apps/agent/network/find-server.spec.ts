import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../../test/support/until.js';
import {
  namesToTry,
  serverCandidates,
  ServerNotFound,
  type Candidate,
  type ServerSettings,
} from './find-server.js';
import { parseResolvConf } from './resolv-conf.js';

const settings: ServerSettings = {
  address: null,
  port: 3329,
  name: 'hp-print-mgmt',
  localDomain: null,
  searchDomains: [],
  ipv6: true,
  dnsServers: null,
};
async function candidates(part: Partial<ServerSettings>): Promise<readonly Candidate[]> {
  const found: Candidate[] = [];
  for await (const candidate of serverCandidates({ ...settings, ...part })) found.push(candidate);
  return found;
}

test('a configured address asks no DNS (R2)', async () => {
  const dead = ['192.0.2.1'];
  expect(await candidates({ address: 'fd00::5', dnsServers: dead })).toEqual([
    { address: 'fd00::5', port: 3329, name: 'fd00::5' },
  ]);
});

test('names are tried in the local domain, then in each search domain, none twice (R3)', () => {
  const domains = { localDomain: 'a.test', searchDomains: ['B.test.', 'a.test', ''] };
  expect(namesToTry({ ...settings, ...domains })).toEqual(['hp-print-mgmt.a.test', 'hp-print-mgmt.b.test']);
  expect(namesToTry({ ...settings, ...domains, name: 'muster.c.test' })).toEqual(['muster.c.test']);
  expect(namesToTry({ ...settings, ...domains, address: 'here.test' })).toEqual(['here.test']);
});

test('without any domain the failure says so', async () => {
  await expect(candidates({})).rejects.toThrow('No domain is known');
});

test('domains are read as the system reads them', () => {
  expect(
    parseResolvConf('nameserver 10.0.0.1\ndomain a.test # ours\nsearch old.test\nsearch b.test  c.test\n'),
  ).toEqual({
    localDomain: 'a.test',
    searchDomains: ['b.test', 'c.test'],
  });
});

const dnsmasq = spawnSync('dnsmasq', ['--version']).status === 0;

describe.skipIf(!dnsmasq)('against dnsmasq (skipped without it: apt-get install dnsmasq-base)', () => {
  let server: ChildProcess;
  let dnsServers: string[];
  const local = (part: Partial<ServerSettings>) => candidates({ dnsServers, ...part });

  beforeAll(async () => {
    const port = await freeUdpPort();
    dnsServers = [`127.0.0.1:${port}`];
    const records = [
      '--local=/test/',
      '--host-record=both.one.test,127.8.0.1,::1',
      '--host-record=server.two.test,127.8.0.2',
      '--cname=hp-print-mgmt.two.test,server.two.test',
      '--host-record=hp-print-mgmt.six.test,fd00::6',
      '--host-record=hp-print-mgmt.both.test,127.8.0.3,fd00::3',
    ];
    const own = [
      '--no-daemon',
      '--no-resolv',
      '--no-hosts',
      '--conf-file=/dev/null',
      '--user=',
      '--pid-file=',
    ];
    const listen = [`--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces'];
    server = spawn('dnsmasq', [...own, ...listen, ...records], { stdio: 'ignore' });
    await until('dnsmasq answers', () => local({ name: 'both.one.test' }).catch(() => null));
  });
  afterAll(() => server.kill());

  test('the alias in the second domain is followed to its address (R2, R3)', async () => {
    const found = await local({ localDomain: 'empty.test', searchDomains: ['two.test'] });
    expect(found).toEqual([{ address: '127.8.0.2', port: 3329, name: 'hp-print-mgmt.two.test' }]);
  });

  test('IPv6 first, then IPv4; with IPv6 off only IPv4 (R2)', async () => {
    const addresses = async (ipv6: boolean) =>
      (await local({ localDomain: 'both.test', ipv6 })).map((c) => c.address);
    expect(await addresses(true)).toEqual(['fd00::3', '127.8.0.3']);
    expect(await addresses(false)).toEqual(['127.8.0.3']);
  });

  test('a name with an IPv6 address alone is nothing with IPv6 off', async () => {
    await expect(local({ localDomain: 'six.test', ipv6: false })).rejects.toThrow(
      'DNS knows no address of hp-print-mgmt.six.test.',
    );
  });

  test('a server that refuses to answer ends the search: another domain must not take over', async () => {
    const search = local({ localDomain: 'elsewhere.example', searchDomains: ['two.test'] });
    await expect(search).rejects.toThrow(ServerNotFound);
    await expect(search).rejects.toThrow('EREFUSED');
  });
});

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
