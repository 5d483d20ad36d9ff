// What is rendered is loaded by strongSwan itself, every combination of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Charon, whyNoCharon } from '../../../test/ipsec/charon.js';
import { writePeer } from '../../../test/ipsec/peer.js';
import { checkIpsec } from '#documents/ipsec';
import { endpointNames } from '#documents/ipsec/endpoints';
import { renderSwanctl, type SwanctlHost } from '#documents/ipsec/swanctl';
import { ipsecGroups, ipsecRulesMax, ipsecSignatures, ipsecStrengths, type IpsecRule } from '#events/ipsec';

const host: SwanctlHost = {
  end: 'host',
  own: ['10.9.0.1', 'fd09::1'].map((address) => ({ address, seenAs: address })),
  names: new Map(),
  certificates: {
    ecdsa256: 'muster-ecdsa256.pem',
    ecdsa384: 'muster-ecdsa384.pem',
    rsa: 'muster-rsa.pem',
  },
  authority: 'muster-ca.pem',
  keyFolder: 'muster-keys',
};

function ruleOf(said: object): IpsecRule {
  const checked = checkIpsec({
    rules: [{ name: 'office', local: '10.9.0.2', remote: 'all', strength: 'strong', dh: 'ecp256', ...said }],
  });
  if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
  const [rule] = checked.rules;
  if (!rule) throw new Error('no rule');
  return rule;
}

function textOf(rules: readonly IpsecRule[], view: Partial<SwanctlHost> = {}) {
  const made = renderSwanctl(rules, { ...host, ...view });
  if ('faults' in made) throw new Error(JSON.stringify(made.faults));
  return made;
}

describe('a configuration for strongSwan', () => {
  it('says of one rule what the rule says', () => {
    const rule = ruleOf({ certificate: 'ecdsa256', preSharedKey: 'office', dhPhase2: 'ecp384' });
    const { text, connections, keys } = textOf([rule]);
    expect({ connections, keys }).toEqual({ connections: 2, keys: ['office'] });
    for (const part of [
      'version = 1',
      'aggressive = no',
      'local_addrs = 10.9.0.1',
      'remote_addrs = 10.9.0.2',
      'proposals = aes256-sha384-ecp256, aes256-sha256-ecp256',
      'reauth_time = 25920s',
      'over_time = 2880s',
      'auth = rsa-2048-ecdsa-256',
      'mode = transport',
      'esp_proposals = aes256gcm16-ecp384, aes128gcm16-ecp384, aes256-sha256-ecp384',
      'life_time = 3600s',
      'start_action = trap',
      'start_action = none',
      'id-0 = 10.9.0.2',
      'include "muster-keys/office.conf"',
    ])
      expect(text).toContain(part);
  });

  it('of the device’s own end is the other way round', () => {
    const rule = ruleOf({ preSharedKey: 'office', remote: '10.9.0.1' });
    const own = [{ address: '10.9.0.2', seenAs: '10.9.0.2' }];
    expect(textOf([rule], { end: 'device', own }).text).toMatch(
      /local_addrs = 10\.9\.0\.2\n +remote_addrs = 10\.9\.0\.1\n/,
    );
  });

  it('leaves out rules about other hosts, and names them', () => {
    const rules = [
      ruleOf({ preSharedKey: 'office', remote: '10.9.0.7' }),
      ruleOf({ preSharedKey: 'office', local: 'fd09::2', remote: '10.9.0.0/24' }),
    ];
    expect(textOf(rules)).toMatchObject({ connections: 0, left: ['office', 'office'] });
  });

  it('behind NAT is of the address that the device does not see', () => {
    const rule = ruleOf({ preSharedKey: 'office', remote: '203.0.113.7', natTraversal: 'remote' });
    const { text } = textOf([rule], { own: [{ address: '192.168.9.2', seenAs: '203.0.113.7' }] });
    expect(text).toContain('local_addrs = 192.168.9.2');
  });

  it('has what names stand for, when it was told', () => {
    const rule = ruleOf({ preSharedKey: 'office', local: 'LocalSubnet', remote: 'DNS, 10.8.0.1' });
    const names = new Map([
      ['LocalSubnet', '10.9.7.0/24'],
      ['DNS', '10.9.0.0/30'],
    ] as const);
    expect(textOf([rule], { names }).text).toContain('remote_ts = 10.9.7.0/24');
  });

  it.each<[string, Pick<SwanctlHost, 'end' | 'own'>]>([
    ['the host', host],
    ['the device', { end: 'device', own: host.own }],
  ])('between all and all is about %s, whomever the other end of it is said to be', (_, { end, own }) => {
    const rule = ruleOf({ preSharedKey: 'office', local: 'all' });
    const { text, left } = textOf([rule], { end, own, names: new Map([['all', '10.1.2.0/24']]) });
    expect(left).toEqual([]);
    expect(text.match(/local_addrs = .*/g)).toEqual(['local_addrs = 10.9.0.1']);
    expect(text.match(/remote_ts = .*/g)).toEqual(['remote_ts = 10.1.2.0/24']);
  });

  it.each<[string, object, Partial<SwanctlHost>, string, RegExp]>([
    ['AuthIP', { keying: 'authip' }, {}, 'rules.0.keying', /strongSwan does not speak it/],
    ['a name without a value', { local: 'DHCP' }, {}, 'rules.0.local', /--name DHCP=/],
    ['a name of its own end', { remote: 'DefaultGateway' }, {}, 'rules.0.remote', /--name DefaultGateway=/],
    ['everybody as the other end', { local: 'all' }, {}, 'rules.0.local', /--name all=/],
    ['a value that is none', { local: 'DNS' }, { names: new Map([['DNS', 'x']]) }, 'names.DNS', /neither/],
    ['a name for a name', { local: 'DNS' }, { names: new Map([['DNS', 'DHCP']]) }, 'names.DNS', /not names/],
    ['no address of its own', {}, { own: [] }, 'own', /1 to 8/],
    ['no address at all', {}, { own: [{ address: 'x', seenAs: 'x' }] }, 'own', /no address/],
    [
      'NAT from one kind to the other',
      {},
      { own: [{ address: '10.9.0.1', seenAs: 'fd09::1' }] },
      'own',
      /not of one kind/,
    ],
  ])('is refused for %s, with the reason', (_, said, view, path, message) => {
    const made = renderSwanctl([ruleOf({ preSharedKey: 'office', ...said })], { ...host, ...view });
    expect(made).toMatchObject({
      faults: expect.arrayContaining([{ path, message: expect.stringMatching(message) }]),
    });
  });

  it('is refused when a caller could be meant by two rules', () => {
    const rules = [
      ruleOf({ preSharedKey: 'office', local: '10.9.0.0/25' }),
      ruleOf({ name: 'one', preSharedKey: 'office', local: '10.9.0.100' }),
    ];
    expect(renderSwanctl(rules, host)).toMatchObject({
      faults: [{ path: 'rules.1.local', message: expect.stringContaining('in rule 0 (office) too') }],
    });
  });
});

