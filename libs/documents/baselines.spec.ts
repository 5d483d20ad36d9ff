import { describe, expect, it } from 'vitest';
import { settingsCatalogue } from '#device/catalogue';
import { baselinesOf, inOrder } from '#documents/baselines';
import { scoreOf } from '#documents/compliance';
import type { SettingResult } from '#events/device-setting';

type Said = Pick<SettingResult, 'required' | 'after' | 'outcome'> &
  Partial<Pick<SettingResult, 'unsupported' | 'compare'>>;

const result = (setting: string, said: Said): SettingResult => ({
  ...{
    setting,
    title: setting,
    category: '',
    severity: 'high',
    policyId: 'site',
    before: null,
    detail: null,
  },
  ...said,
});
const off = { required: false, after: false, outcome: 'compliant' } as const;
const stillOn = { required: false, after: true, outcome: 'nonCompliant' } as const;
const lacking = { required: false, after: null, outcome: 'unsupported' } as const;
const unread = { required: false, after: null, outcome: 'failed' } as const;

/** Of a device with this one setting: each row of it says the same. */
function verdictOn(setting: string, said: Said): string {
  const verdicts = new Set(baselinesOf([result(setting, said)], settingsCatalogue).map((row) => row.verdict));
  expect(verdicts.size).toBe(1);
  return [...verdicts].join(', ');
}

describe('the rows of baselines', () => {
  it('are wrong as soon as one setting is, and left out where the device has none', () => {
    const rows = baselinesOf(
      [
        result('svc.telnet', off),
        result('svc.ftp', stillOn),
        result('svc.lpd', { ...off, outcome: 'remediated' }),
        result('svc.nonIp', lacking),
        result('not.known', unread),
      ],
      settingsCatalogue,
    );
    expect(rows.map(({ id, verdict, settings }) => [id, verdict, settings.length])).toEqual([
      ['STIG V-6777', 'leftOut', 1],
      ['STIG V-6783', 'wrong', 2],
      ['STIG V-6790', 'right', 1],
      ['NIST CM-7', 'wrong', 4],
      ['NIST SC-8', 'wrong', 2],
    ]);
  });

  it('are wrong where a policy has switched on what they want off, whatever the score', () => {
    const results = [result('svc.telnet', { required: true, after: true, outcome: 'remediated' })];
    expect(scoreOf(results)).toBe(100);
    const [row] = baselinesOf(results, settingsCatalogue);
    expect(row).toEqual({
      id: 'STIG V-6783',
      verdict: 'wrong',
      settings: [
        {
          ...{
            setting: 'svc.telnet',
            title: 'svc.telnet',
            outcome: 'remediated',
            verdict: 'wrong',
            value: true,
          },
          asked: { required: false },
        },
      ],
    });
  });

  it.each<[string, string, Said, 'right' | 'wrong' | 'leftOut']>([
    [
      'less than the policy wants, enough for the row',
      'svc.telnet',
      { ...off, required: true, outcome: 'nonCompliant' },
      'right',
    ],
    ['no password', 'admin.passwordSet', off, 'wrong'],
    [
      'the weakest choice',
      'snmp.access',
      { required: 'v1v2ReadWrite', after: 'v1v2ReadWrite', outcome: 'compliant' },
      'wrong',
    ],
    [
      'the strongest choice',
      'snmp.access',
      { required: 'v1v2ReadOnly', after: 'v3Only', outcome: 'nonCompliant' },
      'right',
    ],
    [
      'more than the least',
      'tls.oldestVersion',
      { required: 'TLSv1.3', after: 'TLSv1.3', outcome: 'remediated' },
      'right',
    ],
    [
      'less than the least',
      'tls.oldestVersion',
      { required: 'TLSv1', after: 'TLSv1.1', outcome: 'compliant' },
      'wrong',
    ],
    [
      'a value that nobody knows',
      'tls.oldestVersion',
      { required: 'TLSv1.2', after: 'TLSv2', outcome: 'nonCompliant' },
      'wrong',
    ],
    [
      'sooner than the most',
      'jobs.holdTimeoutMinutes',
      { required: 60, after: 60, outcome: 'remediated' },
      'right',
    ],
    [
      'later than the most',
      'jobs.holdTimeoutMinutes',
      { required: 480, after: 480, outcome: 'remediated' },
      'wrong',
    ],
    ['never', 'jobs.holdTimeoutMinutes', { required: 0, after: 0, outcome: 'compliant' }, 'wrong'],
    [
      'as good as what is asked for',
      'svc.ipp',
      { required: 'off', after: 'off', outcome: 'remediated' },
      'right',
    ],
    [
      'worse than what is asked for',
      'svc.ipp',
      { required: 'ippOnly', after: 'ippOnly', outcome: 'compliant' },
      'wrong',
    ],
    ['of the site, as it wants it', 'svc.port9100', { ...off, outcome: 'remediated' }, 'right'],
    ['of the site, and not so', 'svc.lpd', stillOn, 'wrong'],
    [
      'old firmware',
      'fw.version',
      { required: '2.1', after: '2.0', outcome: 'nonCompliant', compare: 'atLeast' },
      'wrong',
    ],
    ['lacking', 'svc.telnet', lacking, 'leftOut'],
    ['lacking, which the policy demands', 'svc.telnet', { ...lacking, unsupported: 'fail' }, 'wrong'],
    ['not read', 'svc.telnet', unread, 'wrong'],
    ['gone when it was read again', 'svc.telnet', { ...stillOn, after: null }, 'wrong'],
  ])('%s', (_, setting, said, verdict) => {
    expect(verdictOn(setting, said)).toBe(verdict);
  });

  it('stand by baseline and number', () => {
    expect(['NIST CM-7', 'STIG V-97711', 'NIST AC-18', 'NIST AC-3', 'STIG V-6783'].toSorted(inOrder)).toEqual(
      ['STIG V-6783', 'STIG V-97711', 'NIST AC-3', 'NIST AC-18', 'NIST CM-7'],
    );
  });
});
