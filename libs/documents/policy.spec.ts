import { describe, expect, it } from 'vitest';
import { settingsCatalogue } from '#device/catalogue';
import {
  combine,
  compare,
  compliant,
  validatePolicy,
  verify,
  writesFor,
  type AppliedPolicy,
} from '#documents/policy';
import { policyTemplates } from '#documents/templates';
import type { SettingValue } from '#events/device-setting';
import { policyBody, type Policy, type PolicyItem } from '#events/policy';

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const item = (setting: string, required: SettingValue, more: Partial<PolicyItem> = {}): PolicyItem => ({
  setting,
  required,
  severity: 'high',
  remediate: true,
  unsupported: 'ignore',
  ...more,
});
const policy = (...items: readonly PolicyItem[]): Policy => ({
  name: 'Test',
  description: '',
  items: [...items],
});
const applied = (policyId: string, ...items: readonly PolicyItem[]): AppliedPolicy => ({
  policyId,
  version: 1,
  body: policy(...items),
});

describe('a policy', () => {
  it.each<[string, PolicyItem, RegExp]>([
    ['an unknown setting', item('svc.gopher', false), /svc\.gopher is no setting.*remove it/],
    ['text for true or false', item('svc.telnet', 'off'), /"off": it must be true or false/],
    ['an unknown choice', item('svc.ipp', 'plain'), /must be one of off, ippsOnly, both, ippOnly/],
    ['a number beyond its limits', item('jobs.holdTimeoutMinutes', 10_081), /from 0 to 10080/],
    ['half a minute', item('jobs.holdTimeoutMinutes', 0.5), /whole number/],
    ['true for a number', item('jobs.holdTimeoutMinutes', true), /whole number/],
    ['a minimum of what has none', item('svc.telnet', false, { compare: 'atLeast' }), /only by equals$/],
    ['an order of choices without one', item('svc.ipp', 'both', { compare: 'atMost' }), /equals, oneOf$/],
    ['one of nothing', item('svc.ipp', 'both', { compare: 'oneOf' }), /name in `also` what is as good/],
    ['values nobody looks at', item('svc.ipp', 'both', { also: ['off'] }), /only oneOf looks at/],
    [
      'a wrong value besides',
      item('svc.ipp', 'both', { compare: 'oneOf', also: ['no'] }),
      /is "no": it must/,
    ],
  ])('is refused with %s, saying what to do', (_, wrong, message) => {
    const faults = validatePolicy(policy(item('svc.ftp', false), wrong), settingsCatalogue);
    expect(faults).toMatchObject([{ item: 1, setting: wrong.setting, message: matching(message) }]);
  });

  it('is refused when it names a setting twice; every fault is listed', () => {
    const faults = validatePolicy(
      policy(item('svc.ftp', false), item('svc.ftp', true), item('svc.lpd', 1)),
      settingsCatalogue,
    );
    expect(faults.map((fault) => fault.item)).toEqual([1, 2]);
  });

  it.each(policyTemplates)('template $id has no fault', ({ body }) => {
    expect(policyBody.parse(body)).toEqual(body);
    expect(validatePolicy(body, settingsCatalogue)).toEqual([]);
  });

  it('Muster Base has at least 14 settings, all of which can be set', () => {
    const base = policyTemplates.find(({ id }) => id === 'base')?.body.items ?? [];
    expect(base.length).toBeGreaterThanOrEqual(14);
    expect(base.filter(({ setting }) => settingsCatalogue.get(setting)?.readOnly)).toEqual([]);
  });
});

describe('the catalogue', () => {
  it('has at least 24 settings whose recommended value is one they can have', () => {
    expect(settingsCatalogue.size).toBeGreaterThanOrEqual(24);
    const everything = [...settingsCatalogue.values()].map(({ key, recommended }) => item(key, recommended));
    expect(validatePolicy(policy(...everything), settingsCatalogue)).toEqual([]);
  });
});

