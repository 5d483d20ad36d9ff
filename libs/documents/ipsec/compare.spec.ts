import { describe, expect, it } from 'vitest';
import { saidIpsec, type SaidRule } from '#device/ipsec';
import { compareIpsec, wordsOf } from '#documents/ipsec/compare';
import { exampleIpsecRule } from '#events/ipsec';

const said = (...rules: readonly object[]): readonly SaidRule[] => saidIpsec.parse({ rules });

describe('a device’s rules of IPsec', () => {
  it('are as they should be, however their ends are typed', () => {
    const same = { ...exampleIpsecRule, remote: 'FD00:1::10,10.1.0.16-10.1.0.31,10.1.0.10', legacy: true };
    expect(compareIpsec([exampleIpsecRule], said(same))).toEqual([]);
  });

  it('differ by rule and field, weak ones with the reason', () => {
    const weak = { ...exampleIpsecRule, dh: 'dh2', exchange: 'aggressive', remote: 'all', keying: undefined };
    const { keying: _, ...spoken } = weak;
    const differences = compareIpsec([exampleIpsecRule], said(spoken, { name: 'guests', mode: 'tunnel' }));
    expect(differences.map(wordsOf)).toEqual([
      'print-servers: remote must be "10.1.0.10, 10.1.0.16/28, fd00:1::10"; the device has "all"',
      expect.stringMatching(/^print-servers: dh must be "ecp256"; the device has "dh2" \(.* is refused/),
      'print-servers: exchange must be "main"; the device has "aggressive"',
      'print-servers: keying must be "ike"; the device says nothing of it',
      'guests: the device has this rule, which is not asked for',
    ]);
  });

  it('are missed when they are not there, and one too many when they are there twice', () => {
    expect(compareIpsec([exampleIpsecRule], [])).toEqual([{ kind: 'missing', rule: 'print-servers' }]);
    expect(compareIpsec([exampleIpsecRule], said(exampleIpsecRule, exampleIpsecRule))).toEqual([
      { kind: 'extra', rule: 'print-servers' },
    ]);
  });

  it.each([
    ['10.1.0.10', '10.0.0.0/8'],
    ['10.1.0.10', 'all'],
    ['fd00::1', '10.9.0.1, fd00::/64'],
    ['10.1.0.10', 'DNS'],
  ])(
    'are used from the first on: one with %s must stand before one with %s, and not behind',
    (first, rest) => {
      const server = { ...exampleIpsecRule, name: 'server', remote: first, preSharedKey: null };
      const others = { ...exampleIpsecRule, name: 'rest', remote: rest, certificate: null };
      const inOrder = [server, others];
      expect(compareIpsec(inOrder, said(...inOrder))).toEqual([]);
      const turned = compareIpsec(inOrder, said(...inOrder.toReversed()));
      expect(turned).toEqual([{ kind: 'order', rule: 'server', before: 'rest' }]);
      expect(turned.map(wordsOf)).toEqual([
        'server: must stand before rest, as some traffic is meant by both and the first of them is used; the device has it behind',
      ]);
      expect(compareIpsec(inOrder, said(others))).toEqual([{ kind: 'missing', rule: 'server' }]);
    },
  );

  it.each([
    ['remote', '10.1.0.10', '10.1.0.11-10.1.0.20'],
    ['remote', '10.1.0.10', 'fd00::/8'],
    ['local', '10.2.0.0/24', '10.2.1.0/24'],
  ])('may stand in any order with %s %s and %s', (end, one, other) => {
    const rules = [
      { ...exampleIpsecRule, name: 'one', remote: 'all', [end]: one },
      { ...exampleIpsecRule, name: 'other', remote: 'all', [end]: other },
    ];
    expect(compareIpsec(rules, said(...rules.toReversed()))).toEqual([]);
  });

  it.each([
    ['no name', [{ local: 'all' }]],
    ['a value within a value', [{ name: 'a', local: {} }]],
    ['control characters', [{ name: 'a\u0000' }]],
    ['201 rules', Array.from({ length: 201 }, () => ({ name: 'a' }))],
    ['65 fields', [Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`name${at}`, 1]))]],
  ])('are not believed with %s', (_, rules) => {
    expect(saidIpsec.safeParse({ rules }).success).toBe(false);
  });
});
