// A configuration of strongSwan (swanctl.conf) for one host under a set of rules. It holds no secret.
import { isIP } from 'node:net';
import type { IpsecRule, IpsecSignature } from '../../events/ipsec.js';
import type { IpsecFault } from '../ipsec.js';
import { pairsOf, type Pair, type Standpoint } from './connections.js';
import { spanText } from '../../addresses/span.js';
import { networksOf } from './endpoints.js';
import { proposalsOf } from './strength.js';

export interface SwanctlHost extends Standpoint {
  /**
   * Names of files in swanctl's folder x509. Each with a subject of its own: strongSwan finds a key by whose it is, and
   * of several of one subject it takes any, so that RSA signs where ECDSA was meant.
   */
  readonly certificates: Readonly<Record<IpsecSignature, string>>;
  /** In x509ca: who issues the others' certificates. */
  readonly authority: string;
  /** Of files NAME.conf with a line `secret = …` each; as seen from the configuration. */
  readonly keyFolder: string;
}

export type Rendered =
  | {
      readonly text: string;
      /** How many connections charon has to load. */
      readonly connections: number;
      /** Names of keys that it needs. */
      readonly keys: readonly string[];
      /** Names of rules that are not about this host. */
      readonly left: readonly string[];
    }
  | { readonly faults: readonly IpsecFault[] };

export function renderSwanctl(rules: readonly IpsecRule[], host: SwanctlHost): Rendered {
  const inexpressible = rules.flatMap(faultsOfRule);
  const connected = pairsOf(rules, host);
  if ('faults' in connected) return { faults: [...inexpressible, ...connected.faults] };
  if (inexpressible.length > 0) return { faults: inexpressible };
  const { pairs, left } = connected;
  const methods = pairs.flatMap((pair, at) => methodsOf(pair.rule).map((method) => ({ pair, method, at })));
  const connections = methods.map(({ pair, method, at }) =>
    connection(`rule${pair.ruleAt}-${pair.rule.name}-${at}-${method}`, pair, method, host),
  );
  const sixes = [...new Set(pairs.filter(({ peers }) => peers.family === 6).map(({ own }) => own))];
  if (sixes.length > 0) connections.push(neighbours(sixes));
  const keys = [...new Set(pairs.flatMap(({ rule }) => rule.preSharedKey ?? []))].toSorted();
  const secrets = keys.map((key) => secret(key, pairs, host));
  const lines = [
    '# Made by muster ipsec render from rules of IPsec: change the rules, not this file.',
    ...left.map((name) => `# Rule ${name} is not about this host.`),
    ...block('connections', connections.flat()),
    ...block('secrets', secrets.flat()),
  ];
  return { text: `${lines.join('\n')}\n`, connections: connections.length, keys, left };
}

function faultsOfRule({ keying }: IpsecRule, at: number): readonly IpsecFault[] {
  if (keying === 'ike') return [];
  const message =
    'AuthIP is Windows’ own, and strongSwan does not speak it: choose "ike" for what speaks with Linux hosts';
  return [{ path: `rules.${at}.keying`, message }];
}

type Method = 'certificate' | 'key';

/** The first is the one that this host calls with. */
const methodsOf = ({ certificate, preSharedKey }: IpsecRule): readonly Method[] => [
  ...(certificate === null ? [] : (['certificate'] as const)),
  ...(preSharedKey === null ? [] : (['key'] as const)),
];

type Lines = readonly string[];

const block = (name: string, lines: Lines): Lines => [`${name} {`, ...lines.map((line) => `  ${line}`), '}'];

function connection(name: string, pair: Pair, method: Method, host: SwanctlHost): Lines {
  const { rule, own, peers } = pair;
  const seconds = rule.ikeMinutes * 60;
  // An IKEv1 charon proposes the sum of the two as the lifetime.
  const overSeconds = Math.floor(seconds / 10);
  return block(name, [
    'version = 1',
    'aggressive = no',
    `local_addrs = ${own}`,
    `remote_addrs = ${spanText(peers)}`,
    `proposals = ${proposalsOf(rule).phase1.join(', ')}`,
    `reauth_time = ${seconds - overSeconds}s`,
    `over_time = ${overSeconds}s`,
    // NAT is found by itself; between two of them ESP has to be in UDP from the first packet.
    `encap = ${rule.natTraversal === 'both' ? 'yes' : 'no'}`,
    ...authentication(rule, method, host),
    ...block('children', childrenOf(name, pair, method)),
  ]);
}

/**
 * IPv6 finds a neighbour by packets that the policies would catch, and IKE cannot ask for keys before the neighbour is
 * found: those two kinds (RFC 4861) pass in clear. It leads to nobody, so that it is never taken for a caller's.
 */
function neighbours(own: readonly string[]): Lines {
  const children = own.flatMap((address, at) =>
    [135, 136].flatMap((type) =>
      block(`neighbours-${at}-${type}`, [
        'mode = pass',
        `local_ts = ${address}/128[58/${type}]`,
        `remote_ts = ::/0[58/${type}]`,
        'start_action = trap',
      ]),
    ),
  );
  return block('neighbours', ['remote_addrs = ::1', ...block('children', children)]);
}

function authentication({ certificate }: IpsecRule, method: Method, host: SwanctlHost): Lines {
  if (method === 'key' || certificate === null)
    return [...block('local', ['auth = psk']), ...block('remote', ['auth = psk'])];
  // What is said here holds for authorities too, which may have keys of another kind: so weak ones alone are kept out.
  const least = 'rsa-2048-ecdsa-256';
  return [
    ...block('local', ['auth = pubkey', `certs = ${quoted(host.certificates[certificate])}`]),
    ...block('remote', [`auth = ${least}`, `cacerts = ${quoted(host.authority)}`]),
  ];
}

/** One for each network: a quick mode of IKEv1 is about one on each side, and kernels know no ranges. */
function childrenOf(name: string, { rule, own, peers }: Pair, method: Method): Lines {
  const seconds = rule.ipsecMinutes * 60;
  const lines = [
    'mode = transport',
    `esp_proposals = ${proposalsOf(rule).phase2.join(', ')}`,
    `life_time = ${seconds}s`,
    `rekey_time = ${seconds - Math.floor(seconds / 10)}s`,
    // A trap makes the kernel ask for keys instead of sending in clear. For the key that is fallen back to there is none:
    // strongSwan calls with the one method that is trapped, and answers with either.
    `start_action = ${method === methodsOf(rule)[0] ? 'trap' : 'none'}`,
  ];
  // Without selectors they are the two addresses themselves, through NAT too.
  if (peers.first === peers.last) return block(name, lines);
  const width = isIP(own) === 4 ? 32 : 128;
  return networksOf(peers).flatMap((network, at) =>
    block(`${name}-${at}`, [...lines, `local_ts = ${own}/${width}`, `remote_ts = ${network}`]),
  );
}

/** Found by the addresses of whom it is for: in main mode nothing else is known when it is needed. */
function secret(key: string, pairs: readonly Pair[], { keyFolder }: SwanctlHost): Lines {
  const peers = pairs.filter(({ rule }) => rule.preSharedKey === key).map((pair) => spanText(pair.peers));
  return block(`ike-${key}`, [
    ...[...new Set(peers)].map((peer, at) => `id-${at} = ${peer}`),
    `include ${quoted(`${keyFolder}/${key}.conf`)}`,
  ]);
}

/** As a string of strongSwan's; the caller lets no control characters in. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, (letter) => `\\${letter}`)}"`;
