// A printer's mDNS that nobody here wrote: Debian's avahi, without D-Bus, at one end of a wire.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './until.js';
import type { Wire } from './wire.js';

const program = '/usr/sbin/avahi-daemon';

/** Why what needs it is skipped; null: it is here. */
export const withoutAvahi = existsSync(program) ? null : 'without avahi-daemon, a package of Debian';

const configuration = `[server]
host-name=printer-7
use-ipv6=no
enable-dbus=no
allow-interfaces=w0
[publish]
publish-workstation=no
`;
const serviceOf = (name: string): string => `<?xml version="1.0" standalone='no'?>
<service-group>
  <name>${name}</name>
  <service><type>_ipp._tcp</type><port>631</port><txt-record>ty=LaserJet</txt-record></service>
</service-group>
`;

/** It has a printer of that name. avahi reads its services from one folder only: `folder` is put in its place, for this process. */
export async function startAvahi(wire: Wire, folder: string, name: string): Promise<void> {
  mkdirSync(join(folder, 'services'));
  writeFileSync(join(folder, 'avahi-daemon.conf'), configuration);
  writeFileSync(join(folder, 'services', 'printer.service'), serviceOf(name));
  const place = `mount --bind ${folder} /etc/avahi && mount -t tmpfs none /run && mkdir /run/avahi-daemon`;
  const alone = '--no-drop-root --no-chroot --no-rlimits';
  const daemon = wire.start('printer', 'avahi', 'sh', '-c', `${place} && exec ${program} ${alone}`);
  await until('avahi has its service', () => {
    if (daemon.exitCode !== null) throw new Error(daemon.output);
    return daemon.output.includes('successfully established');
  });
}
