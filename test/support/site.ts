// Two network namespaces and a cable between them: a site with its DNS and DHCP (dnsmasq) and a server for announcements,
// and a device with a DHCP client (dhclient). Names and addresses are the same in all: no site sees another.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Identity } from '#events/identity';
import { Process } from './process.js';
import { until } from './until.js';

const dhclient = ['/usr/sbin/dhclient', '/sbin/dhclient'].find((path) => existsSync(path)) ?? '';
const ip = ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'].find((path) => existsSync(path)) ?? '';

/** Otherwise a link that goes down loses its IPv6 addresses. */
const keepAddresses = 'echo 1 > /proc/sys/net/ipv6/conf/all/keep_addr_on_down';

/** Why there can be no site here; null when there can. */
export function whyNoSite(): string | null {
  if (ip === '') return 'iproute2 is not installed';
  if (dhclient === '') return 'isc-dhcp-client is not installed';
  if (!existsSync('/usr/sbin/dnsmasq')) return 'dnsmasq-base is not installed';
  const name = `muster-try-${process.pid}`;
  const { status } = spawnSync(ip, ['netns', 'add', name]);
  const inside = spawnSync(ip, ['netns', 'exec', name, 'sh', '-c', keepAddresses]).status;
  spawnSync(ip, ['netns', 'delete', name]);
  if (status !== 0) return 'network namespaces may not be made here (root is needed)';
  return inside === 0 ? null : 'IPv6 cannot be set up in network namespaces here';
}

/** What the site's server heard. */
export interface SiteHeard {
  readonly from: string;
  readonly reason: string;
  readonly identity: Identity;
}

export const serverAddress = { four: '10.99.0.1', six: 'fd99::1' } as const;
export const deviceAddress6 = 'fd99::2';

