// A printer by IPP that nobody here wrote: CUPS' ippeveprinter (Debian), at a port of its own. It takes IPP in clear and TLS
// from 1.0 on, whatever it is told, and starts only where there is a system bus: one of its own is made.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../scripts/free-port.mjs';
import type { Credentials } from '#pki/certificate';
import { Process } from './process.js';
import { until } from './until.js';

const program = ['/usr/sbin/ippeveprinter', '/usr/bin/ippeveprinter'].find((file) => existsSync(file));
const daemon = '/usr/bin/dbus-daemon';
const ipptool = '/usr/bin/ipptool';

/** Why what needs it is skipped; null: it is here. */
export const withoutIppeveprinter = whyNot();

function whyNot(): string | null {
  if (program === undefined) return 'without cups-ipp-utils, a package of Debian';
  if (!existsSync(daemon)) return 'without dbus, a package of Debian';
  return existsSync('/proc/net/if_inet6') ? null : 'without IPv6, on which it listens too';
}

export interface Ippeveprinter {
  /** By number: it listens on loopback only. */
  readonly address: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface IppeveprinterOptions {
  /** What it shows, for the name `localhost`. */
  readonly credentials: Credentials;
  /** Lines of an attributes file, such as `ATTR text printer-device-id "SN:X;"`; without them it has some of its own. */
  readonly attributes?: readonly string[];
  /** More of its command line, such as `-A`. */
  readonly words?: readonly string[];
}

export async function startIppeveprinter(options: IppeveprinterOptions): Promise<Ippeveprinter> {
  const { credentials, attributes, words = [] } = options;
  const folder = await mkdtemp(join(tmpdir(), 'muster-ippeveprinter-'));
  const [keys, spool] = [join(folder, 'keys'), join(folder, 'spool')];
  const file = join(folder, 'printer.conf');
  await Promise.all([mkdir(keys), mkdir(spool)]);
  if (attributes) await writeFile(file, [...attributes, ''].join('\n'));
  await writeFile(join(keys, 'localhost.crt'), credentials.certificate);
  await writeFile(join(keys, 'localhost.key'), credentials.key, { mode: 0o600 });
  const bus = await startBus(folder);
  const port = await freePort();
  const printer = new Process({
    name: 'ippeveprinter',
    entry: program ?? '',
    node: false,
    words: [
      ...(attributes ? ['-a', file] : []),
      ...['-K', keys, '-d', spool, '-n', 'localhost', '-p', String(port), '-r', 'off'],
      ...words,
      'Muster',
    ],
    environment: { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${busIn(folder)}`, HOME: folder },
  });
  const stop = async (): Promise<void> => {
    await printer.signal('SIGKILL');
    await bus.signal('SIGKILL');
    await rm(folder, { recursive: true });
  };
  try {
    await until('ippeveprinter listens', () => {
      if (printer.exitCode !== null) throw new Error(`ippeveprinter ended: ${printer.output}`);
      return takes('127.0.0.1', port);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { address: '127.0.0.1', port, stop };
}

const busIn = (folder: string): string => join(folder, 'bus');

async function startBus(folder: string): Promise<Process> {
  const file = join(folder, 'bus.conf');
  await writeFile(
    file,
    `<busconfig>
  <listen>unix:path=${busIn(folder)}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
`,
  );
  const words = ['--nofork', '--nopidfile', `--config-file=${file}`];
  const bus = new Process({ name: 'dbus-daemon', entry: daemon, node: false, words });
  await until('the bus is there', () => {
    if (bus.exitCode !== null) throw new Error(`dbus-daemon ended: ${bus.output}`);
    return existsSync(busIn(folder));
  });
  return bus;
}

const takes = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** What CUPS' own client has for the answer to a Get-Printer-Attributes over IPPS: a property list. */
export async function askedByIpptool(
  { port }: Pick<Ippeveprinter, 'port'>,
  requested: readonly string[],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-ipptool-'));
  const file = join(folder, 'get.test');
  await writeFile(
    file,
    `{
  OPERATION Get-Printer-Attributes
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR naturalLanguage attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR keyword requested-attributes ${requested.join(',')}
  STATUS successful-ok
}
`,
  );
  const words = ['-X', '-S', `ipps://127.0.0.1:${port}/ipp/print`, file];
  try {
    return (await promisify(execFile)(ipptool, words, { env: { HOME: folder } })).stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}
