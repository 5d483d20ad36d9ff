// What two peers are given, and what must be seen of them.
import { checkIpsec } from '#documents/ipsec';
import { renderSwanctl } from '#documents/ipsec/swanctl';
import type { IpsecRule, IpsecSignature } from '#events/ipsec';

export interface WireCase {
  readonly name: string;
  /** Of the one rule, beside what all have in common. */
  readonly rule: object;
  /** What the device's own rule has otherwise. */
  readonly deviceRule?: object;
  /** Who speaks first. */
  readonly caller?: 'host' | 'device';
  readonly nat?: boolean;
  readonly six?: boolean;
  /** Certificates that the device has; without it all of them. */
  readonly deviceKinds?: readonly IpsecSignature[];
  /** The device's certificates are of an authority that the host does not know. */
  readonly stranger?: boolean;
  /** The device has another key than the host. */
  readonly otherKey?: boolean;
  readonly expected: Expected | Refusal;
}

/** Nothing passes, and this is why. */
export interface Refusal {
  /** Who knows it: mostly who was called. */
  readonly by: 'host' | 'device';
  /** In its log. */
  readonly because: RegExp;
}

export const isRefusal = (expected: Expected | Refusal): expected is Refusal => 'because' in expected;

export interface Expected {
  /** Numbers of IKE (IANA ipsec-registry): authentication method, group. */
  readonly method: number;
  readonly group: number;
  readonly ikeSeconds?: number;
  readonly ipsecSeconds?: number;
  /** ESP in UDP, port 4500. */
  readonly udp?: boolean;
}

const [key, rsa, ecdsa256, ecdsa384] = [1, 3, 9, 10];
const office = { preSharedKey: 'office' };

export const cases: readonly WireCase[] = [
  {
    name: 'key, group 14, baseline',
    rule: { ...office, strength: 'baseline', dh: 'dh14' },
    expected: { method: key, group: 14 },
  },
  {
    name: 'key, group 24, legacy',
    rule: { ...office, strength: 'baseline', dh: 'dh24', legacy: true },
    expected: { method: key, group: 24 },
  },
  {
    name: 'key, P-256, strong, other lifetimes',
    rule: { ...office, ikeMinutes: 120, ipsecMinutes: 15 },
    expected: { method: key, group: 19, ikeSeconds: 7_200, ipsecSeconds: 900 },
  },
  {
    name: 'key, P-384, highest, a group in phase 2',
    rule: { ...office, strength: 'highest', dh: 'ecp384', dhPhase2: 'ecp384' },
    expected: { method: key, group: 20 },
  },
  {
    name: 'certificate ECDSA-256, IPv6',
    rule: { certificate: 'ecdsa256' },
    six: true,
    expected: { method: ecdsa256, group: 19 },
  },
  {
    name: 'certificate ECDSA-384',
    rule: { certificate: 'ecdsa384', strength: 'highest', dh: 'ecp384' },
    expected: { method: ecdsa384, group: 20 },
  },
  {
    name: 'certificate RSA',
    rule: { certificate: 'rsa', strength: 'baseline', dh: 'dh14' },
    expected: { method: rsa, group: 14 },
  },
  {
    name: 'certificate first, where both have one',
    rule: { certificate: 'ecdsa256', ...office },
    expected: { method: ecdsa256, group: 19 },
  },
  {
    name: 'fallback: the device calls, and has the key alone',
    rule: { certificate: 'ecdsa256', ...office },
    deviceRule: { certificate: null },
    caller: 'device',
    deviceKinds: [],
    expected: { method: key, group: 19 },
  },
  {
    name: 'the device by its network, from where it calls',
    rule: { certificate: 'ecdsa256', local: '10.9.0.2-10.9.0.9' },
    deviceRule: { local: '10.9.0.2' },
    expected: { method: ecdsa256, group: 19 },
  },
  {
    name: 'NAT-T at both ends: ESP in UDP from the first packet',
    rule: { certificate: 'ecdsa256', natTraversal: 'both' },
    expected: { method: ecdsa256, group: 19, udp: true },
  },
  {
    name: 'NAT-T at the remote end, through a NAT',
    rule: { certificate: 'ecdsa256', natTraversal: 'remote' },
    nat: true,
    expected: { method: ecdsa256, group: 19, udp: true },
  },
  {
    name: 'refused: another key',
    rule: office,
    otherKey: true,
    expected: { by: 'device', because: /could not decrypt payloads/ },
  },
  {
    name: 'refused: another authority',
    rule: { certificate: 'ecdsa256' },
    stranger: true,
    expected: { by: 'device', because: /no issuer certificate found for "CN=host ecdsa256"/ },
  },
  {
    name: 'refused: RSA where ECDSA-384 is the rule',
    rule: { certificate: 'ecdsa384' },
    deviceRule: { certificate: 'rsa' },
    caller: 'device',
    expected: { by: 'host', because: /no RSA private key found for 'CN=host ecdsa384'/ },
  },
  {
    name: 'refused: weaker than the minimum',
    rule: { ...office, strength: 'highest', dh: 'ecp384' },
    deviceRule: { strength: 'baseline', dh: 'dh14' },
    caller: 'device',
    expected: { by: 'host', because: /no proposal found/ },
  },
];

const common = { name: 'wire', strength: 'strong', dh: 'ecp256' };

/** The configuration of one end. */
export function configurationOf({ rule, deviceRule, nat, six }: WireCase, end: 'host' | 'device'): string {
  const addresses = six ? { local: 'fd09::2', remote: 'fd09::1' } : { local: '10.9.0.2', remote: '10.9.0.1' };
  const said = { ...common, ...addresses, ...rule, ...(end === 'device' ? deviceRule : {}) };
  const made = renderSwanctl([checked(said)], {
    end,
    own: [ownAddress(end === 'device' ? addresses.local : addresses.remote, end === 'host' && nat === true)],
    names: new Map(),
    certificates: {
      ecdsa256: 'muster-ecdsa256.pem',
      ecdsa384: 'muster-ecdsa384.pem',
      rsa: 'muster-rsa.pem',
    },
    authority: 'muster-ca.pem',
    keyFolder: 'muster-keys',
  });
  if ('faults' in made) throw new Error(JSON.stringify(made.faults));
  return made.text;
}

const ownAddress = (seenAs: string, nat: boolean) => ({ address: nat ? '192.168.9.2' : seenAs, seenAs });

function checked(said: object): IpsecRule {
  const result = checkIpsec({ rules: [said] });
  const [rule] = 'rules' in result ? result.rules : [];
  if (!rule) throw new Error(JSON.stringify(result));
  return rule;
}
