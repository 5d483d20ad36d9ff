import { expect, it } from 'vitest';
import { settingsCatalogue } from '#device/catalogue';
import { diffPolicies } from '#documents/policy-diff';
import { policyOf } from '#documents/policy-of';
import { exampleIpsecRule } from '#events/ipsec';
import type { Policy, PolicyIpsec, PolicyItem } from '#events/policy';

const item = (setting: string, more: Partial<PolicyItem>): PolicyItem => ({
  setting,
  required: false,
  severity: 'high',
  remediate: true,
  unsupported: 'ignore',
  ...more,
});
const before: Policy = {
  name: 'Base',
  description: '',
  items: [
    item('svc.telnet', {}),
    item('jobs.holdTimeoutMinutes', { required: 240 }),
    item('snmp.access', { required: 'v3Only' }),
    item('svc.lpd', {}),
  ],
};

it('says what changed from what to what, in words', () => {
  const after: Policy = {
    name: 'Base of the lobby',
    description: 'For visitors',
    items: [
      item('snmp.access', { required: 'v3Only', compare: 'oneOf', also: ['v1v2ReadOnly'], severity: 'low' }),
      item('svc.telnet', { remediate: false, unsupported: 'fail' }),
      item('jobs.holdTimeoutMinutes', { required: 60, compare: 'atMost' }),
      item('cert.daysLeft', { required: 31, compare: 'atLeast' }),
    ],
  };
  expect(diffPolicies(before, after, settingsCatalogue).map(({ text }) => text)).toEqual([
    'name: “Base” → “Base of the lobby”',
    'description: (empty) → “For visitors”',
    'SNMP access (snmp.access): required value SNMPv3 only → SNMPv3 only or SNMPv1 and v2c, read only',
    'SNMP access (snmp.access): severity high → low',
    'Telnet (svc.telnet): when it differs remediate → report only',
    'Telnet (svc.telnet): when not supported ignore → fail',
    'Held jobs are deleted after (jobs.holdTimeoutMinutes): required value 240 minutes → at most 60 minutes',
    'Certificate is valid for (cert.daysLeft): added, required at least 31 days',
    'LPD printing (svc.lpd): taken out, was Off',
  ]);
});

it('is empty for the same settings in another order', () => {
  const turned = { ...before, items: before.items.toReversed() };
  expect(diffPolicies(before, turned, settingsCatalogue)).toEqual([]);
});

it('a policy like a device has what the catalogue knows of it, and what cannot be set as a report', () => {
  const values = new Map<string, boolean | number | string>([
    ['svc.telnet', true],
    ['admin.passwordSet', true],
    ['svc.ipp', 'a value of tomorrow'],
    ['svc.gopher', true],
    ['jobs.holdTimeoutMinutes', 60],
  ]);
  const { name, items } = policyOf(values, 'Like PHB1', settingsCatalogue);
  expect(name).toBe('Like PHB1');
  expect(items).toMatchObject([
    { setting: 'svc.telnet', required: true, remediate: true },
    { setting: 'jobs.holdTimeoutMinutes', required: 60, remediate: true },
    { setting: 'admin.passwordSet', required: true, remediate: false },
  ]);
});

it('says what changed in the rules of IPsec, rule by rule', () => {
  const ipsec: PolicyIpsec = {
    severity: 'high',
    remediate: true,
    unsupported: 'ignore',
    rules: [exampleIpsecRule],
  };
  const lobby = { ...exampleIpsecRule, name: 'lobby', remote: '10.2.0.1', preSharedKey: null };
  const texts = (from: PolicyIpsec | undefined, to: PolicyIpsec | undefined): readonly string[] =>
    diffPolicies({ ...before, ipsec: from }, { ...before, ipsec: to }, settingsCatalogue).map(
      ({ text }) => text,
    );
  const rule =
    'print-servers: all with 10.1.0.10, 10.1.0.16/28, fd00:1::10; certificate ecdsa256, preSharedKey print-servers, strength strong, dh ecp256';
  expect(texts(undefined, ipsec)).toEqual([`IPsec rules: added, required ${rule}`]);
  expect(texts(ipsec, undefined)).toEqual([`IPsec rules: taken out, were ${rule}`]);
  const after: PolicyIpsec = {
    ...ipsec,
    remediate: false,
    rules: [lobby, { ...exampleIpsecRule, dh: 'ecp384', ikeMinutes: 60 }],
  };
  expect(texts(ipsec, after)).toEqual([
    'IPsec rules: when they differ remediate → report only',
    'IPsec rule added: lobby: all with 10.2.0.1; certificate ecdsa256, strength strong, dh ecp256',
    'IPsec rule print-servers: dh ecp256 → dh ecp384',
    'IPsec rule print-servers: ikeMinutes 480 → ikeMinutes 60',
  ]);
  expect(texts(after, { ...after, rules: [exampleIpsecRule] })).toContain(
    'IPsec rule taken out, was lobby: all with 10.2.0.1; certificate ecdsa256, strength strong, dh ecp256',
  );
  expect(texts(after, { ...after, rules: after.rules.toReversed() })).toEqual([]);
  const rest = { ...exampleIpsecRule, name: 'rest', remote: '10.0.0.0/8', certificate: null };
  const overlapping = { ...ipsec, rules: [lobby, exampleIpsecRule, rest] };
  expect(texts(overlapping, { ...ipsec, rules: [exampleIpsecRule, rest, lobby] })).toEqual([
    'IPsec rule rest: behind lobby → before lobby',
  ]);
});
