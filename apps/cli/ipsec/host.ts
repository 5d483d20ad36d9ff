// The host that a configuration is made for, as it is typed.
import type { ParseArgsOptionsConfig } from 'node:util';
import type { OwnAddress } from '#documents/ipsec/connections';
import { endpointNames, type EndpointName } from '#documents/ipsec/endpoints';
import type { SwanctlHost } from '#documents/ipsec/swanctl';
import { ipsecSignatures, type IpsecSignature } from '#events/ipsec';
import { UsageError } from '../words.js';

export const hostOptions = {
  own: { type: 'string', multiple: true },
  as: { type: 'string' },
  name: { type: 'string', multiple: true },
  certificate: { type: 'string', multiple: true },
  authority: { type: 'string' },
  keys: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export interface HostWords {
  readonly own?: readonly string[] | undefined;
  readonly as?: string | undefined;
  readonly name?: readonly string[] | undefined;
  readonly certificate?: readonly string[] | undefined;
  readonly authority?: string | undefined;
  readonly keys?: string | undefined;
}

/** Throws UsageError. */
export function hostOf({ own = [], as: end = 'host', name = [], ...files }: HostWords): SwanctlHost {
  if (end !== 'host' && end !== 'device') throw new UsageError(`--as must be host or device, not ${end}.`);
  if (own.length === 0) throw new UsageError('Name this host’s address with --own.');
  return {
    end,
    own: own.map(ownAddress),
    names: new Map(name.map((text) => pairOf('--name', text, [...endpointNames, 'all'] as const))),
    certificates: certificatesOf(files.certificate ?? []),
    authority: fileOf('--authority', files.authority ?? 'muster-ca.pem'),
    keyFolder: fileOf('--keys', files.keys ?? 'muster-keys'),
  };
}

function ownAddress(text: string): OwnAddress {
  const [address = '', seenAs = address] = text.split('=');
  return { address, seenAs };
}

function certificatesOf(words: readonly string[]): Readonly<Record<IpsecSignature, string>> {
  const named = new Map(words.map((text) => pairOf('--certificate', text, ipsecSignatures)));
  const file = (kind: IpsecSignature): string =>
    fileOf('--certificate', named.get(kind) ?? `muster-${kind}.pem`);
  const files = { ecdsa256: file('ecdsa256'), ecdsa384: file('ecdsa384'), rsa: file('rsa') };
  if (new Set(Object.values(files)).size < ipsecSignatures.length)
    throw new UsageError('A certificate has one key: name another file for each kind.');
  return files;
}

function pairOf<Name extends EndpointName | 'all' | IpsecSignature>(
  option: string,
  text: string,
  known: readonly Name[],
): [Name, string] {
  const [typed = '', ...rest] = text.split('=');
  const name = known.find((each) => each.toLowerCase() === typed.toLowerCase());
  if (name === undefined || rest.length === 0)
    throw new UsageError(`${option} must be NAME=VALUE with one of ${known.join(', ')}, not ${text}.`);
  return [name, rest.join('=')];
}

function fileOf(option: string, text: string): string {
  if (text !== '' && text.length <= 255 && !/\p{Cc}/u.test(text)) return text;
  throw new UsageError(`${option} must name a file.`);
}