const ways = [
  { preSharedKey: 'office' },
  ...ipsecSignatures.flatMap((certificate) => [{ certificate }, { certificate, preSharedKey: 'office' }]),
];
const groups = ipsecStrengths.flatMap((strength) =>
  ipsecGroups.flatMap((dh) =>
    [null, ...ipsecGroups].map((dhPhase2) => {
      const legacy = dh === 'dh24' || dhPhase2 === 'dh24';
      return { strength, dh, dhPhase2, legacy };
    }),
  ),
);
const lifetimes = [
  { ikeMinutes: 480, ipsecMinutes: 60 },
  { ikeMinutes: 60, ipsecMinutes: 30, natTraversal: 'both' },
];
/** @param at of the rule in its set: no two of a set have an address in common */
const endings = [
  (at: number) => `10.1.${at}.7`,
  (at: number) => `10.1.${at}.7-10.1.${at}.18`,
  (at: number) => `10.1.${at}.0/24`,
  (at: number) => `fd01:${at}::7, fd01:${at}:1::/64`,
  (at: number) => `10.1.${at}.7, 10.1.${at}.9, fd01:${at}::/64`,
];

/** Every rule of these groups that is taken, by every way, lifetime and kind of endpoint. */
function* everySet(of: readonly object[], size = ipsecRulesMax): Generator<readonly IpsecRule[]> {
  let set: IpsecRule[] = [];
  for (const way of ways)
    for (const group of of)
      for (const lifetime of lifetimes)
        for (const ending of endings) {
          const at = set.length;
          const said = { ...way, ...group, ...lifetime, name: `r${at}`, local: ending(at), remote: 'all' };
          const checked = checkIpsec({ rules: [said] });
          if ('faults' in checked) continue;
          set.push(...checked.rules);
          if (set.length < size) continue;
          yield set;
          set = [];
        }
  if (set.length > 0) yield set;
}