describe('a value', () => {
  const least: Partial<PolicyItem> = { compare: 'atLeast' };
  const most: Partial<PolicyItem> = { compare: 'atMost' };
  it.each<[string, PolicyItem, readonly SettingValue[], readonly SettingValue[]]>([
    [
      'at most some minutes, and not for ever',
      item('jobs.holdTimeoutMinutes', 240, most),
      [1, 240],
      [241, 0],
    ],
    ['at least some minutes, or for ever', item('jobs.holdTimeoutMinutes', 240, least), [240, 0], [239]],
    ['for ever, at most', item('jobs.holdTimeoutMinutes', 0, most), [0, 10_080], []],
    ['at least some days', item('cert.daysLeft', 31, least), [31, 400], [30, 0, -3]],
    ['at least so strong', item('tls.strength', 'medium', least), ['medium', 'high'], ['low', 'unheard of']],
    ['at most so strong', item('tls.oldestVersion', 'TLSv1.1', most), ['SSLv3', 'TLSv1.1'], ['TLSv1.2']],
    [
      'of a version at least',
      item('fw.version', '2409059_049235', least),
      ['2409059_049235', '2409059_49236', '2511123_083214'],
      ['2409059', '2309059_999999', '', 7],
    ],
    ['of any version', item('fw.version', '', least), ['', 'A1'], []],
    [
      'one of several',
      item('snmp.access', 'v3Only', { compare: 'oneOf', also: ['v1v2ReadOnly'] }),
      ['v3Only', 'v1v2ReadOnly'],
      ['v1v2ReadWrite'],
    ],
    ['the same', item('jobs.holdTimeoutMinutes', 240), [240], [239, 241, '240']],
  ])('%s', (_, required, good, bad) => {
    const requirements = combine([applied('base', required)]);
    const outcomes = (values: readonly SettingValue[]) =>
      values.map((value) => {
        const values = new Map([[required.setting, value]]);
        return compare(requirements, { values, failed: new Map() }, settingsCatalogue)[0]?.outcome;
      });
    expect(outcomes(good)).toEqual(good.map(() => 'compliant'));
    expect(outcomes(bad)).toEqual(bad.map(() => 'nonCompliant'));
  });

  it('is put right by what is required, and right again with any that is as good', () => {
    const requirements = combine([applied('base', item('jobs.holdTimeoutMinutes', 200, most))]);
    const before = new Map([['jobs.holdTimeoutMinutes', 0]]);
    const results = compare(requirements, { values: before, failed: new Map() }, settingsCatalogue);
    expect(results).toMatchObject([{ required: 200, compare: 'atMost', outcome: 'nonCompliant' }]);
    expect(writesFor(requirements, results, settingsCatalogue)).toEqual(
      new Map([['jobs.holdTimeoutMinutes', 200]]),
    );
    const again = (minutes: number) => ({
      reading: { values: new Map([['jobs.holdTimeoutMinutes', minutes]]), failed: new Map<string, string>() },
      refused: new Map<string, string>(),
      unanswered: new Map<string, string>(),
      unwritten: null,
    });
    // Some devices know a few values alone, and take the nearest.
    const after = verify(results, again(60));
    expect(after).toMatchObject([{ after: 60, outcome: 'remediated', detail: null }]);
    expect(verify(results, again(240))).toMatchObject([{ outcome: 'nonCompliant' }]);
  });
});

describe('several policies', () => {
  it('are one: the last that names a setting decides it, and it is written once', () => {
    const both = combine([
      applied('base', item('svc.telnet', false), item('svc.lpd', false)),
      applied('lobby', item('svc.lpd', true), item('svc.ftp', false)),
    ]);
    expect(both.map(({ setting, required, policyId }) => [setting, required, policyId])).toEqual([
      ['svc.telnet', false, 'base'],
      ['svc.lpd', true, 'lobby'],
      ['svc.ftp', false, 'lobby'],
    ]);
  });
});

