// The options of every subcommand, and the help made from them.
import { parseArgs } from 'node:util';
import { messageOf } from '#events/message-of';

/** Thrown when something was typed that cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface Option {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly help: string;
}

const options = {
  state: {
    type: 'string',
    help: 'folder for certificates, settings and state (.data/agent; fleet: .data/fleet)',
  },
  server: {
    type: 'string',
    help: 'address of the server; fleet: address:port. Without it, it is found by name',
  },
  port: { type: 'string', help: 'port of the server (3329)' },
  name: { type: 'string', help: 'name the server is found by (hp-print-mgmt)' },
  domain: { type: 'string', help: 'local domain to look in first (that of this machine)' },
  search: { type: 'string', help: 'domains to look in next, separated by commas (those of this machine)' },
  dns: { type: 'string', help: 'DNS servers to ask, address or address:port (those of this machine)' },
  'ipv4-only': { type: 'boolean', help: 'ask for no IPv6 address' },
  serial: {
    type: 'string',
    help: 'serial number: 4 to 32 letters, digits, hyphens. run and announce need it',
  },
  model: { type: 'string', help: 'product name (Muster agent)' },
  mac: { type: 'string', help: 'MAC address (that of the interface it announces from)' },
  ip: { type: 'string', help: 'address to announce, connect from and listen on (chosen by the system)' },
  hostname: { type: 'string', help: 'host name to announce (that of this machine)' },
  firmware: { type: 'string', help: 'firmware to announce (none)' },
  'require-mutual': {
    type: 'boolean',
    help: 'send nothing unless identity.pem and ca.pem are in the folder and the server verifies',
  },
  revocation: {
    type: 'string',
    help: 'hard: a server is trusted only when who its certificate names says it was not revoked (hard); soft; off',
  },
  est: {
    type: 'string',
    help: 'https://host:port of an EST server: the device gets its certificate there, and each next one by itself',
  },
  'api-port': { type: 'string', help: 'port of the device interface (7627)' },
  count: { type: 'string', help: 'fleet: how many printers (20)' },
  network: { type: 'string', help: 'fleet: first two numbers of their addresses (127.8)' },
  'serial-prefix': { type: 'string', help: 'fleet: what their serial numbers begin with (VNB3F)' },
  fault: {
    type: 'string',
    multiple: true,
    help: 'fleet: as 3:refuseWrite=svc.telnet, 3:ignoreWrite=svc.telnet, 4:slow=2000, 5:wrongCertificate, 6:unplugged',
  },
  once: {
    type: 'boolean',
    help: 'fleet: end when every printer was answered; exit 1 unless all were accepted',
  },
  json: { type: 'boolean', help: 'status: for a program to read' },
  verbose: { type: 'boolean', help: 'log every step' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies Readonly<Record<string, Option>>;

export type Values = ReturnType<typeof parse>['values'];

const usage = `muster agent <command> [options]; on a device: node muster-agent.mjs <command> [options]

  run       announce on every trigger and serve the device interface, until stopped
  status    show how the last announcement went; exit 1 when it failed
  announce  announce now; exit 1 unless the server accepts
  reset     cold reset: settings as from the box, certificates kept
  enrol     get the next certificate from the EST server now; exit 1 unless it is there
  fleet     many virtual printers in one process
`;

/** Throws UsageError. `help` is null unless it was asked for, or nothing was. */
export function readOptions(
  typed: readonly string[],
  names: readonly string[],
): { readonly name: string; readonly values: Values; readonly help: string | null } {
  const { values, positionals } = parseOr(typed);
  const [name = '', ...others] = positionals;
  if (values.help || name === '' || name === 'help') return { name, values, help: helpText() };
  if (!names.includes(name)) throw new UsageError(`There is no command ${name}. Try --help.`);
  if (others.length > 0) throw new UsageError(`${others.join(' ')} was not expected. Try --help.`);
  return { name, values, help: null };
}

const parse = (typed: readonly string[]) => parseArgs({ args: [...typed], options, allowPositionals: true });

function parseOr(typed: readonly string[]): ReturnType<typeof parse> {
  try {
    return parse(typed);
  } catch (error) {
    throw new UsageError(`${messageOf(error)} Try --help.`);
  }
}

const folder = `In its folder may be put: ca.pem, whom the server's certificate must come from; identity.pem, the device's own
certificate, its issuers and its key; enrol.secret, user and password of muster ca enrol. A reset keeps all three.`;

function helpText(): string {
  const lines = Object.entries(options).map(([name, { help }]) => `  ${`--${name}`.padEnd(18)}${help}`);
  return `${usage}\n${lines.join('\n')}\n\n${folder}`;
}

export function portOf(text: string | undefined, otherwise: number): number {
  const port = Number(text ?? otherwise);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`${String(text)} is no port.`);
  return port;
}