type Seen = readonly [set: readonly IpsecRule[], view: Partial<SwanctlHost>];
const named = [...endpointNames, 'all'] as const;
const nat = new Map([
  ['10.9.0.1', '192.168.9.2'],
  ['fd09::1', 'fd00:9::2'],
]);
/** The same set as another host has it, with what is its own there. */
const views: readonly (readonly [string, (set: readonly IpsecRule[]) => Seen])[] = [
  [
    'at the device’s end',
    (set) => [set.map((rule) => ({ ...rule, local: 'all', remote: rule.local })), { end: 'device' }],
  ],
  [
    'behind NAT',
    (set) => [
      set.map((rule) => ({ ...rule, natTraversal: rule.natTraversal === 'off' ? 'remote' : 'both' })),
      { own: [...nat].map(([seenAs, address]) => ({ address, seenAs })) },
    ],
  ],
  [
    'told what names stand for',
    (set) => [
      set.map((rule, at) => ({ ...rule, local: named[at] ?? '' })),
      { names: new Map(set.flatMap(({ local }, at) => (named[at] ? [[named[at], local]] : []))) },
    ],
  ],
];

const why = whyNoCharon();
describe.skipIf(why !== null)(`strongSwan${why === null ? '' : `, skipped: ${why}`}`, () => {
  let charon: Charon;
  beforeAll(async () => {
    charon = await Charon.start();
    writePeer(charon.path(), { subject: 'host', keys: { office: 'a key of this test' } });
  });
  afterAll(() => charon.stop());
  /** What it has loaded, with an outer address as the inner one; in no order of its own. */
  const listed = (inners = new Map<string, string>()): readonly string[] => {
    let { said } = charon.ask('--list-conns');
    for (const [outer, inner] of inners) said = said.replaceAll(outer, inner);
    return said.split(/^(?=\S)/m).toSorted();
  };

  it('loads every rule that is taken, by every way, group, lifetime and kind of endpoint', () => {
    let rules = 0;
    for (const set of everySet(groups)) {
      const { text, connections } = textOf(set);
      expect(text).not.toMatch(/\b(?:3?des|md5|sha1|modp(?:768|1024|1536))\b/);
      const loaded = charon.load(text);
      expect(loaded.said).toContain(`successfully loaded ${connections} connections, `);
      expect(loaded.connections).toBe(connections);
      rules += set.length;
    }
    // Of groups for both phases, 20 pairs go with baseline, 6 with strong, 2 with highest.
    expect(rules).toBe(ways.length * 28 * lifetimes.length * endings.length);
  });

  it.each(views)('understands them %s as those of the host itself', (_, seen) => {
    const group = { strength: 'strong', dh: 'ecp256', dhPhase2: 'ecp384' };
    let rules = 0;
    for (const set of everySet([group], named.length)) {
      charon.load(textOf(set).text);
      const [other, view] = seen(set);
      const understood = listed(view.own ? nat : undefined);
      const checked = checkIpsec({ rules: other });
      if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
      const { text, connections } = textOf(checked.rules, view);
      expect(charon.load(text).connections).toBe(connections);
      expect(listed()).toEqual(understood);
      rules += set.length;
    }
    expect(rules).toBe(ways.length * lifetimes.length * endings.length);
  });

  it('understands them as main mode of IKEv1 and ESP in transport mode, with both methods and the key', () => {
    const { text } = textOf([ruleOf({ certificate: 'ecdsa384', preSharedKey: 'office' })]);
    expect(charon.load(text).said).toContain("loaded ike secret 'ike-office'");
    const { said } = charon.ask('--list-conns');
    expect(said).toMatch(/: IKEv1, /);
    expect(said.match(/: TRANSPORT, rekeying every 3240s/g)).toHaveLength(2);
    expect(said).toContain('pre-shared key authentication');
    expect(said).toMatch(/remote public key authentication/);
  });

  it('does not load what is not in order, and would load DES: what is weak is ours to refuse', () => {
    const { text, connections } = textOf([ruleOf({ preSharedKey: 'office' })]);
    expect(charon.load(text.replaceAll('aes256-sha256', 'aes256-sha257')).connections).toBe(0);
    expect(charon.load(text.slice(0, text.lastIndexOf('}'))).connections).toBe(0);
    expect(
      charon.load(textOf([ruleOf({ certificate: 'rsa' })], { authority: 'gone.pem' }).text),
    ).toMatchObject({ connections: 0, said: expect.stringContaining('gone.pem') });
    const weak = text.replaceAll(/proposals = .*/g, 'proposals = des-md5-modp768');
    expect(charon.load(weak).connections).toBe(connections);
  });

  it('says so when a key is not there', () => {
    const { text } = textOf([ruleOf({ preSharedKey: 'elsewhere' })]);
    expect(charon.load(text).said).toContain("missing secret in 'ike-elsewhere'");
  });
});