const run = (...words: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(ip, [...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
  return stdout;
};

export class Site {
  readonly dir = mkdtempSync(join(tmpdir(), 'muster-site-'));
  readonly #inside = `muster-site-${process.pid}`;
  readonly #device = `muster-device-${process.pid}`;
  readonly #processes: Process[] = [];
  #server: Process | null = null;

  /** @param dns words for dnsmasq: its records, and what its leases say */
  static async start(dns: readonly string[]): Promise<Site> {
    const site = new Site();
    try {
      site.#lay();
      await site.#serve(dns);
      return site;
    } catch (error) {
      await site.stop();
      throw error;
    }
  }

  /** What the server was told, the oldest first. */
  get heard(): readonly SiteHeard[] {
    const lines = this.#server?.output.split('\n') ?? [];
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as SiteHeard);
  }

  /** `ip` in the device's network, or the site's. */
  ip(where: 'site' | 'device', ...words: readonly string[]): string {
    return run('-n', where === 'site' ? this.#inside : this.#device, ...words);
  }

  /** A program of the device, with a host name of its own. */
  onDevice(name: string, ...words: readonly string[]): Process {
    return this.#start(name, this.#device, ['unshare', '--uts', ...words]);
  }

  /** The device gets its address, DNS servers and domains. */
  async lease(): Promise<void> {
    const own = join(this.dir, 'dhclient');
    // A profile of the system's for that program does not let it run another script.
    copyFileSync(dhclient, own);
    writeFileSync(join(this.dir, 'dhclient.conf'), `${wanted}\n`);
    writeFileSync(join(this.dir, 'script'), script, { mode: 0o755 });
    const files = ['-cf', 'dhclient.conf', '-sf', 'script', '-lf', 'leases', '-pf', 'pid'];
    const words = files.map((word) => (word.startsWith('-') ? word : join(this.dir, word)));
    const client = this.#start('dhclient', this.#device, [own, '-4', '-d', ...words, 'd0']);
    await until('the device has a lease', () => {
      if (client.exitCode !== null) throw new Error(client.output);
      return this.ip('device', '-4', 'addr', 'show', 'd0').includes('inet ');
    });
  }

  /** The cable is drawn, until the returned function is called. */
  async draw(): Promise<() => void> {
    this.ip('site', 'link', 'set', 's0', 'down');
    await until('the device has no carrier', () =>
      this.ip('device', 'link', 'show', 'd0').includes('NO-CARRIER'),
    );
    return () => void this.ip('site', 'link', 'set', 's0', 'up');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.signal('SIGKILL')));
    for (const name of [this.#inside, this.#device]) {
      spawnSync(ip, ['netns', 'delete', name]);
      rmSync(join('/etc/netns', name), { recursive: true, force: true });
    }
    rmSync(this.dir, { recursive: true, force: true });
  }

  #lay(): void {
    for (const name of [this.#inside, this.#device]) {
      // `ip netns exec` puts it in the place of /etc/resolv.conf.
      mkdirSync(join('/etc/netns', name), { recursive: true });
      writeFileSync(join('/etc/netns', name, 'resolv.conf'), '');
      run('netns', 'add', name);
      run('-n', name, 'link', 'set', 'lo', 'up');
    }
    run('-n', this.#inside, 'link', 'add', 's0', 'type', 'veth', 'peer', 'name', 'd0', 'netns', this.#device);
    run('netns', 'exec', this.#inside, 'sh', '-c', keepAddresses);
    run('-n', this.#inside, 'addr', 'add', `${serverAddress.four}/24`, 'dev', 's0');
    run('-n', this.#inside, 'addr', 'add', `${serverAddress.six}/64`, 'dev', 's0', 'nodad');
    run('-n', this.#inside, 'link', 'set', 's0', 'up');
    run('-n', this.#device, 'link', 'set', 'd0', 'up');
  }

  async #serve(dns: readonly string[]): Promise<void> {
    const main = resolve('dist', 'test', 'support', 'site-server.js');
    this.#server = this.#start('site server', this.#inside, [process.execPath, main]);
    const own = [
      '--keep-in-foreground',
      '--no-resolv',
      '--no-hosts',
      '--conf-file=/dev/null',
      '--user=',
      '--pid-file=',
    ];
    const lease = ['--dhcp-range=10.99.0.100,10.99.0.110,10m', '--dhcp-authoritative', '--no-ping'];
    const files = [`--dhcp-leasefile=${join(this.dir, 'given')}`, '--log-queries', '--log-facility=-'];
    const words = [
      '/usr/sbin/dnsmasq',
      ...own,
      '--interface=s0',
      '--bind-interfaces',
      ...lease,
      ...files,
      ...dns,
    ];
    this.dnsmasq = this.#start('dnsmasq', this.#inside, words);
    const listening = () => run('netns', 'exec', this.#inside, 'cat', '/proc/net/tcp6', '/proc/net/tcp');
    await until('DNS and server listen', () => {
      const failed = this.#processes.find(({ exitCode }) => exitCode !== null);
      if (failed) throw new Error(failed.output);
      return /:0D01 /.test(listening()) && /:0035 /.test(listening());
    });
  }

  /** Its log has every question. */
  dnsmasq: Process | null = null;

  #start(name: string, inside: string, words: readonly string[]): Process {
    const process = new Process({ name, entry: ip, node: false, words: ['netns', 'exec', inside, ...words] });
    this.#processes.push(process);
    return process;
  }
}

/** Option 119 comes to who asks for it. */
const wanted =
  'timeout 60; retry 1; initial-interval 1; backoff-cutoff 2; request subnet-mask, domain-name, domain-name-servers, domain-search;';

/** What a DHCP client of a device does with a lease. */
const script = `#!/bin/sh
case "$reason" in
  BOUND | RENEW | REBIND | REBOOT)
    {
      [ -n "$new_domain_name" ] && echo "domain $new_domain_name"
      [ -n "$new_domain_search" ] && echo "search $new_domain_search"
      for server in $new_domain_name_servers; do echo "nameserver $server"; done
    } > /etc/resolv.conf
    ip addr add ${deviceAddress6}/64 dev "$interface" nodad 2> /dev/null
    ip addr add "$new_ip_address/24" dev "$interface" 2> /dev/null
    ;;
esac
exit 0
`;
