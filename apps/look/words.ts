// What can be typed after `muster look`.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import ipaddr from 'ipaddr.js';
import { readRange, type AddressRange } from '#device/find/range';
import { hopsMax } from '#device/find/hops';
import { messageOf } from '#events/message-of';
import { authoritiesIn } from '#pki/authorities';

/** Thrown when something was typed that cannot be understood, or a file it names cannot be read. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const help = `muster look --network CIDR [options] [ADDRESS | FIRST-LAST | CIDR …]

Finds devices, and says what can be seen of them from outside. Nothing is changed on them, no password is sent, and to ports
that print nothing is sent at all. One line for each thing that is seen: address, what it is about, and what it is.

  --network CIDR       a network that devices are in; nobody outside is asked. May be given again
  --mdns               asks by mDNS, in the networks that this machine is in itself
  --slp                asks by SLP
  --hops N             how far that goes: routers on the way, and one (4)
  --community TEXT     for SNMPv1 and v2c, in clear
  --facts              of each device that is found, what policies can ask for and what is seen from outside
  --authorities FILE   PEM: whom their certificates may come from
  --hostname NAME      that the certificate may name instead of the address, of a single device
  --help               this text
`;

export interface Words {
  readonly ranges: readonly AddressRange[];
  readonly networks: readonly string[];
  readonly mdns: boolean;
  readonly slp: boolean;
  readonly hops: number;
  readonly community: string | null;
  readonly facts: boolean;
  readonly authorities: readonly string[];
  readonly hostname: string | null;
}

/** Null: help is wanted. Throws UsageError. */
export function readWords(typed: readonly string[]): Words | null {
  const { values, positionals } = parsed(typed);
  if (values.help) return null;
  const networks = values.network ?? [];
  const wrong = networks.find((network) => !ipaddr.isValidCIDR(network));
  if (wrong !== undefined) throw new UsageError(`--network ${wrong}: write it as 10.0.0.0/8`);
  if (networks.length === 0) throw new UsageError('--network is missing: which networks are devices in?');
  const hops = Number(values.hops ?? 4);
  if (!Number.isInteger(hops) || hops < 1 || hops > hopsMax)
    throw new UsageError(`--hops is from 1 to ${hopsMax}`);
  return {
    ranges: positionals.map(rangeOf),
    networks,
    mdns: values.mdns ?? false,
    slp: values.slp ?? false,
    hops,
    community: values.community ?? null,
    facts: values.facts ?? false,
    authorities: values.authorities === undefined ? [] : readAuthorities(values.authorities),
    hostname: values.hostname ?? null,
  };
}

function parsed(typed: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    network: { type: 'string', multiple: true },
    ...{ mdns: flag, slp: flag, facts: flag, help: flag },
    ...{ hops: text, community: text, authorities: text, hostname: text },
  } as const;
  try {
    return parseArgs({ args: [...typed], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${messageOf(error)} Try --help.`);
  }
}

function rangeOf(text: string): AddressRange {
  const range = readRange(text);
  if (range.kind === 'fault') throw new UsageError(`the range ${text} ${range.reason}`);
  return range;
}

function readAuthorities(file: string): readonly string[] {
  try {
    return authoritiesIn(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`the authorities in ${file} cannot be read: ${messageOf(error)}`);
  }
}
