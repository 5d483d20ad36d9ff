import { describe, expect, it } from 'vitest';
import type { Setback } from '#device/device';
import { saidIpsec } from '#device/ipsec';
import {
  combineIpsec,
  ipsecText,
  isToBePut,
  judgeIpsec,
  verifyIpsec,
  type RequiredIpsec,
  type SaidRules,
} from '#documents/ipsec/item';
import { exampleIpsecRule } from '#events/ipsec';

const says = (...rules: readonly object[]): SaidRules => ({
  kind: 'answered',
  value: saidIpsec.parse({ rules }),
});
const required: RequiredIpsec = {
  policyId: 'office',
  severity: 'high',
  remediate: true,
  unsupported: 'ignore',
  rules: [exampleIpsecRule],
};
const weak = says({ ...exampleIpsecRule, dh: 'dh2' });
const setback = (kind: 'unsupported' | 'denied', reason = 'why'): Setback => ({ kind, reason });

describe('rules of IPsec as an item of a policy', () => {
  it.each<[string, Partial<RequiredIpsec>, SaidRules, object]>([
    [
      'are as they should be',
      {},
      says(exampleIpsecRule),
      { outcome: 'compliant', detail: null, driver: 'api' },
    ],
    [
      'differ',
      {},
      weak,
      { outcome: 'nonCompliant', detail: expect.stringContaining('dh must be "ecp256"') as unknown },
    ],
    [
      'differ, and are only reported',
      { remediate: false },
      says(),
      {
        outcome: 'nonCompliant',
        detail: 'the policy only reports it: print-servers: the device has no such rule',
      },
    ],
    [
      'are more than they should be',
      { rules: [] },
      says({ name: 'guests' }),
      {
        outcome: 'nonCompliant',
        required: 'none',
        detail: 'guests: the device has this rule, which is not asked for',
      },
    ],
    [
      'stand in another order than they must be used in',
      { rules: [exampleIpsecRule, { ...exampleIpsecRule, name: 'rest', remote: 'all' }] },
      says({ ...exampleIpsecRule, name: 'rest', remote: 'all' }, exampleIpsecRule),
      {
        outcome: 'nonCompliant',
        detail: expect.stringMatching(/^print-servers: must stand before rest/) as unknown,
      },
    ],
    [
      'are none on the device',
      {},
      setback('unsupported'),
      { outcome: 'unsupported', before: null, driver: null },
    ],
    [
      'are none, and the policy demands them',
      { unsupported: 'fail' },
      setback('unsupported'),
      { outcome: 'unsupported', unsupported: 'fail', detail: expect.stringContaining('demands') as unknown },
    ],
    ['cannot be read', {}, setback('denied'), { outcome: 'failed', detail: 'they could not be read: why' }],
  ])('%s', (_, more, said, result) => {
    expect(judgeIpsec({ ...required, ...more }, said)).toMatchObject({ setting: 'ipsec.rules', ...result });
  });

  it('are judged again once they were written', () => {
    const before = judgeIpsec(required, weak);
    expect(isToBePut(required, before)).toBe(true);
    expect(isToBePut({ ...required, remediate: false }, before)).toBe(false);
    const again = (said: SaidRules, refused: string | null = null, unwritten: string | null = null) =>
      verifyIpsec(before, required, { said, refused, unwritten });
    expect(again(says(exampleIpsecRule))).toMatchObject({
      outcome: 'remediated',
      detail: null,
      after: before.required,
    });
    expect(again(weak)).toMatchObject({
      outcome: 'nonCompliant',
      detail: expect.stringMatching(/^it took them, but when read again print-servers: dh/) as unknown,
    });
    expect(again(weak, 'rules.0.dh: no').detail).toMatch(
      /^the device refused them: rules\.0\.dh: no; print-servers/,
    );
    expect(again(weak, null, 'it is off')).toMatchObject({ outcome: 'nonCompliant', detail: 'it is off' });
    expect(again(setback('denied'))).toMatchObject({ outcome: 'failed', after: null });
  });

  it('of several policies are those of the last that has any', () => {
    const { policyId: _, ...ipsec } = required;
    const policies = [
      { policyId: 'a', body: { ipsec } },
      { policyId: 'b', body: { ipsec: { ...ipsec, rules: [] } } },
      { policyId: 'c', body: {} },
    ];
    expect(combineIpsec(policies)).toMatchObject({ policyId: 'b', rules: [] });
    expect(combineIpsec(policies.slice(2))).toBeNull();
  });

  it('have a text for people, never the same for two lists', () => {
    expect(ipsecText([])).toBe('none');
    expect(ipsecText([exampleIpsecRule])).toBe(
      'print-servers: all with 10.1.0.10, 10.1.0.16/28, fd00:1::10; certificate ecdsa256, preSharedKey print-servers, strength strong, dh ecp256',
    );
    const many = Array.from({ length: 20 }, (__, at) => ({ ...exampleIpsecRule, name: `rule-${at}` }));
    const [one, other] = [many, many.with(19, { ...exampleIpsecRule, name: 'rule-x' })].map(ipsecText);
    expect(one?.length).toBeLessThanOrEqual(1_024);
    expect(one).not.toBe(other);
  });
});