describe('a device against a policy', () => {
  const requirements = combine([
    applied(
      'base',
      item('svc.ftp', false),
      item('svc.telnet', false),
      item('svc.lpd', false, { remediate: false }),
      item('admin.passwordSet', true),
      item('snmp.access', 'v3Only'),
      item('tls.strength', 'high'),
      item('wifi.direct', false),
      item('panel.lock', true, { unsupported: 'fail' }),
    ),
  ]);
  const values = new Map<string, SettingValue>([
    ['svc.ftp', false],
    ['svc.telnet', true],
    ['svc.lpd', true],
    ['admin.passwordSet', false],
    ['snmp.access', 'v1v2ReadWrite'],
    ['tls.strength', 'low'],
  ]);
  const compared = compare(requirements, { values, failed: new Map() }, settingsCatalogue);

  it('each setting has one outcome', () => {
    expect(Object.fromEntries(compared.map(({ setting, outcome }) => [setting, outcome]))).toEqual({
      'svc.ftp': 'compliant',
      'svc.telnet': 'nonCompliant',
      'svc.lpd': 'nonCompliant',
      'admin.passwordSet': 'nonCompliant',
      'snmp.access': 'nonCompliant',
      'tls.strength': 'nonCompliant',
      'wifi.direct': 'unsupported',
      'panel.lock': 'unsupported',
    });
  });

  it('only what differs and may be set is written (R61)', () => {
    const writes = writesFor(requirements, compared, settingsCatalogue);
    expect(Object.fromEntries(writes)).toEqual({
      'svc.telnet': false,
      'snmp.access': 'v3Only',
      'tls.strength': 'high',
    });
  });

  it('what a device says is cut between characters', () => {
    const text = `a${'😀'.repeat(400)}`;
    const reading = { values: new Map(values), failed: new Map([['svc.telnet', text]]) };
    reading.values.delete('svc.telnet');
    const results = verify(compared, { reading, refused: new Map(), unanswered: new Map(), unwritten: null });
    const { detail } = results.find(({ setting }) => setting === 'svc.telnet') ?? { detail: null };
    expect(detail?.length).toBeLessThanOrEqual(512);
    expect(detail).not.toMatch(/\p{Cs}/u);
  });

  it('what was read again decides, not what was written', () => {
    const after = new Map([...values, ['svc.telnet', false], ['tls.strength', 'high']] as [
      string,
      SettingValue,
    ][]);
    const refused = new Map([['snmp.access', 'needs a licence']]);
    const reading = { values: after, failed: new Map<string, string>() };
    const results = verify(compared, { reading, refused, unanswered: new Map(), unwritten: null });
    const of = (key: string) => results.find(({ setting }) => setting === key);
    expect(of('svc.telnet')).toMatchObject({
      outcome: 'remediated',
      before: true,
      after: false,
      detail: null,
    });
    expect(of('svc.ftp')).toMatchObject({ outcome: 'compliant' });
    expect(of('snmp.access')).toMatchObject({
      outcome: 'nonCompliant',
      detail: 'the device refused it: needs a licence',
    });
    expect(of('svc.lpd')).toMatchObject({ outcome: 'nonCompliant', detail: 'the policy only reports it' });
    expect(of('wifi.direct')).toMatchObject({ outcome: 'unsupported' });
    const said = (failed: ReadonlyMap<string, string>, now = values) =>
      verify(compared, {
        reading: { values: now, failed },
        refused: new Map(),
        unanswered: new Map(),
        unwritten: null,
      }).find(({ setting }) => setting === 'svc.telnet');
    expect(said(new Map())).toMatchObject({
      outcome: 'nonCompliant',
      detail: 'it took it, but says true when read again',
    });
    expect(said(new Map([['svc.telnet', 'no answer']]), new Map())).toMatchObject({
      outcome: 'failed',
      detail: 'it could not be read again: no answer',
    });
    expect(said(new Map(), new Map())).toMatchObject({ outcome: 'nonCompliant', after: null });
  });

  it('a setting that it lacks counts only where the policy demands it', () => {
    const lacking = (unsupported: 'fail' | 'ignore') => {
      const one = combine([applied('base', item('wifi.direct', false, { unsupported }))]);
      return compliant(compare(one, { values: new Map(), failed: new Map() }, settingsCatalogue));
    };
    expect([lacking('ignore'), lacking('fail')]).toEqual([true, false]);
  });
});
