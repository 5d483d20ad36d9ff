// Packages of Debian and Ubuntu that tests need, installed when they are missing.
import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { quietly } from './child.mjs';
import { step, Trouble } from './project.mjs';

/** Each package with the file that shows it is there. */
export const needed = [
  { name: 'rabbitmq-server', files: ['/usr/lib/rabbitmq/bin/rabbitmq-server'] },
  {
    name: 'postgresql',
    files: ['15', '16', '17', '18'].map((version) => `/usr/lib/postgresql/${version}/bin/postgres`),
  },
  { name: 'chromium', files: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'] },
  { name: 'openssl', files: ['/usr/bin/openssl'] },
];

/** What tests do without when it cannot be had: they are skipped, by name. */
export const wanted = [
  { name: 'prometheus', files: ['/usr/bin/promtool'] },
  { name: 'haproxy', files: ['/usr/sbin/haproxy'] },
  { name: 'curl', files: ['/usr/bin/curl'] },
  { name: 'sslscan', files: ['/usr/bin/sslscan'] },
  { name: 'testssl.sh', files: ['/usr/bin/testssl'] },
  { name: 'gnutls-bin', files: ['/usr/bin/gnutls-cli'] },
  { name: 'strongswan-pki', files: ['/usr/bin/pki'] },
  // Elliptic curves for the one before.
  {
    name: 'libstrongswan-standard-plugins',
    files: ['/usr/lib/ipsec/plugins/libstrongswan-openssl.so'],
  },
  // What rules of IPsec are made for.
  { name: 'charon-systemd', files: ['/usr/sbin/charon-systemd'] },
  { name: 'strongswan-swanctl', files: ['/usr/sbin/swanctl'] },
  // A printer's SNMP agent.
  { name: 'snmpd', files: ['/usr/sbin/snmpd'] },
  // What it is asked with, by others than us.
  { name: 'snmp', files: ['/usr/bin/snmpget'] },
  // A printer's pages, and its name by mDNS.
  { name: 'nginx-light', files: ['/usr/sbin/nginx'] },
  { name: 'avahi-daemon', files: ['/usr/sbin/avahi-daemon'] },
  // A printer by IPP, what asks it, and the bus without which it does not start.
  { name: 'cups-ipp-utils', files: ['/usr/sbin/ippeveprinter', '/usr/bin/ippeveprinter'] },
  { name: 'dbus', files: ['/usr/bin/dbus-daemon'] },
  // A site's DNS and DHCP, and a device in it.
  { name: 'dnsmasq-base', files: ['/usr/sbin/dnsmasq'] },
  { name: 'isc-dhcp-client', files: ['/usr/sbin/dhclient', '/sbin/dhclient'] },
  { name: 'iproute2', files: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'] },
  {
    name: 'libfaketime',
    files: ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`),
  },
];

/** What `npm run faults:ipsec` needs, beside a kernel that it downloads. */
export const wired = [
  { name: 'charon-systemd', files: ['/usr/sbin/charon-systemd'] },
  { name: 'strongswan-swanctl', files: ['/usr/sbin/swanctl'] },
  { name: 'qemu-system-x86', files: ['/usr/bin/qemu-system-x86_64'] },
  { name: 'busybox-static', files: ['/bin/busybox'] },
  { name: 'cpio', files: ['/usr/bin/cpio', '/bin/cpio'] },
  { name: 'kmod', files: ['/sbin/depmod', '/usr/sbin/depmod'] },
  { name: 'xz-utils', files: ['/usr/bin/unxz'] },
  { name: 'curl', files: ['/usr/bin/curl'] },
  { name: 'tshark', files: ['/usr/bin/tshark'] },
  { name: 'nftables', files: ['/usr/sbin/nft'] },
  { name: 'iproute2', files: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'] },
];

/** What `npm run bench:edge` compares with. */
export const compared = [
  { name: 'nginx-light', files: ['/usr/sbin/nginx'] },
  { name: 'mosquitto', files: ['/usr/sbin/mosquitto'] },
];

/** Names of the packages of `list` that are not there. */
export const missing = (list = needed) =>
  list.filter(({ files }) => !files.some((file) => existsSync(file))).map(({ name }) => name);

/** The words before a command of root's; null when this account cannot install anything here. */
export function rootPrefix() {
  if (!existsSync('/usr/bin/apt-get')) return null;
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : null;
}

// Debian starts the services that it installs unless a policy says no: ours does, while apt-get runs.
const script = `set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\\nexit 101\\n' > $policy
  chmod 755 $policy
  trap "rm -f $policy" EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends "$@"`;

/** Installs packages with apt-get; none of their services is started. Throws Trouble. */
export async function install(packages) {
  const prefix = rootPrefix();
  if (!prefix) throw new Trouble(`Please run: sudo apt-get install ${packages.join(' ')}`);
  await step(`apt-get install ${packages.join(' ')}`, async () => {
    const [program, ...words] = [...prefix, 'sh', '-c', script, 'sh', ...packages];
    const { code, output } = await quietly(program, words);
    if (code !== 0) throw new Trouble(`apt-get failed:\n${output}`);
  });
}
